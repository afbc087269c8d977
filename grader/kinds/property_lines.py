"""Functions made of straight pieces, exact: where they bend, and what they are in between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from grader.maths.tree import Node

MOST_KINKS = 2_000
"""Of one function: a network by hand has a dozen."""


class NotStraight(ValueError):
    """A formula that is not made of finitely many straight pieces."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A continuous function: one more line (slope, intercept) than there are kinks."""

    kinks: tuple[Fraction, ...]
    pieces: tuple[tuple[Fraction, Fraction], ...]

    def at(self, x: Fraction) -> Fraction:
        slope, intercept = self.pieces[bisect_right(self.kinks, x)]
        return slope * x + intercept

    @property
    def constant(self) -> Fraction | None:
        """Its only value; None where it has several."""
        return self.pieces[0][1] if not self.kinks and self.pieces[0][0] == 0 else None


def line(slope: Fraction, intercept: Fraction) -> Lines:
    """One straight line."""
    return Lines((), ((slope, intercept),))


def add(f: Lines, g: Lines) -> Lines:
    """The sum."""
    kinks = sorted({*f.kinks, *g.kinks})
    pieces = [(a + c, b + d) for (a, b), (c, d) in (_lines_between(f, g, x) for x in _probe(kinks))]
    return _merge(kinks, pieces)


def scale(factor: Fraction, f: Lines) -> Lines:
    """The function times a number."""
    if factor == 0:
        return line(Fraction(0), Fraction(0))
    return Lines(f.kinks, tuple((factor * a, factor * b) for a, b in f.pieces))


def maximum(f: Lines, g: Lines) -> Lines:
    """The larger of the two everywhere."""
    kinks = sorted({*f.kinks, *g.kinks, *_crossings(f, g)})
    pieces = [_lines_between(f, g, x)[f.at(x) < g.at(x)] for x in _probe(kinks)]
    return _merge(kinks, pieces)


def _crossings(f: Lines, g: Lines) -> list[Fraction]:
    kinks = sorted({*f.kinks, *g.kinks})
    found = []
    for x in _probe(kinks):
        (a, b), (c, d) = _lines_between(f, g, x)
        if a != c:
            # A crossing outside this piece is an extra kink at most; merging takes it out.
            found.append((d - b) / (a - c))
    return found


def _lines_between(
    f: Lines, g: Lines, x: Fraction
) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    return f.pieces[bisect_right(f.kinks, x)], g.pieces[bisect_right(g.kinks, x)]


def _probe(kinks: list[Fraction]) -> list[Fraction]:
    """One place inside each piece."""
    if not kinks:
        return [Fraction(0)]
    between = [(left + right) / 2 for left, right in pairwise(kinks)]
    return [kinks[0] - 1, *between, kinks[-1] + 1]


def _merge(kinks: list[Fraction], pieces: list[tuple[Fraction, Fraction]]) -> Lines:
    """Without kinks at which nothing bends."""
    if len(kinks) > MOST_KINKS:
        raise NotStraight(f"more than {MOST_KINKS} kinks")
    kept = [pieces[0]]
    bends = []
    for kink, piece in zip(kinks, pieces[1:], strict=True):
        if piece != kept[-1]:
            bends.append(kink)
            kept.append(piece)
    return Lines(tuple(bends), tuple(kept))


def read_lines(tree: Node, values: Mapping[str, Fraction], variable: str = "x") -> Lines:
    """A formula in one variable as straight pieces, with values for every other name.

    Errors   NotStraight where it is something else.
    """

    def read(node: Node) -> Lines:
        if node.op == "number" and isinstance(node.value, Fraction):
            return line(Fraction(0), node.value)
        if node.op == "name" and node.value == variable:
            return line(Fraction(1), Fraction(0))
        if node.op == "name" and str(node.value) in values:
            return line(Fraction(0), values[str(node.value)])
        parts = [read(arg) for arg in node.args]
        if node.op == "neg":
            return scale(Fraction(-1), parts[0])
        if node.op == "add":
            return _fold(add, parts)
        if node.op == "mul":
            return _fold(_multiply, parts)
        if node.op == "div" and parts[1].constant:
            return scale(1 / parts[1].constant, parts[0])
        if node.op == "call":
            return _call(str(node.value), parts)
        raise NotStraight(f"'{node.op}' is not made of straight pieces")

    return read(tree)


def _call(function: str, parts: list[Lines]) -> Lines:
    minus = Fraction(-1)
    match function:
        case "relu":
            return maximum(parts[0], line(Fraction(0), Fraction(0)))
        case "abs":
            return maximum(parts[0], scale(minus, parts[0]))
        case "max":
            return _fold(maximum, parts)
        case "min":
            return scale(minus, _fold(maximum, [scale(minus, part) for part in parts]))
        case _:
            raise NotStraight(f"'{function}' is not made of straight pieces")


def _fold(combine: Callable[[Lines, Lines], Lines], parts: list[Lines]) -> Lines:
    total = parts[0]
    for part in parts[1:]:
        total = combine(total, part)
    return total


def _multiply(f: Lines, g: Lines) -> Lines:
    if f.constant is not None:
        return scale(f.constant, g)
    if g.constant is not None:
        return scale(g.constant, f)
    raise NotStraight("a product of two functions is not made of straight pieces")
