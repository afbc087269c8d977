"""The kind `expression`: verdicts, words, shapes, functions, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest

from grader.errors import BrokenReference
from grader.kinds import expression
from grader.kinds.protocol import HandedIn, Inputs
from grader.sandbox.records import Ending, Run
from grader.spec.parts import ExpressionPart
from grader.submission.models import Answer, Source
from grader.values import FormulaText, Value
from grader.verdicts import Outcome, Verdict

SLOPE = {
    "symbols": {"x": {"shape": [5, 7]}, "i": {"domain": "integer", "low": 0, "high": 2},
                "j": {"domain": "integer", "low": 0, "high": 14}},
    "shape": [1, 3, 15],
    "answer": "x[j // 3, j % 3 + 2*i]",
    "mistakes": [
        {"answer": "x[j % 3 + 2*i, j // 3]", "say": "swapped"},
        {"answer": "x[j // 3, j % 3 + i]", "say": "stride", "credit": 0.5},
    ],
}  # fmt: skip
WINDOWS = {
    "symbols": dict.fromkeys("HKS", "positive integer"),
    "answer": "floor((H - K)/S) + 1",
}
LOSS = {
    "symbols": {"W": {"shape": ["m", "n"]}, "x": {"shape": ["n"]}, "y": {"shape": ["m"]}},
    "gradient": {"of": "norm(W @ x - y)**2", "with respect to": "W"},
}


@dataclass
class Bench:
    """A bench whose student's function ends as told."""

    run: Run | None = None
    seed: int = 3
    calls: list[Inputs] = field(default_factory=list)

    def call_student(self, function: str, inputs: Sequence[Inputs], **_: Any) -> list[Run]:
        assert self.run is not None
        self.calls.extend(inputs)
        return [self.run]


def judge(settings: dict[str, Any], text: str) -> Outcome:
    part = ExpressionPart.model_validate({"kind": "expression", **settings})
    handed_in = HandedIn(answer=Answer(part="p", text=text, file="answers.md", line=1))
    (outcome,) = expression.judge(part, "p", handed_in, Bench())  # type: ignore[arg-type]
    return outcome


def judge_function(value: Value, ending: Ending = Ending.RETURNED) -> Outcome:
    part = ExpressionPart.model_validate(
        {"kind": "expression", "symbols": {"x": "real"}, "answer": "exp(-x)"}
    )
    bench = Bench(run=Run(ending=ending, value=value, detail="ValueError: no"))
    source = Source(name="hw.py", text="def the_part(x): ...", functions=("the_part",))
    (outcome,) = expression.judge(part, "the-part", HandedIn(source=source), bench)  # type: ignore[arg-type]
    assert bench.calls == [{"x": FormulaText("x")}]
    return outcome


@pytest.mark.parametrize(
    "text",
    [
        "shape: 1 × 3 × 15\n\nx[j // 3, j % 3 + 2i]",
        "1x3x15: x[floor(j/3), j mod 3 + 2i]",
        "(1, 3, 15)\nx[⌊j/3⌋, j % 3 + 2i]",
        "Shape $1\\times3\\times15$\n$$x_{\\lfloor j/3 \\rfloor, j \\bmod 3 + 2i}$$",
    ],
)
def test_shape_then_formula_passes(text: str) -> None:
    assert judge(SLOPE, text).verdict is Verdict.PASSED


def test_wrong_shape_is_said_with_both() -> None:
    outcome = judge(SLOPE, "3 × 15:\nx[j // 3, j % 3 + 2*i]")

    assert outcome.verdict is Verdict.WRONG
    assert "3 × 15, expected 1 × 3 × 15" in outcome.feedback


def test_swapped_indices_are_named_though_they_read_out_of_range() -> None:
    outcome = judge(SLOPE, "1x3x15:\nx[j % 3 + 2i, j // 3]")

    assert outcome.verdict is Verdict.WRONG
    assert outcome.mistake == "swapped"


def test_known_mistake_earns_its_credit() -> None:
    outcome = judge(SLOPE, "1x3x15:\nx[j // 3, j % 3 + i]")

    assert (outcome.verdict, outcome.share) == (Verdict.PARTIAL, Fraction(1, 2))


