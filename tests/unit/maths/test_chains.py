"""Every derivation of tests/maths_cases is judged, and its first bad step named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from declared_symbols import load_cases

from grader.kinds import chain
from grader.kinds.protocol import HandedIn
from grader.spec.parts import ChainPart
from grader.submission.models import Answer
from grader.verdicts import Outcome, Verdict

FILES = ("chains.yaml", "held_out_chains.yaml", "unseen_chains.yaml")
CASES = [case for file in FILES for case in load_cases(file)]
RIGHT = [
    pytest.param(case, text, id=f"{case['topic']}-{number}")
    for case in CASES
    for number, text in enumerate(case["right"])
]
WRONG = [
    pytest.param(case, wrong, id=f"{case['topic']}-{number}")
    for case in CASES
    for number, wrong in enumerate(case["wrong"])
]


@dataclass
class QuietBench:
    """A bench that only draws: derivations call no functions."""

    seed: int = 11


def judge(case: dict[str, Any], text: str) -> Outcome:
    settings = {
        key: value
        for key, value in case.items()
        if key not in ("topic", "right", "wrong", "open", "undecided")
    }
    part = ChainPart.model_validate({"kind": "chain", **settings})
    answer = Answer(part="p", text=text, file="answers.md", line=1)
    (outcome,) = chain.judge(part, "p", HandedIn(answer=answer), QuietBench())  # type: ignore[arg-type]
    return outcome


@pytest.mark.parametrize(("case", "text"), RIGHT)
def test_right_derivation_passes(case: dict[str, Any], text: str) -> None:
    outcome = judge(case, text)

    assert outcome.verdict is Verdict.PASSED, outcome.feedback + outcome.staff_note


@pytest.mark.parametrize(("case", "wrong"), WRONG)
def test_first_bad_step_is_named(case: dict[str, Any], wrong: dict[str, Any]) -> None:
    outcome = judge(case, wrong["text"])

    assert outcome.verdict in (Verdict.WRONG, Verdict.PARTIAL), outcome
    named = re.search(r"step (\d+), line", outcome.feedback)
    assert (int(named[1]) if named else 0) == wrong["step"], outcome.feedback
    assert re.search(wrong.get("named", ""), outcome.mistake, re.IGNORECASE)


def test_derivation_of_something_else_goes_to_a_person() -> None:
    opened = [(case, text) for case in CASES for text in case.get("open", ())]

    assert opened
    for case, text in opened:
        outcome = judge(case, text)
        assert outcome.verdict is Verdict.UNDECIDED
        assert "something else" in outcome.feedback


def test_step_that_holds_where_both_sides_are_defined_goes_to_a_person() -> None:
    undecided = [(case, text) for case in CASES for text in case.get("undecided", ())]

    assert undecided
    for case, text in undecided:
        assert judge(case, text).verdict is Verdict.UNDECIDED


GAUSS = next(case for case in CASES if case["topic"] == "attn-gauss")


@pytest.mark.parametrize(
    "text",
    [
        "exp(-1)*exp(q^T k) = 0 = exp(-1)*exp(q^T k)",
        "0 = exp(-1)*exp(q^T k)",
        "exp(-1)*exp(q^T k) = exp(-1 + q^T k) = 0 = exp(-1)*exp(q^T k)",
        "exp(-norm(q - k)**2/2) = 7 = exp(-1)*exp(q^T k)",
        "exp(-norm(q - k)**2/2) = exp(-norm(q - k)**2/2) = 7 = exp(-1)*exp(q^T k)",
        "7 = exp(q^T k - q^T k) + 6 = 2 = exp(-1)*exp(q^T k)",
    ],
)
def test_end_that_the_question_gives_away_earns_nothing_alone(text: str) -> None:
    outcome = judge(GAUSS, text)

    assert (outcome.verdict, outcome.share) == (Verdict.WRONG, 0)


def test_right_end_of_a_real_attempt_earns_its_credit() -> None:
    outcome = judge(
        {**GAUSS, "end_credit": "1/4"},
        "exp(-||q-k||^2/2) = exp(-(1 - 2 q^T k + 1)/2)\n= exp(1 - q^T k)\n= exp(-1) exp(q^T k)",
    )

    assert (outcome.verdict, outcome.share) == (Verdict.PARTIAL, Fraction(1, 4))
    assert "the last line is right" in outcome.feedback


BELL = {
    "symbols": {"x": "real", "m": "real", "s": "positive"},
    "answer": "exp(x*m/s**2 - x**2/(2*s**2))",
}


def test_factor_that_is_a_number_may_be_dropped() -> None:
    case = {"symbols": {"x": "real"}, "answer": "exp(-x**2/2)"}

    outcome = judge(case, r"\frac{1}{\sqrt{2\pi}} e^{-x^2/2} \propto e^{-x^2/2}")

    assert outcome.verdict is Verdict.PASSED


def test_ratio_that_moves_with_the_only_symbol_is_refuted_at_two_points() -> None:
    case = {"symbols": {"x": "real"}, "answer": "exp(-x**2)"}

    outcome = judge(case, r"e^{-x^2/2} \propto e^{-x^2}")

    assert outcome.verdict is Verdict.WRONG
    assert "one ratio" in outcome.feedback
    assert ", then " in outcome.feedback


def test_factor_free_of_the_stated_variable_may_be_dropped() -> None:
    text = r"e^{-(x-m)^2/(2s^2)} \propto e^{xm/s^2 - x^2/(2s^2)}"

    assert judge({**BELL, "proportional_in": ["x"]}, text).verdict is Verdict.PASSED
    assert judge({**BELL, "proportional_in": ["m"]}, text).verdict is Verdict.WRONG
    assert judge(BELL, text).verdict is Verdict.UNDECIDED


def test_ratio_that_moves_with_every_symbol_is_wrong_whatever_was_meant() -> None:
    case = {"symbols": {"x": "positive", "m": "positive"}, "answer": "x + m"}

    assert judge(case, "x*m ∝ x + m").verdict is Verdict.WRONG


def test_approximation_between_formulas_keeps_to_the_stated_tolerance() -> None:
    case = {
        "symbols": {"x": {"low": -0.1, "high": 0.1}},
        "answer": "1 + x",
        "approximation": {"atol": 0.006, "why": "x²/2 at x = 1/10"},
    }

    assert judge(case, "exp(x) ≈ 1 + x").verdict is Verdict.PASSED
    assert judge({**case, "answer": "1 - x"}, "exp(x) ≈ 1 - x").verdict is Verdict.WRONG
    without = {key: value for key, value in case.items() if key != "approximation"}
    assert judge(without, "exp(x) ≈ 1 + x").verdict is Verdict.UNDECIDED


SUM = {
    "symbols": {"x": "real"},
    "start": "tanh(x) + 1",
    "answer": "2*sigmoid(2*x)",
    "equivalents": [
        r"""tanh(x) + 1 = (e^x - e^{-x})/(e^x + e^{-x}) + 1
        = (e^x - e^{-x} + e^x + e^{-x})/(e^x + e^{-x})
        = 2e^x/(e^x + e^{-x})
        = 2/(1 + e^{-2x})
        = 2σ(2x)"""
    ],
}


@pytest.mark.parametrize(
    ("text", "most", "passes"),
    [
        ("tanh(x) + 1 = 2σ(2x)", None, True),
        ("tanh(x) + 1 = 2σ(2x)", 4, False),
        ("tanh(x) + 1 = 2σ(2x)", 5, True),
        ("tanh(x) + 1 = 2 e^x/(e^x + e^{-x}) = 2σ(2x)", 2, False),
        ("tanh(x) + 1 = 2 e^x/(e^{-x} + e^x) = 2σ(2x)", 3, True),
        ("tanh(x) + 1 = 1 + tanh(x) = 2 e^x/(e^x + e^{-x}) = 2σ(2x)", 2, False),
        (
            "tanh x + 1 = sinh x/cosh x + 1 = (sinh x + cosh x)/cosh x = e^x/cosh x = 2σ(2x)",
            2,
            True,
        ),
    ],
)
def test_line_takes_no_more_steps_of_the_listed_derivation_than_max_step(
    text: str, most: int | None, passes: bool
) -> None:
    outcome = judge({**SUM, "max_step": most}, text)

    assert (outcome.verdict is Verdict.PASSED) == passes, outcome.feedback
    assert passes or "show what lies between" in outcome.feedback


def test_large_step_keeps_the_credit_of_the_end_unless_it_is_the_only_one() -> None:
    alone = judge({**SUM, "max_step": 1}, "tanh(x) + 1 = 2σ(2x)")
    beside = judge({**SUM, "max_step": 1}, "tanh(x) + 1 = 2/(1 + e^{-2x}) = 2σ(2x)")

    assert (alone.verdict, alone.share) == (Verdict.WRONG, 0)
    assert (beside.verdict, beside.share) == (Verdict.PARTIAL, Fraction(1, 2))
    assert "4 steps in one" in beside.feedback
    assert "2/(1 + e" in beside.feedback


RANDOM = {
    "symbols": {"X": "random", "Y": "random", "a": "real", "b": "real", "m": "real"},
    "answer": "a*E[X] + b",
}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("a*E[X] + b", "E[aX + b] = E[aX] + E[b] = a E[X] + b"),
        ("a*E[X] + b", r"\mathbb{E}[aX + b] = a\,\mathbb{E}\left[X\right] + b"),
        (
            "E[X**2] - E[X]**2",
            r"\mathbb{E}[(X - \mathbb{E}[X])^2]"
            r" = \mathbb{E}[X^2] - 2\mathbb{E}[X]\mathbb{E}[X] + \mathbb{E}[X]^2"
            r" = \mathbb{E}[X^2] - \mathbb{E}[X]^2",
        ),
        ("a*E[X*Y] + a*E[exp(X)]", "E[a(XY + exp(X))] = a E[YX] + a E[exp(X)]"),
        ("E[(X - m)**2]", "E[X^2] - 2m E[X] + m^2 = E[(X - m)^2]"),
    ],
)
def test_expectation_is_linear(answer: str, text: str) -> None:
    outcome = judge({**RANDOM, "answer": answer}, text)

    assert outcome.verdict is Verdict.PASSED, outcome.feedback


@pytest.mark.parametrize(
    "text",
    [
        "E[aX + b] = a^2 E[X] + b = a E[X] + b",
        "E[aX + b] = b = a E[X] + b",
        "E[X Y] + b = E[X] E[Y] + b",
        "E[aX + b] ≤ a E[X] + b",
        "E[X^2] ≥ E[X]^2",
    ],
)
def test_what_a_distribution_may_make_true_is_left_to_a_person(text: str) -> None:
    last = text.split("=")[-1].split("≤")[-1].split("≥")[-1]

    assert judge({**RANDOM, "answer": last}, text).verdict is Verdict.UNDECIDED


def test_step_that_no_distribution_makes_true_is_wrong_at_one_of_them() -> None:
    outcome = judge({**RANDOM, "answer": "exp(E[X])"}, "E[exp(X)] = exp(E[X])")

    assert outcome.verdict is Verdict.WRONG
    assert "X = 0 (probability 1/2) or 2 (probability 1/2)" in outcome.feedback


def test_constant_lost_from_an_expectation_is_wrong_for_every_distribution() -> None:
    outcome = judge({**RANDOM, "answer": "a*E[X]"}, "E[aX + b] = a E[X]")

    assert outcome.verdict is Verdict.WRONG
    assert "differ by no expectation" in outcome.feedback


def test_expectation_without_a_random_symbol_is_never_read_as_a_product() -> None:
    case = {"symbols": {"X": "real"}, "answer": "2*X"}

    assert judge(case, "E[X] + E[X] = 2 E[X]").verdict is Verdict.REFUSED


def test_there_are_sixty_derivations() -> None:
    assert len(RIGHT) + len(WRONG) >= 60
