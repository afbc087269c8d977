"""What switches far out is looked at there, on both sides and on the switch itself."""

from __future__ import annotations

import pytest

from grader.maths import Agreement, compare, read
from grader.maths.tree import Formula
from grader.spec.models import Symbol

SYMBOLS = {"x": Symbol(domain="real"), "n": Symbol(domain="integer")}


def judge(student: str, reference: str) -> Agreement:
    formulas = [read(text, SYMBOLS) for text in (student, reference)]
    assert all(isinstance(each, Formula) for each in formulas)
    return compare(*formulas, SYMBOLS, seed=1).agreement  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("student", "reference"),
    [
        ("max(x, 10000)", "10000"),
        ("max(x, -10000)", "x"),
        ("min(n, 12345)", "n"),
        ("relu(x - 5000)", "0"),
        ("x if x < 77777 else 0", "x"),
        ("|x + 4321|", "x + 4321"),
    ],
)
def test_a_switch_far_out_is_found(student: str, reference: str) -> None:
    assert judge(student, reference) is Agreement.DIFFERENT


def test_the_same_switch_written_in_another_way_is_equal() -> None:
    assert judge("max(x, 10000)", "x + relu(10000 - x)") is Agreement.EQUAL


@pytest.mark.parametrize(
    "student",
    ["indicator(n > 0) * x", "x * indicator(x > 1/100)", "x * indicator(2 * x > 1)"],
)
def test_a_switch_in_another_place_is_wrong_even_where_the_switch_itself_is_ignored(
    student: str,
) -> None:
    formulas = [read(text, SYMBOLS) for text in (student, "x * indicator(x > 0)")]

    for seed in range(40):
        found = compare(*formulas, SYMBOLS, seed=seed, boundary="ignore")  # type: ignore[arg-type]
        assert found.agreement is Agreement.DIFFERENT
