"""Every LaTeX construct in the spellings that students use, and what is refused with a place."""

from __future__ import annotations

from typing import Any

import pytest
from declared_symbols import declare, formula, load_cases

from grader.maths import Unreadable, compare, show
from grader.maths.answers import Written, read_answer

SPELLINGS = [
    pytest.param(case, typed, id=f"{case['reference']}-{number}")
    for case in load_cases("spellings.yaml")
    for number, typed in enumerate(case["typed"])
]


@pytest.mark.parametrize(("case", "typed"), SPELLINGS)
def test_spelling_means_the_reference(case: dict[str, Any], typed: str) -> None:
    symbols = declare(**case["symbols"])

    written = read_answer(typed, symbols)

    assert isinstance(written, Written), written
    found = compare(written.formula, formula(case["reference"], symbols), symbols, seed=2)
    assert found.is_equal, show(written.formula)


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        (r"\lim_{x\to 0} x", "write the value of the limit"),
        (r"\int_0^1 x\,dx", "write the value of the integral"),
        (r"x + \foo{x}", "not known here"),
        ("x[1:3]", "':'"),
        (r"\sum_{k \leq 3} x^k", "not declared"),
    ],
)
def test_what_is_not_read_is_refused_with_a_place(typed: str, advice: str) -> None:
    found = read_answer(typed, declare(x={"shape": [4]} if "[" in typed else "real"))

    assert isinstance(found, Unreadable)
    assert advice in found.show()
    assert 1 <= found.column <= len(typed) + 1


def test_average_over_one_of_two_random_symbols_is_refused() -> None:
    symbols = declare(X="random", Y="random")

    assert isinstance(read_answer(r"\mathbb{E}_X[X Y]", symbols), Unreadable)
    assert isinstance(read_answer(r"\mathbb{E}_{X}[X^2]", symbols), Written)


@pytest.mark.parametrize(
    ("typed", "reference"),
    [
        (r"\|x\|^2_2", "norm(x)**22"),
        (r"\mathbf{1}^\top x", "x"),
        (r"\sum_{i=1}^{n} x_i", "sum(x[i], i, 1, n - 1)"),
        (r"\mathbf{1}\mathbf{1}^\top x", "x"),
        (r"\mathbf{1}^\top W", "W @ x"),
    ],
)
def test_misreading_is_not_what_is_read(typed: str, reference: str) -> None:
    symbols = declare(x={"shape": ["n"]}, W={"shape": ["n", "n"]})
    written = read_answer(typed, symbols)

    assert isinstance(written, Written)
    assert not compare(written.formula, formula(reference, symbols), symbols, seed=2).is_equal
