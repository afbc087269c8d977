"""Common slips, named only where they explain every entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.numerics.diagnosing import diagnose
from grader.numerics.tolerances import Closeness
from grader.values import ArrayValue

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75], [1.5, 0.1, -2.2]])
CLOSENESS = Closeness(length=9, magnitude=3.0)


def tensor(entries: Any) -> ArrayValue:
    return ArrayValue(np.array(entries, "float64"), "float64", "tensor")


@pytest.mark.parametrize(
    ("saw", "words"),
    [
        (X.T, "transpose"),
        (-X, "signs"),
        (2 * X, "2 times"),
        (3 * X, "3 times the expected one"),
        (X / 9, "1/9 of"),
        (0.3 * X, "0.3 times"),
        (X + 1.5, "1.5 too large"),
        (X[:, ::-1], "backwards along axis 1"),
        (np.roll(X, 1, 0), "shifted by one"),
        (X.reshape(-1), "give them the shape (3, 3)"),
        (X.T.reshape(-1), "column by column"),
        (X[None], "give them the shape (3, 3)"),
    ],
)
def test_a_slip_is_named(saw: Any, words: str) -> None:
    assert words in diagnose(tensor(saw), tensor(X), CLOSENESS)


@pytest.mark.parametrize(
    "saw",
    [
        X + np.eye(3),
        X[:2],
        np.zeros((3, 3)),
        np.full((3, 3), np.nan),
        np.where(X == 3, 3.1, X),
        -X + 1e-3,
    ],
)
def test_nothing_is_claimed_that_does_not_explain_every_entry(saw: Any) -> None:
    assert diagnose(tensor(saw), tensor(X), CLOSENESS) == ""


@pytest.mark.parametrize(
    ("saw", "expected", "words"),
    [
        (4, 5, "one too few"),
        (6, 5, "one too many"),
        (-2.5, 2.5, "sign"),
        (5.0, 2.5, "twice"),
        (1.25, 2.5, "half"),
        (3.1, 2.5, ""),
        (True, 2, ""),
        (1e400, 2.5, ""),
        (10**400, 2.5, ""),
        (0.0, 0.0, ""),
        (None, 1, ""),
        ("4", 5, ""),
    ],
)
def test_single_numbers(saw: Any, expected: Any, words: str) -> None:
    found = diagnose(saw, expected, CLOSENESS)

    assert words in found
    assert bool(words) == bool(found)


def test_two_entries_are_too_few_to_name_an_order() -> None:
    assert diagnose(tensor([1.0, 2.0]), tensor([2.0, 1.0]), CLOSENESS) == ""