def test_missing_floor_has_a_smallest_counterexample() -> None:
    outcome = judge(WINDOWS, "(H - K)/S + 1")

    assert outcome.verdict is Verdict.WRONG
    assert outcome.counterexample is not None
    values = dict(outcome.counterexample.inputs)
    assert sum(int(value) for value in values.values()) <= 5
    assert outcome.counterexample.saw == "3/2" or "/" in outcome.counterexample.saw


def test_unreadable_answer_is_refused_with_a_caret() -> None:
    outcome = judge(WINDOWS, "(H - K/S + 1")

    assert outcome.verdict is Verdict.REFUSED
    assert outcome.feedback.splitlines()[-1].strip() == "^"


def test_answer_is_read_back() -> None:
    assert judge(WINDOWS, "1 + (H-K)//S").understood == "1 + (H - K) // S"


@pytest.mark.parametrize(
    "text", ["2(Wx-y)x^\\top", "2 W x x^T - 2 y x^T", "dL/dW = 2*(W@x - y)@x.T"]
)
def test_gradient_of_the_loss_passes(text: str) -> None:
    assert judge(LOSS, text).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2x(Wx-y)^\\top", "transpose"),
        ("(Wx-y)x^\\top", "factor 2"),
        ("2(Wx+y)x^\\top", "sign"),
        ("2(Wx-y)x", "transpose of x"),
    ],
)
def test_slip_in_a_gradient_is_named(text: str, words: str) -> None:
    outcome = judge(LOSS, text)

    assert outcome.verdict is Verdict.WRONG
    assert words in outcome.mistake


def test_shapes_that_do_not_multiply_are_said() -> None:
    assert "is not defined" in judge(LOSS, "2(Wx-y)x").feedback


def test_transpose_passes_where_either_layout_is_accepted() -> None:
    gradient = {**LOSS["gradient"], "layout": "either"}

    assert judge({**LOSS, "gradient": gradient}, "2x(Wx-y)^\\top").verdict is Verdict.PASSED


def test_derivative_left_to_the_grader_is_refused() -> None:
    assert judge(LOSS, "grad(norm(W @ x - y)**2, W)").verdict is Verdict.REFUSED


def test_wrong_earlier_side_of_an_equation_goes_to_a_person() -> None:
    settings = {"symbols": {"x": "real"}, "answer": "2*x"}

    assert judge(settings, "x^2 + x = 2x").verdict is Verdict.UNDECIDED
    assert judge(settings, "f'(x) = x + x = 2x").verdict is Verdict.PASSED


def test_domain_that_is_too_wide_is_undecided_not_wrong() -> None:
    settings = {"symbols": {"x": "real", "y": "real"}, "answer": "log(x**2*y**2)/2"}

    assert judge(settings, "log(x) + log(y)").verdict is Verdict.UNDECIDED


def test_function_may_answer_with_sympy() -> None:
    assert judge_function(FormulaText("1/exp(x)")).verdict is Verdict.PASSED
    assert judge_function(FormulaText("exp(x)")).verdict is Verdict.WRONG


def test_function_that_raises_or_returns_no_formula_is_told() -> None:
    assert judge_function(None, Ending.RAISED).verdict is Verdict.CRASHED
    assert judge_function([1, 2]).verdict is Verdict.WRONG


def test_unreadable_reference_is_the_authors_fault() -> None:
    with pytest.raises(BrokenReference):
        judge({"symbols": {"x": "real"}, "answer": "2*y"}, "x")


def test_form_that_is_not_wanted_is_said() -> None:
    settings = {
        "symbols": {"r": "probability", "n": {"domain": "positive integer", "high": 9}},
        "answer": "(1 - r**n)/(1 - r)",
        "without": ["sum"],
    }

    assert judge(settings, "(r^n - 1)/(r - 1)").verdict is Verdict.PASSED
    outcome = judge(settings, "\\sum_{k=0}^{n-1} r^k")
    assert outcome.verdict is Verdict.WRONG
    assert "without sum" in outcome.feedback


