"""Where a function of one number vanishes: exactly where it is linear, else by changes of sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined, floats

Gap = Callable[[Scalar], Scalar]

PROBES = (Fraction(0), Fraction(1), Fraction(3), Fraction(-2))
POSITIVE_PROBES = (Fraction(1), Fraction(2), Fraction(4))
LADDER = tuple(
    Fraction(text)
    for text in ("-1000000", "-1000", "-100", "-20", "-6", "-3", "-2", "-1", "-1/2", "-1/5",
                 "-1/50", "0", "1/50", "1/5", "1/2", "1", "2", "3", "6", "20", "100", "1000",
                 "1000000")
)  # fmt: skip
"""Where a change of sign is looked for."""
STEEP_LADDER = tuple(
    Fraction(text)
    for text in ("1/100000", "1/1000", "1/50", "1/5", "1/3", "1/2", "2/3", "4/5", "49/50",
                 "999/1000", "99999/100000")
)  # fmt: skip
"""The same between 0 and 1."""
ROOT_DIGITS = 60
"""A root has more digits than those that are compared."""
NOISE = 1e-40
"""Of a value of about 1; 20 digits more are computed."""
MOST_STEPS = 80
"""Regula falsi gains half as many digits again at each; bisection alone would take 200."""
MOST_ROOTS = 3
MOST_PLAIN = 10**6
"""The largest denominator of a root that may be meant exactly."""


def find_line(gap: Gap, *, is_positive: bool) -> tuple[Fraction, Fraction] | None:
    """The value at 0 and the slope of what is linear in one number."""
    probes = POSITIVE_PROBES if is_positive else PROBES
    seen: list[tuple[Fraction, Fraction]] = []
    for probe in probes:
        try:
            value = gap(probe)
        except (Undefined, OutOfRange):
            return None
        if not isinstance(value, Fraction):
            return None
        seen.append((probe, value))
        if len(seen) == 2:
            slope = (seen[1][1] - seen[0][1]) / (seen[1][0] - seen[0][0])
            if slope == 0:
                return None
        elif len(seen) > 2 and value != seen[0][1] + slope * (probe - seen[0][0]):
            return None
    return seen[0][1] - slope * seen[0][0], slope


def find_parabola_roots(gap: Gap) -> list[Scalar] | None:
    """The roots of what is quadratic in one number, also where it only touches 0; else None."""
    seen = []
    for probe in (Fraction(0), Fraction(1), Fraction(-1), Fraction(3), Fraction(-2)):
        try:
            value = gap(probe)
        except (Undefined, OutOfRange):
            return None
        if not isinstance(value, Fraction):
            return None
        seen.append((probe, value))
    constant, right, left = (value for _, value in seen[:3])
    bend, slope = (right + left) / 2 - constant, (right - left) / 2
    if bend == 0 or any(bend * at * at + slope * at + constant != value for at, value in seen):
        return None
    inside = slope * slope - 4 * bend * constant
    if inside < 0:
        return []
    if inside == 0:
        return [-slope / (2 * bend)]
    root = Arithmetic(ROOT_DIGITS).square_root(inside)
    if isinstance(root, Fraction):
        return [(sign * root - slope) / (2 * bend) for sign in (-1, 1)]
    context = floats(ROOT_DIGITS)
    middle, width = (
        context.mpf(one.numerator) / one.denominator for one in (-slope / (2 * bend), 2 * bend)
    )
    return [middle + sign * root / width for sign in (-1, 1)]


def find_crossings(gap: Gap, places: Sequence[Fraction]) -> list[Scalar]:
    """Where a function changes its sign, to 60 digits; a plain fraction where that is the root.

    Cost   A few dozen evaluations.
    """
    seen: list[tuple[Fraction, Any]] = []
    for place in places:
        try:
            seen.append((place, gap(place)))
        except (Undefined, OutOfRange):
            continue
    # A float that is 0, or nearly, at a whole number is what was left of a cancelled sum.
    roots: list[Scalar] = [
        place for place, value in seen if isinstance(value, Fraction) and value == 0
    ]
    seen = [(place, value) for place, value in seen if abs(value) > NOISE]
    for (low, first), (high, second) in pairwise(seen):
        if len(roots) >= MOST_ROOTS:
            break
        if (first < 0 < second) or (second < 0 < first):
            root = _refine(gap, (low, first), (high, second))
            if root is not None:
                roots.append(root)
    return roots[:MOST_ROOTS]


def _refine(gap: Gap, low: tuple[Fraction, Any], high: tuple[Fraction, Any]) -> Scalar | None:
    """The root between two places, by regula falsi with halved weights; None at a jump."""
    context = floats(ROOT_DIGITS)

    def inexact(value: Scalar) -> Any:
        if isinstance(value, Fraction):
            return context.mpf(value.numerator) / value.denominator
        return context.mpf(value)

    (left, first), (right, second) = ((inexact(a), inexact(b)) for a, b in (low, high))
    fine = context.mpf(10) ** (5 - ROOT_DIGITS)
    kept = 0
    for _ in range(MOST_STEPS):
        middle = (left * second - right * first) / (second - first)
        try:
            value = inexact(gap(middle))
        except (Undefined, OutOfRange):
            return None
        if value == 0 or abs(right - left) <= fine * max(1, abs(middle)):
            break
        if (value < 0) == (first < 0):
            left, first = middle, value
            second = second / 2 if kept == -1 else second
            kept = -1
        else:
            right, second = middle, value
            first = first / 2 if kept == 1 else first
            kept = 1
        if abs(value) <= fine:
            break
    else:
        return None
    # A jump from one sign to the other is no root.
    if abs(value) > context.mpf(10) ** (15 - ROOT_DIGITS) * max(1, abs(inexact(high[1]))):
        return None
    return _as_plain(gap, middle) or middle


def _as_plain(gap: Gap, root: Any) -> Fraction | None:
    plain = Fraction(str(root)).limit_denominator(MOST_PLAIN)
    context = floats(ROOT_DIGITS)
    if abs(root - context.mpf(plain.numerator) / plain.denominator) > context.mpf(10) ** -40:
        return None
    return plain
