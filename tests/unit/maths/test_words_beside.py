"""What stands beside a formula: read with it, dropped, or left to a person."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from grader.kinds import expression
from grader.kinds.protocol import HandedIn
from grader.maths.words_beside import find_unread
from grader.spec.parts import ExpressionPart
from grader.submission.models import Answer
from grader.verdicts import Outcome, Verdict

RATIO = {"symbols": {"a": "real", "b": "positive"}, "answer": "a/b"}
PRODUCT = {"symbols": {"x": "real", "y": "real"}, "answer": "x*y"}
PAIR = {"symbols": {"a": "real", "b": "real"}, "answer": "{a + b, a - b}"}
ENTROPY = {"symbols": {"p": "probability"}, "answer": "-p*log(p) - (1-p)*log(1-p)"}
DECAY = {
    "symbols": {"w": "real", "g": "real", "η": "positive", "λ": "positive"},
    "answer": "(1 - η*λ)*w - η*g",
}


@dataclass
class QuietBench:
    """A bench that only draws."""

    seed: int = 11


def judge(settings: dict[str, object], text: str) -> Outcome:
    part = ExpressionPart.model_validate({"kind": "expression", **settings})
    answer = Answer(part="p", text=text, file="answers.md", line=1)
    (outcome,) = expression.judge(part, "p", HandedIn(answer=answer), QuietBench())  # type: ignore[arg-type]
    return outcome


@pytest.mark.parametrize(
    "text",
    [
        "1/($a/b$)",
        "-($a/b$)",
        "($a/b$)^2",
        "log($a/b$)",
        "-\n$\\frac ab$",
        "**-**$\\frac ab$",
        "2 * $\\frac ab$",
        r"$\frac ab$!",
    ],
)
def test_formula_in_dollars_is_read_with_the_maths_around_it(text: str) -> None:
    assert judge(RATIO, text).verdict is Verdict.WRONG


def test_right_formula_may_stand_in_dollars_by_its_pieces() -> None:
    for text in ("1/($b/a$) * ($1$)", "$a$ / ($b$)", r"1/$b$ $\cdot a$", "a/($b$)"):
        outcome = judge({**RATIO, "symbols": {"a": "positive", "b": "positive"}}, text)
        assert outcome.verdict is Verdict.PASSED, (text, outcome)


@pytest.mark.parametrize(
    "text",
    [
        "minus $a/b$",
        r"the inverse of $\frac ab$",
        r"$\frac ab$ squared",
        "half of $a/b$",
        "It is not $a/b$.",
        "$a/b$ times 2",
        r"at most $\frac ab$",
        "The answer is $a/b$, if a > 0 only",
        "$a/b$ for $a>0$",
        "a) $a+b$\nb) $a/b$",
        "either $a+b$ or $a/b$",
        r"$\sum$ $\frac ab$",
        r"$a/b$ as $b \to \infty$",
        "The reciprocal is $a/b$",
    ],
)
def test_words_that_may_change_a_formula_go_to_a_person(text: str) -> None:
    outcome = judge(RATIO, text)

    assert outcome.verdict is Verdict.UNDECIDED, outcome
    assert "is not read" in outcome.feedback


@pytest.mark.parametrize(
    "text",
    [
        "The answer is $xy$.",
        "So, by the chain rule, $xy$",
        "Using the product rule we get $xy$",
        "The gradient of $L$ with respect to $w$ is $xy$.",
        "So the derivative w.r.t. x is $xy$",
        "We find $f = x \\cdot y$, which is the answer.",
        "$f_x = xy$ (by the product rule)",
        "$$x+0$$ so finally $$xy$$",
        "Part (b): $xy$",
        "(b) $xy$",
        "- $xy$",
        "Final answer is `x*y`.",
        "# Solution\n$xy$",
        "In total: $xy$ parameters",
    ],
)
def test_words_that_say_nothing_of_it_are_dropped(text: str) -> None:
    outcome = judge(PRODUCT, text)

    assert outcome.verdict is Verdict.PASSED, outcome


def test_wrong_formula_among_unknown_words_stays_wrong() -> None:
    assert judge(PRODUCT, "A lucky guesser would say $x+y$").verdict is Verdict.WRONG
    assert judge(PRODUCT, "A lucky guesser would say $xy$").verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("settings", "text", "verdict"),
    [
        (PRODUCT, r"$\frac{x}{y} = xy$", Verdict.UNDECIDED),
        (PRODUCT, "x*x = x*y", Verdict.UNDECIDED),
        (PRODUCT, "2xy = xy", Verdict.UNDECIDED),
        (PRODUCT, r"$\frac{dx}{dy} = xy$", Verdict.PASSED),
        (PRODUCT, "dL/dx = xy", Verdict.PASSED),
        (ENTROPY, r"$H(p)=-p\log p-(1-p)\log(1-p)$", Verdict.PASSED),
        (ENTROPY, r"\mathcal{H}(p) = -p\log p-(1-p)\log(1-p)", Verdict.PASSED),
        (ENTROPY, "H(p) = -p*log(p) + (1-p)*log(1-p)", Verdict.WRONG),
        (DECAY, r"$w\leftarrow(1-\eta\lambda)w-\eta g$", Verdict.PASSED),
        (DECAY, "w := w - η(g + λw)", Verdict.PASSED),
        (DECAY, r"w_{t+1} \gets w - \eta(g + \lambda w)", Verdict.PASSED),
        (DECAY, "w ← w - ηg", Verdict.WRONG),
        (PAIR, r"$\lambda\in\{a+b, a-b\}$", Verdict.PASSED),
        (PAIR, r"\lambda \in \{a+b, a\}", Verdict.WRONG),
    ],
)
def test_left_side_is_a_label_or_a_claim(
    settings: dict[str, object], text: str, verdict: Verdict
) -> None:
    outcome = judge(settings, text)

    assert outcome.verdict is verdict, outcome


def test_what_is_left_out_is_told() -> None:
    assert find_unread("the inverse of $x$") == ("the inverse of", True)
    assert find_unread("Hence $x$.") == ("", False)
    assert find_unread("A wild $x$") == ("A wild", False)


@pytest.mark.parametrize(
    "text",
    [
        "minus the answer is a/b",
        "half of it is a/b",
        "the inverse of the ratio: a/b",
        "not quite the answer: a/b",
    ],
)
def test_words_that_change_a_plain_formula_are_for_a_person(text: str) -> None:
    assert judge(RATIO, text).verdict is Verdict.UNDECIDED
    # Whoever is wrong is not passed by what stands in front.
    assert judge(RATIO, text.replace("a/b", "b/a")).verdict is not Verdict.PASSED


def test_words_that_name_a_plain_formula_are_dropped() -> None:
    for text in ("so the ratio is a/b", "their share of it: a/b.", "the odds ratio gives a/b"):
        assert judge(RATIO, text).verdict is Verdict.PASSED, text
        assert judge(RATIO, text.replace("a/b", "b/a")).verdict is Verdict.WRONG, text


@pytest.mark.parametrize(
    "name",
    ["-dr", "1/r", "2r", "log r", "r/2", "r^-1", "r^2", "$-\\nabla r$", "$\\frac{1}{r_n^2}$",
     "$\\sqrt{r}$", "1 - P", "$r^T$"],
)  # fmt: skip
def test_side_that_transforms_a_name_is_no_label(name: str) -> None:
    text = f"{name.rstrip('$')} = a/b" + ("$" if name.startswith("$") else "")
    assert judge(RATIO, text).verdict is Verdict.UNDECIDED


def test_side_that_is_a_name_is_a_label() -> None:
    for name in (
        "dL/dw", "$\\nabla_w L(w)$", "$\\frac{\\partial L}{\\partial w}$", "f'(x)", "y*",
        "log-loss",
        "$W^{(1)}$", "$\\sigma^2$", "KL(p || q)", "$\\log p(x)$", "L2", "# params", "Var[y]",
    ):  # fmt: skip
        text = f"{name.rstrip('$')} = a/b" + ("$" if name.startswith("$") else "")
        assert judge(RATIO, text).verdict is Verdict.PASSED, text


@pytest.mark.parametrize(
    "words",
    [
        "The answer is one minus the following:",
        "The answer is twice this:",
        "The answer up to a constant is",
        "The result without the factor 1/2 is",
        "answer^2:",
        "the denominator is",
        "ignoring the sign it is",
        "half\n",
        "3\n",
        "b/a\n",
    ],
)
def test_words_that_change_an_answer_are_for_a_person(words: str) -> None:
    assert judge(RATIO, f"{words} a/b").verdict is Verdict.UNDECIDED
    assert judge(RATIO, f"Answer 1: {words} b/a").verdict is not Verdict.PASSED


def test_answer_may_have_a_number_and_a_label() -> None:
    for label in ("Answer:", "Answer 1:", "answer to part (b):", "- Answer:", "The answer is:"):
        assert judge(RATIO, f"{label} a/b").verdict is Verdict.PASSED, label


def test_formulas_line_by_line_are_no_product() -> None:
    assert judge(RATIO, "2a/(2b)\na/b").verdict is Verdict.UNDECIDED
    assert judge(RATIO, "2a/(2b)\n= a/b").verdict is Verdict.PASSED


def test_label_may_be_what_is_differentiated_or_follow_words() -> None:
    gradient = {
        "symbols": {"A": {"shape": ["n", "n"]}, "x": {"shape": ["n"]}},
        "answer": "(A + A.T) @ x",
    }
    for text in (
        r"$\nabla_x\, x^\top A x = Ax + A^\top x$",
        r"so it is $\nabla_x f = (A+A^\top)x$.",
    ):
        assert judge(gradient, text).verdict is Verdict.PASSED, text
    assert judge(gradient, r"$\nabla_x f^\top = (A+A^\top)x$").verdict is Verdict.UNDECIDED