def test_equation_is_compared_as_an_equation() -> None:
    settings = {"symbols": {"γ": "positive", "η": "positive", "λ": "positive"}, "answer": "γ = η*λ"}

    assert judge(settings, "$\\eta\\lambda = \\gamma$").verdict is Verdict.PASSED
    assert judge(settings, "γ = λ").verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("text", "brackets"),
    [
        ("(x + 1)^2", "(x + 1)²"),
        ("x(x + 2) + 1", "x·(x + 2)"),
        ("-(-x^2 - 2x) + 1", "-x² - 2·x"),
        ("(x+1)(x+1)", "(x + 1)·(x + 1)"),
        ("(1+x)^{1+1}", "(1 + x)^(1 + 1)"),
        ("|x+1|^2", "|x + 1|²"),
        ("square(x+1)", "square(x + 1)"),
        ("sqrt((x+1)^4)", "(x + 1)⁴"),
        ("relu((x+1)^2)", "(x + 1)²"),
        ("norm(x+1)^2", "‖x + 1‖²"),
        ("sum((x+1)^2, i, 1, 1)", "(x + 1)²"),
        ("(x+1)/(1/(x+1))", "(x + 1)/(1/(x + 1))"),
        ("(2(x+1))^2/4", "2·(x + 1)"),
    ],
)
def test_brackets_that_are_left_are_named(text: str, brackets: str) -> None:
    settings = {"symbols": {"x": "real"}, "answer": "x**2 + 2*x + 1", "form": "expanded"}

    outcome = judge(settings, text)

    assert outcome.verdict is Verdict.WRONG
    assert brackets in outcome.feedback
    assert "the value is right" in outcome.feedback


@pytest.mark.parametrize("text", ["x^2 + 2x + 1", "1 + 2x + x^2", "\\frac{2x^2}{2} + x + x + 1"])
def test_expanded_form_passes(text: str) -> None:
    settings = {"symbols": {"x": "real"}, "answer": "x**2 + 2*x + 1", "form": "expanded"}

    assert judge(settings, text).verdict is Verdict.PASSED


def test_sums_inside_functions_may_stay_in_an_expanded_form() -> None:
    settings = {"symbols": {"x": "real"}, "answer": "x*exp(x + 1) + x", "form": "expanded"}

    assert judge(settings, "x e^{x+1} + x").verdict is Verdict.PASSED
    assert judge(settings, "x(e^{x+1} + 1)").verdict is Verdict.WRONG
    settings = {"symbols": {"x": "real"}, "answer": "|x + 1|**2 + x", "form": "expanded"}
    assert judge(settings, "x + |x+1|^2").verdict is Verdict.PASSED


def test_symbols_that_are_not_asked_for_are_named() -> None:
    settings = {
        "symbols": {"x": "real", "w": "real", "y": "real"}, "answer": "w*x", "only": ["x", "w"],
    }  # fmt: skip

    assert judge(settings, "xw").verdict is Verdict.PASSED
    outcome = judge(settings, "xw + y - y")
    assert outcome.verdict is Verdict.WRONG
    assert "in x, w only, without y" in outcome.feedback


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("w x2 + 2w^2 x1", "A path is missing"),
        ("x3 + w x2 + w^2 x1", "Only the path through"),
    ],
)
def test_path_dropped_through_time_is_named(text: str, words: str) -> None:
    settings = {
        "symbols": dict.fromkeys(("w", "x1", "x2", "x3"), "real"),
        "gradient": {"of": "w*(x3 + w*(x2 + w*x1))", "with respect to": "w"},
    }

    outcome = judge(settings, text)

    assert outcome.verdict is Verdict.WRONG
    assert words in outcome.mistake
    assert judge(settings, "x3 + 2w x2 + 3w^2 x1").verdict is Verdict.PASSED


def test_path_dropped_in_a_vector_gradient_is_named() -> None:
    settings = {
        "symbols": {"x": {"shape": ["n"]}, "A": {"shape": ["n", "n"]}},
        "gradient": {"of": "x.T @ A @ x", "with respect to": "x"},
    }

    assert judge(settings, "(A + A^T) x").verdict is Verdict.PASSED
    assert "A path is missing" in judge(settings, "A x").mistake


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("2x + C", Verdict.PASSED),
        ("C + x + x", Verdict.PASSED),
        (r"2x + \text{const}", Verdict.PASSED),
        ("2x - 3", Verdict.PASSED),
        ("x + C", Verdict.WRONG),
        ("2x^2 + C", Verdict.WRONG),
        ("2x + C x", Verdict.REFUSED),
        ("C", Verdict.REFUSED),
    ],
)
def test_a_constant_of_integration_needs_no_declaration(text: str, verdict: Verdict) -> None:
    settings = {"symbols": {"x": "real"}, "answer": "2*x", "up_to": "constant"}

    assert judge(settings, text).verdict is verdict
    assert judge({**settings, "up_to": "nothing"}, "2x + C").verdict is Verdict.REFUSED


