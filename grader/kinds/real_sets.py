"""Sets of real numbers: intervals, half-lines, points and their unions, in exact fractions.

A set is a sorted tuple of disjoint spans. A span runs between two cuts; a cut is a place just
before or just after a number, so open and closed ends need no cases of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TypeAlias

from grader.kinds.numbers import show_fraction

Cut: TypeAlias = tuple[int, Fraction, int]
"""(-1, 0, 0) before everything, (0, v, 0) just before v, (0, v, 1) just after it, (1, 0, 0)."""

Span: TypeAlias = tuple[Cut, Cut]
RealSet: TypeAlias = tuple[Span, ...]

LOWEST: Cut = (-1, Fraction(0), 0)
HIGHEST: Cut = (1, Fraction(0), 0)
EMPTY: RealSet = ()
ALL: RealSet = ((LOWEST, HIGHEST),)

MOST_DECIMALS = 12
"""Of a point shown as an example; between closer ends the middle is taken."""


def before(value: Fraction) -> Cut:
    """Where a closed interval starts and an open one ends."""
    return (0, value, 0)


def after(value: Fraction) -> Cut:
    """Where an open interval starts and a closed one ends."""
    return (0, value, 1)


def point(value: Fraction) -> RealSet:
    """One number."""
    return ((before(value), after(value)),)


def unite(spans: Iterable[Span]) -> RealSet:
    """All that lies in any of the spans; touching ones become one."""
    merged: list[Span] = []
    for low, high in sorted(spans):
        if low >= high:
            continue
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def intersect(one: RealSet, other: RealSet) -> RealSet:
    """What lies in both."""
    return unite((max(a, c), min(b, d)) for a, b in one for c, d in other)


def complement(numbers: RealSet) -> RealSet:
    """All real numbers but these."""
    cuts = [LOWEST, *(cut for span in numbers for cut in span), HIGHEST]
    return unite(zip(cuts[::2], cuts[1::2], strict=True))


def subtract(one: RealSet, other: RealSet) -> RealSet:
    """What lies in the first only."""
    return intersect(one, complement(other))


def move_ends(numbers: RealSet, move: Callable[[Fraction], Fraction]) -> RealSet:
    """The set with each finite end replaced, open ones staying open."""

    def shift(cut: Cut) -> Cut:
        return cut if cut[0] else (0, move(cut[1]), cut[2])

    return unite((shift(low), shift(high)) for low, high in numbers)


def ends_of(numbers: RealSet) -> tuple[Fraction, ...]:
    """The finite ends."""
    return tuple(cut[1] for span in numbers for cut in span if cut[0] == 0)


def is_point(span: Span) -> bool:
    """Whether a span holds one number only."""
    low, high = span
    return low[0] == high[0] == 0 and low[1] == high[1]


def pick(span: Span) -> Fraction:
    """The number in a span that is simplest to write: few decimals, near 0."""
    low, high = span
    if is_point(span):
        return low[1]
    for decimals in range(MOST_DECIMALS + 1):
        step = Fraction(1, 10**decimals)
        if low < before(Fraction(0)) and high > after(Fraction(0)):
            return Fraction(0)
        if low[0] == 0 and low[1] >= 0:
            near = low[1] // step * step
            candidates = (near, near + step)
        else:
            near = -(-high[1] // step * step)
            candidates = (near, near - step)
        for value in candidates:
            if low <= before(value) and after(value) <= high:
                return value
    return (low[1] + high[1]) / 2


def show_set(numbers: RealSet) -> str:
    """`[1, 4) ∪ {7}`."""
    if not numbers:
        return "∅"
    return "ℝ" if numbers == ALL else " ∪ ".join(map(_show_span, numbers))


def _show_span(span: Span) -> str:
    low, high = span
    if is_point(span):
        return f"{{{show_fraction(low[1])}}}"
    left = "(-∞" if low[0] else f"{'[' if low[2] == 0 else '('}{show_fraction(low[1])}"
    right = "∞)" if high[0] else f"{show_fraction(high[1])}{']' if high[2] == 1 else ')'}"
    return f"{left}, {right}"
