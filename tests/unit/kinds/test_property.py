"""Any answer with the property is right, in any form; every other one is shown where it fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from asking import hand_in, part
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_bench import InlineBench

from grader import maths
from grader.errors import BrokenReference
from grader.kinds.judging import judge_part
from grader.kinds.property_findings import read_finding
from grader.kinds.property_lines import NotStraight, read_lines
from grader.kinds.property_points import list_cases
from grader.kinds.protocol import HandedIn
from grader.spec.models import Symbol
from grader.submission.models import Source
from grader.verdicts import Outcome

VECTOR = {"shape": ["n"]}


def net(target: str, *, gives: str = "w0 w1", activation: str = "relu", **keys: Any) -> Any:
    wanted = {name: {} if name == "b1" else VECTOR for name in gives.split()}
    return part("property", gives=wanted, net={"activation": activation, "target": target}, **keys)


IDENTITY = net("x")
HAT = net("max(0, 6 - 3*abs(x))", gives="w0 b0 w1")
AFFINE = net("m*x + b", gives="w0 b0 w1", symbols={"m": "real", "b": "real"})
SHIFTED = net("min(x, 1)", gives="w0 b0 w1 b1")
CONSTANT = net("b", activation="logistic", symbols={"b": "real"})
ODD = net("0", activation="tanh")


def judge(asked: Any, text: str, **reference: Callable[..., Any]) -> Outcome:
    (outcome,) = judge_part(asked, "question", hand_in(text), InlineBench(reference=reference))
    return outcome


@pytest.mark.parametrize(
    ("asked", "text", "verdict"),
    [
        (IDENTITY, "w0 = w1 = [1, -1]", "passed"),
        (IDENTITY, "w0 = [2, -3]\nw1 = [1/2, -1/3]", "passed"),
        (IDENTITY, "w0: [3, 0, -1/4], w1: [1/3, 99, -4]", "passed"),
        (IDENTITY, r"$w_0 = (1, -1)$, $w_1 = (1, -1)$", "passed"),
        (IDENTITY, "| w0 | w1 |\n|---|---|\n| [1, -1] | [1, -1] |", "passed"),
        (IDENTITY, "w0 = [[1], [-1]]\nw1 = [[1, -1]]", "passed"),
        (IDENTITY, "w0 = [sqrt(2), -1]\nw1 = [1/sqrt(2), -1]", "passed"),
        (IDENTITY, "w0 = [sqrt(2), -sqrt(3)]\nw1 = [1/sqrt(2), -1/sqrt(3)]", "passed"),
        (IDENTITY, "w0 = [sqrt(2), -sqrt(3)]\nw1 = [1/sqrt(2), 1/sqrt(3)]", "wrong"),
        (IDENTITY, "w0 = [1, -1]\nw1 = [1, 1]", "wrong"),
        (IDENTITY, "w0 = [1]\nw1 = [1]", "wrong"),
        (IDENTITY, "w0 = 1\nw1 = 1", "wrong"),
        (IDENTITY, "w0 = [sqrt(2), -1]\nw1 = [0.70710678, -1]", "wrong"),
        (IDENTITY, "w0 = [1, -1]\nw1 = [1.0000000001, -1]", "wrong"),
        (IDENTITY, "w0 = [1, -1]\nw1 = [1, -1, 0]", "refused"),
        (IDENTITY, "w0 = [1, -1]", "refused"),
        (IDENTITY, "w0 = [x, -1]\nw1 = [1, -1]", "refused"),
        (IDENTITY, "w0 = [[1, 2], [3]]\nw1 = [1]", "refused"),
        (IDENTITY, "w0 = []\nw1 = []", "refused"),
        (IDENTITY, "w0 = [9**9**9]\nw1 = [1]", "refused"),
        (IDENTITY, "w0 = [1e400, -1e400]\nw1 = [1e-400, -1e-400]", "refused"),
        (IDENTITY, "w0 = [0/0]\nw1 = [1]", "wrong"),
        (IDENTITY, "no idea", "refused"),
        (HAT, "w0 = [1, 1, 1]\nb0 = [2, 0, -2]\nw1 = [3, -6, 3]", "passed"),
        (HAT, "w0 = [-1, -1, -1]\nb0 = [2, 0, -2]\nw1 = [3, -6, 3]", "passed"),
        (HAT, "w0 = [1, 1]\nb0 = [2, 0]\nw1 = [3, -6]", "wrong"),
        (HAT, "w0 = [1, 1, 1, 1]\nb0 = [2, 0, -2, -1000]\nw1 = [3, -6, 3, 0.001]", "wrong"),
        (HAT, "w0 = [1, 1, 1]\nb0 = [2, 0, -2.001]\nw1 = [3, -6, 3]", "wrong"),
        (AFFINE, "w0 = [m, -m]\nb0 = [b, -b]\nw1 = [1, -1]", "passed"),
        (AFFINE, "w0 = [m, -m]\nb0 = [b, -b]\nw1 = [-1, 1]", "wrong"),
        (AFFINE, "w0 = [1, -1]\nb0 = [b/m, -b/m]\nw1 = [m, -m]", "partial"),
        (AFFINE, "w0 = [sqrt(m), 1]\nb0 = [b, -b]\nw1 = [1, -1]", "wrong"),
        (AFFINE, "w0 = [m]\nb0 = [b]\nw1 = [1]", "wrong"),
        (SHIFTED, "w0 = [-1]\nb0 = [1]\nw1 = [-1]\nb1 = 1", "passed"),
        (SHIFTED, "w0 = [-1]\nb0 = [1]\nw1 = [-1]\nb1 = 0", "wrong"),
        (CONSTANT, "w0 = 0\nw1 = 2b", "passed"),
        (CONSTANT, "w0 = [1, -1]\nw1 = [b, b]", "passed"),
        (CONSTANT, "w0 = [0]\nw1 = [b]", "wrong"),
        (CONSTANT, "w0 = [1e-30]\nw1 = [2b]", "wrong"),
        (CONSTANT, "w0 = [0]\nw1 = [2.0000001b]", "wrong"),
        (ODD, "w0 = [3, -3]\nw1 = [5, 5]", "passed"),
        (ODD, "w0 = [3, -3]\nw1 = [5, -5]", "wrong"),
    ],
)  # fmt: skip
def test_a_network_is_right_exactly_where_it_is_the_function(
    asked: Any, text: str, verdict: str
) -> None:
    outcome = judge(asked, text)

    assert str(outcome.verdict) == verdict, outcome.feedback


def test_what_fails_only_at_a_slope_of_zero_is_half_right_and_is_shown_there() -> None:
    outcome = judge(AFFINE, "w0 = [1, -1]\nb0 = [b/m, -b/m]\nw1 = [m, -m]")

    assert outcome.share == Fraction(1, 2)
    assert outcome.counterexample is not None
    assert ("m", "0") in outcome.counterexample.inputs
    assert "it fails only where m = 0" in outcome.feedback


def test_a_counterexample_has_an_x_and_both_values() -> None:
    outcome = judge(HAT, "w0 = [1, 1]\nb0 = [2, 0]\nw1 = [3, -6]")

    assert outcome.counterexample is not None
    # At 2 the hat is back at 0 and so is this one: it fails right of it.
    assert outcome.counterexample.inputs == (("x", "3"),)
    assert outcome.counterexample.saw == "f(x) = -3"
    assert outcome.counterexample.expected == "f(x) = 0"


def test_a_known_mistake_is_recognised_by_its_values() -> None:
    slip = {"answer": {"w0": [1], "w1": [1]}, "say": "That is ReLU itself.", "credit": 0.25}

    outcome = judge(net("x", mistakes=[slip]), "w0 = 2/2\nw1 = [3 - 2]")

    assert (outcome.mistake, outcome.share) == ("That is ReLU itself.", Fraction(1, 4))


RATIO = st.builds(Fraction, st.integers(-9, 9), st.integers(1, 4))


@given(st.lists(st.tuples(RATIO, RATIO, RATIO), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_network_is_the_formula_that_it_spells(
    units: list[tuple[Fraction, Fraction, Fraction]],
) -> None:
    terms = [f"({outer})*relu(({inner})*x + ({bias}))" for outer, inner, bias in units]
    rows = [[str(value) for value in column] for column in zip(*units, strict=True)]
    text = "".join(
        f"{n} = [{', '.join(r)}]\n" for n, r in zip(("w1", "w0", "b0"), rows, strict=True)
    )

    right = judge(net(" + ".join(terms), gives="w0 b0 w1"), text)
    wrong = judge(net(" + ".join([*terms, "relu(x - 7)/1000"]), gives="w0 b0 w1"), text)

    assert (str(right.verdict), str(wrong.verdict)) == ("passed", "wrong")


@given(st.integers(-30, 30))
def test_straight_pieces_have_the_formulas_values(numerator: int) -> None:
    formula = "max(0, 6 - 3*abs(x), min(x, 4) - 1) + relu(2*x + 1)/3 - x"
    read = maths.read(formula, {"x": Symbol()})
    assert isinstance(read, maths.Formula)
    x = Fraction(numerator, 7)

    assert read_lines(read.tree, {}).at(x) == maths.evaluate(
        read.tree, maths.Point(values={"x": x})
    )


@pytest.mark.parametrize("formula", ["x**2", "x*abs(x)", "1/x", "exp(x)", "sin(x)"])
def test_a_target_without_straight_pieces_is_the_authors_fault(formula: str) -> None:
    read = maths.read(formula, {"x": Symbol()})
    assert isinstance(read, maths.Formula)

    with pytest.raises(NotStraight):
        read_lines(read.tree, {})
    with pytest.raises(BrokenReference):
        judge(net(formula), "w0 = [1]\nw1 = [1]")


def filter_part(**keys: Any) -> Any:
    return part("property", gives={"k": {"shape": [2, 2]}, "s": {}}, holds="is_fine", **keys)


def test_the_references_function_gets_plain_values_and_decides() -> None:
    seen = []

    def is_fine(k: Any, s: Any) -> bool:
        seen.append((k, s))
        return bool(s == 0.5)

    assert str(judge(filter_part(), "k = [[1, 2], [3, 4]]\ns = 1/2", is_fine=is_fine).verdict) == (
        "passed"
    )
    assert seen == [([[1, 2], [3, 4]], 0.5)]


def test_the_references_words_share_and_counterexample_reach_the_student() -> None:
    found = {"holds": False, "share": 1 / 3, "says": "look again", "inputs": {"x": [1, 0]},
             "saw": 2.5, "expected": "0"}  # fmt: skip

    outcome = judge(filter_part(), "k = [[1, 2], [3, 4]]\ns = 1", is_fine=lambda k, s: found)

    assert (str(outcome.verdict), outcome.share) == ("partial", Fraction(1, 3))
    assert "look again" in outcome.feedback
    assert outcome.counterexample is not None
    assert outcome.counterexample.inputs == (("x", "[1, 0]"),)
    assert (outcome.counterexample.saw, outcome.counterexample.expected) == ("2.5", "0")


def test_what_is_too_close_to_say_waits_for_a_person() -> None:
    found = {"holds": False, "doubt": "on the border"}

    outcome = judge(filter_part(), "k = [[1, 2], [3, 4]]\ns = 1", is_fine=lambda k, s: found)

    assert (str(outcome.verdict), outcome.share) == ("undecided", None)
    assert outcome.staff_note == "on the border"


@pytest.mark.parametrize(
    "value",
    [
        None, 1, "yes", [], {}, {"holds": 1}, {"holds": True, "share": 0.5},
        {"holds": False, "share": 1}, {"holds": False, "share": 2},
        {"holds": False, "share": float("nan")}, {"holds": False, "sharing": 0},
        {"holds": False, "says": 3}, {"holds": False, "inputs": [1]},
    ],
)  # fmt: skip
def test_anything_else_from_the_reference_is_refused(value: Any) -> None:
    with pytest.raises(BrokenReference):
        read_finding("is_fine", value)


def answered_by(asked: Any, function: Callable[..., Any]) -> Outcome:
    source = Source(name="hw.py", text="def question(): ...", functions=("question",))
    bench = InlineBench(student={"question": function})
    (outcome,) = judge_part(asked, "question", HandedIn(source=source), bench)
    return outcome


def test_a_function_may_return_the_values() -> None:
    by_name = answered_by(AFFINE, lambda m, b: {"w1": [1, -1], "b0": [b, -b], "w0": [m, -m]})
    in_order = answered_by(
        AFFINE, lambda m, b: ([1 / 3, -1 / 3], [b / m / 3, -b / m / 3], [3 * m, -3 * m])
    )

    assert str(by_name.verdict) == "passed"
    # It divides by zero where m = 0, as the formula does.
    assert (str(in_order.verdict), in_order.share) == ("partial", Fraction(1, 2))


@pytest.mark.parametrize("value", [None, [1], {"w0": [1]}, ([1], ["a"]), ([1], [float("nan")])])
def test_a_function_that_returns_something_else_is_told_what_to_return(value: Any) -> None:
    outcome = answered_by(IDENTITY, lambda: value)

    assert str(outcome.verdict) == "refused"
    assert re.search(r"\bw[01]\b", outcome.feedback)


def test_parameters_are_tried_at_either_sign_and_at_zero_where_they_may_be() -> None:
    symbols = {"m": Symbol(), "b": Symbol(domain="positive"), "n": Symbol(domain="integer", low=2)}

    cases = list_cases(symbols, 3)

    assert {(case.values["m"] > 0) - (case.values["m"] < 0) for case in cases} == {-1, 0, 1}
    assert all(case.values["b"] > 0 for case in cases)
    assert all(case.values["n"] >= 2 and case.values["n"].denominator == 1 for case in cases)
    assert not cases[0].zeros


def test_it_is_said_how_to_answer() -> None:
    from grader.kinds import property as property_kind

    assert "`w0`, `b0`, `w1`" in property_kind.describe(AFFINE)
    assert "m, b" in property_kind.describe(AFFINE)
