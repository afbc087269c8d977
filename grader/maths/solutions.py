"""Points where an equation holds: an implication says nothing anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from grader.maths import bounds
from grader.maths.arrays import Array, Identity, Ones, Repeated, Value
from grader.maths.evaluate import Point, evaluate
from grader.maths.points import INTEGERS, draw_point, is_allowed, scalar_symbols
from grader.maths.scalars import Arithmetic, OutOfRange, Undefined, floats
from grader.maths.tree import Node, free_names, name, walk
from grader.spec.models import Symbol

MOST_EQUATIONS = 4
TURNS = 3
"""Points drawn for an equation; each of its symbols is solved for at every one."""
ROOT_DIGITS = 60
"""A root has more digits than those that are compared."""
LADDER = tuple(
    Fraction(text)
    for text in ("-20", "-6", "-3", "-3/2", "-2/3", "-1/5", "-1/50", "1/50", "1/5", "1/3", "2/3",
                 "9/10", "3/2", "3", "6", "20")
)  # fmt: skip
"""Where a change of sign is looked for."""
MOST_UNKNOWNS = 16
"""Entries of an array that is solved for: sizes are drawn below 8."""


def solution_points(
    trees: Iterable[Node], symbols: Mapping[str, Symbol], seed: int
) -> Iterator[Point]:
    """Points on the solutions of the equations in some statements, a few for every symbol."""
    equations = list(
        {
            node: None
            for tree in trees
            for node in walk(tree)
            if node.op == "compare" and node.value == "="
        }
    )
    for turn in range(TURNS):
        for position, equation in enumerate(equations[:MOST_EQUATIONS]):
            base = draw_point(symbols, seed, 8000 + 100 * turn + position)
            for spelling in sorted(free_names(equation) & symbols.keys()):
                point = _solve(equation, spelling, base, symbols)
                if point is not None:
                    yield point


def _solve(
    equation: Node, spelling: str, base: Point, symbols: Mapping[str, Symbol]
) -> Point | None:
    symbol = symbols[spelling]
    try:
        if symbol.shape:
            return _solve_for_array(equation, spelling, base)
        if spelling not in scalar_symbols(symbols) or symbol.domain in INTEGERS:
            return None
        root = _solve_for_number(equation, spelling, base)
    except (Undefined, OutOfRange, ArithmeticError, ValueError):
        return None
    if root is None:
        return None
    exact = root if isinstance(root, Fraction) else Fraction(str(root))
    rounded = {**base.values, spelling: exact}
    if not is_allowed(symbols, rounded):
        return None
    return Point({**base.values, spelling: root}, base.seed, symbols, base.sizes)


def _solve_for_number(equation: Node, spelling: str, base: Point) -> Any:
    """The value of one symbol: read off, or found between two signs of the difference."""
    context, arithmetic = floats(bounds.DIGITS), Arithmetic(ROOT_DIGITS)
    for side, other in (equation.args, equation.args[::-1]):
        if side == name(spelling) and spelling not in free_names(other):
            value = evaluate(other, base, arithmetic)
            if isinstance(value, Fraction):
                return value
            return None if _has_axes(value) else context.mpf(arithmetic.real(value))
    difference = Node("add", (equation.args[0], Node("neg", (equation.args[1],))))

    def gap(value: Any) -> Any:
        values = {**base.values, spelling: value}
        found = evaluate(difference, Point(values, base.seed, base.symbols, base.sizes), arithmetic)
        if _has_axes(found):
            raise Undefined("an array has no sign")
        return arithmetic.inexact(arithmetic.real(found))

    seen = []
    for place in LADDER:
        try:
            seen.append((place, gap(place)))
        except (Undefined, OutOfRange):
            continue
    for (low, first), (high, second) in pairwise(seen):
        if first * second < 0:
            fine = floats(ROOT_DIGITS)
            ends = tuple(fine.mpf(one.numerator) / one.denominator for one in (low, high))
            root = fine.findroot(gap, ends, solver="anderson", tol=1e-100, verify=False)
            # A jump from one sign to the other is no root.
            is_root = abs(gap(root)) < fine.mpf(10) ** (15 - ROOT_DIGITS)
            return context.mpf(root) if is_root else None
    return None


def _solve_for_array(equation: Node, spelling: str, base: Point) -> Point | None:
    """All entries of an array in which the equation is linear, by exact elimination."""
    from grader.maths.evaluate import Evaluation
    from grader.maths.lookups import whole_array

    symbol = base.symbols[spelling]
    if symbol.layout != "free":
        return None
    drawn = whole_array(spelling, symbol, Evaluation(base, Arithmetic()))
    size = len(drawn.entries)
    if size > MOST_UNKNOWNS:
        return None
    difference = Node("add", (equation.args[0], Node("neg", (equation.args[1],))))

    def place(entries: list[Fraction]) -> Point:
        given = {**base.overrides, spelling: Array(drawn.shape, tuple(entries))}
        return replace(base, overrides=given, arrays={**base.arrays})

    def gap(entries: list[Fraction]) -> list[Fraction] | None:
        return _exact_entries(evaluate(difference, place(entries)))

    constant = gap([Fraction(0)] * size)
    columns = [gap([Fraction(int(i == j)) for i in range(size)]) for j in range(size)]
    if constant is None or any(column is None for column in columns):
        return None
    slopes = [
        [column[row] - constant[row] for column in columns if column is not None]
        for row in range(len(constant))
    ]
    start = [Fraction(one) for one in drawn.entries]
    solution = _eliminate(slopes, [-one for one in constant], start)
    if solution is None or gap(solution) != [Fraction(0)] * len(constant):
        return None
    return place(solution)


def _has_axes(value: Value) -> bool:
    return isinstance(value, Array | Identity | Ones | Repeated)


def _exact_entries(value: Value) -> list[Fraction] | None:
    if isinstance(value, Identity | Ones | Repeated):
        return None
    entries = value.entries if isinstance(value, Array) else (value,)
    return list(entries) if all(isinstance(one, Fraction) for one in entries) else None


def _eliminate(
    slopes: list[list[Fraction]], right: list[Fraction], start: list[Fraction]
) -> list[Fraction] | None:
    """A solution of `slopes @ x = right`; what it leaves open keeps the value in `start`."""
    rows = [[*row, one] for row, one in zip(slopes, right, strict=True)]
    size = len(start)
    pivots: list[int] = []
    for column in range(size):
        top = len(pivots)
        found = next((row for row in range(top, len(rows)) if rows[row][column]), None)
        if found is None:
            continue
        rows[top], rows[found] = rows[found], rows[top]
        scale = rows[top][column]
        rows[top] = [one / scale for one in rows[top]]
        for row in range(len(rows)):
            factor = rows[row][column]
            if row != top and factor:
                rows[row] = [
                    one - factor * other for one, other in zip(rows[row], rows[top], strict=True)
                ]
        pivots.append(column)
    if any(row[size] for row in rows[len(pivots) :]):
        return None
    solution = list(start)
    for line, pivot in zip(rows, pivots, strict=False):
        rest = sum(
            (line[other] * solution[other] for other in range(size) if other not in pivots),
            Fraction(0),
        )
        solution[pivot] = line[size] - rest
    return solution
