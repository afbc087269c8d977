"""The known functions at a point, by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from grader.maths.arrays import (
    Array,
    Value,
    entrywise,
    map_entries,
)
from grader.maths.evaluate import Evaluation, run, scalar
from grader.maths.functions_of_arrays import OF_ARRAYS
from grader.maths.functions_of_code import OF_CODE
from grader.maths.functions_of_numbers import BY_MPMATH, ENTRYWISE, ZERO, real_root
from grader.maths.gradients import slope
from grader.maths.scalars import Scalar
from grader.maths.tree import Node


def call(function: str, node: Node, state: Evaluation) -> Value:
    """Apply a known function to a node's arguments."""
    arithmetic = state.arithmetic
    if function in ENTRYWISE:
        inner = ENTRYWISE[function]
        return map_entries(lambda one: inner(arithmetic, one), run(node.args[0], state))
    if function in BY_MPMATH:
        return map_entries(
            lambda one: arithmetic.elementary(BY_MPMATH[function], one), run(node.args[0], state)
        )
    return SPECIAL[function](node, state)


def _log(node: Node, state: Evaluation) -> Value:
    arithmetic = state.arithmetic
    value = map_entries(arithmetic.logarithm, run(node.args[0], state))
    if len(node.args) == 1:
        return value
    base = arithmetic.logarithm(scalar(node.args[1], state))
    return map_entries(lambda one: arithmetic.divide(one, base), value)


def _root(node: Node, state: Evaluation) -> Value:
    value, degree = (scalar(one, state) for one in node.args)
    return real_root(state.arithmetic, value, state.arithmetic.whole(degree, 10**4))


def _extreme(sign: int) -> Callable[[Node, Evaluation], Value]:
    def extreme(node: Node, state: Evaluation) -> Value:
        arithmetic = state.arithmetic

        def pick(left: Scalar, right: Scalar) -> Scalar:
            return left if arithmetic.compare(left, right) * sign >= 0 else right

        values = [run(one, state) for one in node.args]
        if len(values) == 1 and isinstance(values[0], Array):
            values = list(values[0].entries)
        best = values[0]
        for value in values[1:]:
            best = entrywise(pick, best, value, "a maximum")
        return best

    return extreme


def _clip(node: Node, state: Evaluation) -> Value:
    value = run(node.args[0], state)
    low, high = (scalar(one, state) for one in node.args[1:])
    arithmetic = state.arithmetic

    def clip(one: Scalar) -> Scalar:
        if arithmetic.compare(one, low) < 0:
            return low
        return high if arithmetic.compare(one, high) > 0 else one

    return map_entries(clip, value)


def _leaky_relu(node: Node, state: Evaluation) -> Value:
    slope = scalar(node.args[1], state) if len(node.args) == 2 else Fraction(1, 100)
    arithmetic = state.arithmetic
    return map_entries(
        lambda one: one if arithmetic.sign(one) > 0 else arithmetic.multiply(slope, one),
        run(node.args[0], state),
    )


def _step(node: Node, state: Evaluation) -> Value:
    """1 for x > 0, 0 for x < 0, and at 0 the second argument, or 0."""
    at_zero = scalar(node.args[1], state) if len(node.args) == 2 else ZERO

    def step(value: Scalar) -> Scalar:
        sign = state.arithmetic.sign(value)
        return at_zero if sign == 0 else Fraction(int(sign > 0))

    return map_entries(step, run(node.args[0], state))


def _binomial(node: Node, state: Evaluation) -> Value:
    top, bottom = (state.arithmetic.whole(scalar(one, state), 10**4) for one in node.args)
    if not 0 <= bottom <= top:
        return ZERO
    state.arithmetic.spend(min(bottom, top - bottom) / STEPS_OF_A_NODE)
    return state.arithmetic.note(Fraction(math.comb(top, bottom)))


STEPS_OF_A_NODE = 20
"""Of a binomial coefficient."""


def _kronecker(node: Node, state: Evaluation) -> Value:
    left, right = (scalar(one, state) for one in node.args)
    return Fraction(int(state.arithmetic.compare(left, right) == 0))


def _diff(node: Node, state: Evaluation) -> Value:
    """`diff(f, x)` and `diff(f, x, 2)`, by our own rules."""
    from grader.maths.differentiate import unfold

    return run(unfold(node), state)


def _hypot(node: Node, state: Evaluation) -> Value:
    left, right = (scalar(one, state) for one in node.args)
    arithmetic = state.arithmetic
    return arithmetic.square_root(
        arithmetic.add(arithmetic.multiply(left, left), arithmetic.multiply(right, right))
    )


SPECIAL: dict[str, Callable[[Node, Evaluation], Value]] = {
    **OF_ARRAYS, **OF_CODE, "log": _log, "root": _root, "max": _extreme(1), "min": _extreme(-1),
    "clip": _clip, "leaky_relu": _leaky_relu, "step": _step, "binomial": _binomial,
    "kronecker": _kronecker, "gradient": slope, "diff": _diff, "hypot": _hypot,
}  # fmt: skip
