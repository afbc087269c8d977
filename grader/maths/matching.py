"""Tuples in any order, and sets, at one point: which entry stands for which."""

from __future__ import annotations

from dataclasses import replace

from grader.maths.arrays import Array, Identity, Ones, Repeated, Value
from grader.maths.looks import Question, Sight, judge_values
from grader.maths.scalars import Arithmetic


def match_entries(
    question: Question, student: Value, reference: Value, arithmetic: Arithmetic
) -> Sight:
    """Whether both hold the same entries.

    An entry that rounding hides from its partner makes the whole point unclear; one without
    any possible partner makes it different.
    """
    if isinstance(student, Identity | Ones | Repeated) or isinstance(
        reference, Identity | Ones | Repeated
    ):
        return Sight.SHAPES
    own, wanted = _entries(student), _entries(reference)
    plain = replace(question, matching="in order")
    sights = [[judge_values(plain, one, other, arithmetic) for other in wanted] for one in own]
    if question.matching == "in any order" and len(own) != len(wanted):
        return Sight.SHAPES
    for allowed, sight in (
        ((Sight.SAME,), Sight.SAME),
        ((Sight.SAME, Sight.UNCLEAR), Sight.UNCLEAR),
    ):
        possible = [[each in allowed for each in row] for row in sights]
        fits = _cover if question.matching == "as sets" else _pair
        if fits(possible):
            return sight
    return Sight.DIFFERENT


def _entries(value: Value) -> list[Value]:
    if not isinstance(value, Array):
        return [value]
    return [value.at((index,)) for index in range(value.shape[0])]


def _cover(possible: list[list[bool]]) -> bool:
    """Every entry of either side has one on the other."""
    columns = list(zip(*possible, strict=True))
    return all(any(row) for row in possible) and all(any(column) for column in columns)


def _pair(possible: list[list[bool]]) -> bool:
    """Whether all entries can be paired, each with one (Kuhn's augmenting paths)."""
    partner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, fits in enumerate(possible[row]):
            if fits and column not in seen:
                seen.add(column)
                if column not in partner or place(partner[column], seen):
                    partner[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(possible)))