NORMALISED = {
    "symbols": {"x": {"shape": ["n"]}, "g": {"shape": ["n"]}},
    "gradient": {
        "of": "dot(g, (x - mean(x))/sqrt(variance(x)))",
        "with respect to": "x",
    },
}
SPREAD = r"\sqrt{\operatorname{variance}(x)}"
CENTRED = r"(x - \bar{x})"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (rf"\frac{{g}}{{{SPREAD}}} - \frac{{{CENTRED} g^\top {CENTRED}}}{{n {SPREAD}^3}}",
         "acts through mean(x)"),
        (rf"\frac{{g - \bar{{g}}}}{{{SPREAD}}}", "acts through variance(x)"),
        (rf"\frac{{g}}{{{SPREAD}}}", "Only the path through x - mean(x)"),
    ],
)  # fmt: skip
def test_path_dropped_in_batch_normalisation_is_named(text: str, words: str) -> None:
    outcome = judge(NORMALISED, text)

    assert outcome.verdict is Verdict.WRONG
    assert words in outcome.mistake


def test_gradient_of_batch_normalisation_passes_with_all_its_paths() -> None:
    text = rf"\frac{{1}}{{{SPREAD}}}\left(g - \bar{{g}} - {CENTRED}\frac{{g^\top {CENTRED}}}" + (
        r"{n \operatorname{variance}(x)}\right)"
    )

    assert judge(NORMALISED, text).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("gradient", "symbols", "text", "words"),
    [
        (
            {"of": "norm(tanh(W @ x) - y)**2", "with respect to": "W"},
            LOSS["symbols"],
            r"2(\tanh(Wx) - y) x^\top",
            "the slope of tanh(W @ x)",
        ),
        (
            {"of": "(sigmoid(w*x) - y)**2", "with respect to": "w"},
            dict.fromkeys("wxy", "real"),
            r"2(\sigma(wx) - y) x",
            "the slope of σ(w·x)",
        ),
        (
            {"of": "sin(w**2)", "with respect to": "w"},
            {"w": "real"},
            r"\cos(w^2)",
            "the slope of w²",
        ),
    ],
)
def test_forgotten_factor_of_the_chain_rule_is_named(
    gradient: dict[str, str], symbols: dict[str, Any], text: str, words: str
) -> None:
    outcome = judge({"symbols": symbols, "gradient": gradient}, text)

    assert outcome.verdict is Verdict.WRONG
    assert "chain rule" in outcome.mistake
    assert words in outcome.mistake


@pytest.mark.parametrize(
    ("answer", "text", "words"),
    [
        ("dot(q, k)/sqrt(d)", r"\frac{q^\top k}{d}", "square root of d"),
        ("mean(x)", r"\sum_{i=1}^{d} x_i", "factor"),
    ],
)
def test_slip_of_scale_is_named(answer: str, text: str, words: str) -> None:
    symbols = {
        "d": {"domain": "positive integer", "low": 2, "high": 6},
        **{name: {"shape": ["d"]} for name in "qkx"},
    }

    outcome = judge({"symbols": symbols, "answer": answer}, text)

    assert outcome.verdict is Verdict.WRONG
    assert words in outcome.mistake


def test_a_set_where_an_order_is_asked_says_so() -> None:
    pair = {"symbols": {"s": "real", "t": "real"}, "answer": "(s, t)"}

    assert judge(pair, "{s, t}").verdict is Verdict.PASSED
    outcome = judge(pair, "{t, s}")

    assert outcome.verdict is Verdict.WRONG
    assert "is a set and has no order" in (outcome.feedback or "")


def test_mistakes_are_named_where_subscripts_count_from_1() -> None:
    gap = {
        "symbols": {"x": {"shape": ["n"]}, "n": {"domain": "integer", "low": 3, "high": 5}},
        "answer": "x[n-1] - x[0]",
    }

    assert judge(gap, "x_n - x_1").verdict is Verdict.PASSED
    assert "x_1 should have a minus" in judge(gap, "x_n + x_1").mistake
