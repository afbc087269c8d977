"""How far one line of a derivation jumps, counted in the steps of a derivation that is listed.

Lines are known by their form, up to the order of terms and factors. A line that nobody listed
counts as one step of its own, so that another way is never longer than the listed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from grader.maths.normal_form import Form, normal_form
from grader.maths.tree import Node


@dataclass(frozen=True, slots=True)
class Leap:
    """From one line to another that is recognised, and how many listed steps that is a line."""

    start: int
    end: int
    """Places in the derivation, from 0."""
    steps: Fraction


def find_leap(lines: Sequence[Node], listed: Sequence[Node], most: int) -> Leap | None:
    """The first place where a line takes more than `most` of the listed steps; None if none does.

    The lines are known to start and to end where the listed ones do.
    """
    forms = [normal_form(tree) for tree in listed]
    known = _recognise([normal_form(tree) for tree in lines], forms)
    for (start, first), (end, second) in pairwise(known):
        steps = Fraction(second - first, end - start)
        if steps > most:
            return Leap(start, end, steps)
    return None


def _recognise(lines: Sequence[Form], forms: Sequence[Form]) -> list[tuple[int, int]]:
    """The lines that are listed, each with its number there; never backwards."""
    found = [(0, 0)]
    for place, line in enumerate(lines[1:-1], start=1):
        reached = found[-1][1]
        later = (number for number in range(reached, len(forms)) if forms[number] == line)
        number = next(later, None)
        if number is not None:
            found.append((place, number))
    return [*found, (len(lines) - 1, len(forms) - 1)]
