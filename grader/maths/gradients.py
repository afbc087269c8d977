"""Gradients with respect to numbers and arrays, by central differences in many digits.

Two evaluations an entry, a distance of 10^-d apart at three times d digits, leave an error of
10^-2d: as good as a rule, and no rule is needed for what the grammar can evaluate.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from grader.maths.arrays import Array, Value
from grader.maths.dropped_paths import HELD
from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.lookups import whole_array
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar
from grader.maths.tree import Node

MOST_ENTRIES = 64
"""Of the variable: points draw sizes of 2 to 6."""


def slope(node: Node, state: Evaluation) -> Value:
    """`grad(f, W)`: shaped as W where f is a number; else rows for f's entries, columns for W's.

    Shapes   f: (), W: any.  Returns W's shape.  f: (m,), W: (n,).  Returns (m, n).
    Errors   about 10^-2d relative for d digits, where f is smooth nearby.
    Cost     2 evaluations an entry of W.
    """
    key = (node, state.arithmetic.digits)
    if key not in state.point.slopes or state.bound:
        state.point.slopes[key] = _take_slope(node, state)
    return state.point.slopes[key]


def _take_slope(node: Node, state: Evaluation) -> Value:
    body, variable = node.args
    if variable.op != "name":
        raise OutOfRange("a gradient is taken with respect to a symbol")
    spelling = str(variable.value)
    symbol = state.point.symbols.get(spelling)
    if symbol is None:
        raise OutOfRange(f"{spelling} is not declared")
    digits = state.arithmetic.digits
    step = Fraction(1, 10**digits)
    if not symbol.shape:
        return _along(body, state, _moved_scalar(state.point, spelling, step), step, digits)
    base = whole_array(spelling, symbol, state)
    if len(base.entries) > MOST_ENTRIES:
        raise OutOfRange("too many entries for a gradient")
    slopes = []
    for position in range(len(base.entries)):
        points = _moved_entry(state.point, spelling, base, position, step)
        slopes.append(_along(body, state, points, step, digits))
    if not any(isinstance(one, Array) for one in slopes):
        return Array(base.shape, tuple(slopes))
    outputs = [one.entries if isinstance(one, Array) else (one,) for one in slopes]
    rows = tuple(column[row] for row in range(len(outputs[0])) for column in outputs)
    return Array((len(outputs[0]), len(base.entries)), rows)


def _moved_scalar(point: Point, spelling: str, step: Fraction) -> tuple[Point, Point]:
    value = point.values[spelling]
    held = {**point.values, spelling + HELD: value}
    high = replace(point, slopes={}, values={**held, spelling: value + step})
    low = replace(point, slopes={}, values={**held, spelling: value - step})
    return high, low


def _moved_entry(
    point: Point, spelling: str, base: Array, position: int, step: Fraction
) -> tuple[Point, Point]:
    moved = []
    held = {**point.overrides, spelling + HELD: base}
    for sign in (1, -1):
        entries = list(base.entries)
        entries[position] = entries[position] + sign * step
        array = Array(base.shape, tuple(entries))
        moved.append(replace(point, slopes={}, overrides=held | {spelling: array}))
    return moved[0], moved[1]


def _along(
    body: Node, state: Evaluation, points: tuple[Point, Point], step: Fraction, digits: int
) -> Value:
    """The central difference between two points."""
    arithmetic = Arithmetic(3 * digits)
    values = []
    for point in points:
        inner = Evaluation(point, arithmetic, work=state.work, bound=dict(state.bound))
        values.append(run(body, inner))
        state.work = inner.work
    state.arithmetic.spend(arithmetic.spent)
    high, low = values

    def quotient(above: Scalar, below: Scalar) -> Scalar:
        gap = arithmetic.add(above, arithmetic.negate(below))
        # Never exact, whatever the numbers: x³ leaves step² behind.
        value = state.arithmetic.inexact(arithmetic.divide(gap, 2 * step))
        return state.arithmetic.note(value)

    if isinstance(high, Array) and isinstance(low, Array):
        pairs = zip(high.entries, low.entries, strict=True)
        return Array(high.shape, tuple(quotient(a, b) for a, b in pairs))
    return quotient(high, low)
