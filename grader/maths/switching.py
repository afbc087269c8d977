"""Points exactly on the surfaces where a formula switches: kinks, jumps, ties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from grader.maths.arrays import Array
from grader.maths.differentiate import add, negate
from grader.maths.evaluate import Point, evaluate
from grader.maths.points import INTEGERS, draw_point, is_allowed
from grader.maths.scalars import OutOfRange, Undefined
from grader.maths.tree import Node, free_names, number, walk
from grader.spec.models import Symbol

KINKED = {"abs", "relu", "leaky_relu", "sign", "step", "silu_", "indicator"}


def surfaces(trees: Iterable[Node]) -> list[Node]:
    """Expressions that are zero where something switches."""
    found: dict[Node, None] = {}
    for tree in trees:
        for node in walk(tree):
            if node.op == "call" and node.value in KINKED and node.args[0].op != "compare":
                found.setdefault(node.args[0])
            elif node.op == "call" and node.value in ("max", "min", "clip"):
                for other in node.args[1:]:
                    found.setdefault(add(node.args[0], negate(other)))
            elif node.op == "compare" and node.value in ("<", "<=", ">", ">=", "=", "!="):
                left, right = node.args
                found.setdefault(
                    left if right == number(0) else Node("add", (left, Node("neg", (right,))))
                )
    return list(found)


def boundary_points(
    trees: Iterable[Node], symbols: Mapping[str, Symbol], seed: int, limit: int
) -> Iterator[Point]:
    """Points on each surface, found exactly where a surface is linear in some symbol."""
    for base, spelling, root in _find_roots(trees, symbols, seed):
        point = _place(base, spelling, root, symbols)
        if point is not None:
            yield point
            limit -= 1
        if limit == 0:
            return


BESIDE = Fraction(1, 64)


def points_beside(
    trees: Iterable[Node], symbols: Mapping[str, Symbol], seed: int, limit: int
) -> Iterator[Point]:
    """Points a little to either side of a surface: a jump may be small, and fade away from it.

    `x if x > 50 else log(1 + exp(x))` is off by 10^-22 beside 50, by nothing visible at 70.
    """
    for base, spelling, root in _find_roots(trees, symbols, seed):
        if symbols[spelling].domain in INTEGERS:
            continue
        for place in (root - BESIDE, root + BESIDE):
            point = _place(base, spelling, place, symbols)
            if point is not None:
                yield point
                limit -= 1
            if limit == 0:
                return


def points_between(
    trees: Iterable[Node], symbols: Mapping[str, Symbol], seed: int, limit: int
) -> Iterator[Point]:
    """Along each symbol, a point in every piece between the surfaces and beyond them.

    Beyond, because max(x, 10000) is 10000 wherever it is drawn; between, because two switches
    a little apart differ only there.
    """
    listed = surfaces(trees)[:8]
    for turn in range(2):
        base = draw_point(symbols, seed, 9000 + turn)
        for spelling in sorted(set().union(*map(free_names, listed)) & set(base.values)):
            found = {_linear_root(surface, spelling, base, symbols) for surface in listed}
            roots = sorted(root for root in found if root is not None)
            for place in _choose_places(roots, symbols[spelling].domain in INTEGERS):
                point = _place(base, spelling, place, symbols)
                if point is not None:
                    yield point
                    limit -= 1
                if limit == 0:
                    return


def _choose_places(roots: list[Fraction], is_integer: bool) -> list[Fraction]:
    if not roots:
        return []
    step = max(Fraction(1), max(map(abs, roots)) / 3)
    if is_integer:
        step = Fraction(step.__ceil__())
        whole = [Fraction(root.__floor__()) for root in roots]
        return [whole[0] - step, *whole, *(root + 1 for root in whole), whole[-1] + step]
    between = [(one + other) / 2 for one, other in pairwise(roots)]
    return [roots[0] - step, *between, roots[-1] + step]


def _find_roots(
    trees: Iterable[Node], symbols: Mapping[str, Symbol], seed: int
) -> Iterator[tuple[Point, str, Fraction]]:
    listed = surfaces(trees)[:8]
    for turn in range(2):
        for position, surface in enumerate(listed):
            names = sorted(free_names(surface) & set(draw_point(symbols, seed, 0).values))
            for spelling in names:
                base = draw_point(symbols, seed, 7000 + 100 * turn + position)
                root = _linear_root(surface, spelling, base, symbols)
                if root is not None:
                    yield base, spelling, root


def _place(
    base: Point, spelling: str, value: Fraction, symbols: Mapping[str, Symbol]
) -> Point | None:
    """The point with one symbol's value replaced, where its domain has that value."""
    values = {**base.values, spelling: value}
    if symbols[spelling].domain in INTEGERS and value.denominator != 1:
        return None
    return Point(values, base.seed, symbols, base.sizes) if is_allowed(symbols, values) else None


def _linear_root(
    surface: Node, spelling: str, base: Point, symbols: Mapping[str, Symbol]
) -> Fraction | None:
    """Where a surface that is linear in one symbol vanishes, exactly."""
    values = []
    for probe in (Fraction(0), Fraction(1), Fraction(3)):
        point = Point({**base.values, spelling: probe}, base.seed, symbols, base.sizes)
        try:
            value = evaluate(surface, point)
        except (Undefined, OutOfRange):
            return None
        if isinstance(value, Array) or not isinstance(value, Fraction):
            return None
        values.append(value)
    slope = values[1] - values[0]
    if slope == 0 or values[2] != values[0] + 3 * slope:
        return None
    return -values[0] / slope
