"""Known functions of arrays: norms, products, softmax, means."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

from grader.maths import bounds
from grader.maths.arrays import (
    Array,
    Identity,
    Ones,
    Repeated,
    Value,
    WrongShapes,
    entrywise,
    map_entries,
    matrix_product,
    shape_text,
    transpose,
)
from grader.maths.broadcasting import lines_along
from grader.maths.evaluate import Evaluation, run, scalar
from grader.maths.functions_of_numbers import ONE, ZERO, absolute
from grader.maths.linear_systems import determinant, inverse
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined
from grader.maths.tree import Node


def _entries(value: Value) -> tuple[Scalar, ...]:
    if isinstance(value, Identity | Ones | Repeated):
        raise OutOfRange("an array of unknown size")
    return value.entries if isinstance(value, Array) else (value,)


def _add_up(arithmetic: Arithmetic, values: tuple[Scalar, ...]) -> Scalar:
    total: Scalar = ZERO
    for value in values:
        total = arithmetic.add(total, value)
    return total


def _norm(node: Node, state: Evaluation) -> Value:
    """‖x‖ is Euclid's, of a matrix Frobenius'; `_1`, `_2`, `_∞` for vectors."""
    arithmetic = state.arithmetic
    value = run(node.args[0], state)
    order = node.args[1] if len(node.args) == 2 else None
    entries = _entries(value)
    if order is not None and order.op == "name" and order.value == "∞":
        return _extreme_of(arithmetic, [absolute(arithmetic, one) for one in entries])
    is_frobenius = order is None or (order.op == "name" and str(order.value) in ("F", "fro"))
    is_column = not isinstance(value, Array) or len(value.shape) == 1 or 1 in value.shape
    if not is_frobenius and order is not None and not is_column:
        raise OutOfRange("norms of matrices other than Frobenius' are not computed")
    power = Fraction(2) if is_frobenius or order is None else scalar(order, state)
    if power == 2:
        squares = tuple(arithmetic.multiply(one, one) for one in entries)
        return arithmetic.square_root(_add_up(arithmetic, squares))
    powers = tuple(arithmetic.power(absolute(arithmetic, one), power) for one in entries)
    return arithmetic.power(_add_up(arithmetic, powers), arithmetic.divide(ONE, power))


def _extreme_of(arithmetic: Arithmetic, values: list[Scalar]) -> Scalar:
    best = values[0]
    for value in values[1:]:
        best = value if arithmetic.compare(value, best) > 0 else best
    return best


def _dot(node: Node, state: Evaluation) -> Value:
    """⟨a, b⟩ = Σ a_i b_i, of matrices as well."""
    left, right = (run(one, state) for one in node.args)
    arrays = [one for one in (left, right) if isinstance(one, Array)]
    if len({len(one.entries) for one in arrays}) > 1:
        shown = f"{shape_text(left)} and {shape_text(right)}"
        raise WrongShapes(f"an inner product needs equal shapes: {shown}")
    products = entrywise(state.arithmetic.multiply, left, right, "an inner product")
    return _add_up(state.arithmetic, _entries(products))


def _outer(node: Node, state: Evaluation) -> Value:
    left, right = (run(one, state) for one in node.args)
    column = Array((len(_entries(left)), 1), _entries(left))
    row = Array((1, len(_entries(right))), _entries(right))
    return matrix_product(state.arithmetic, column, row)


def _trace(node: Node, state: Evaluation) -> Value:
    value = run(node.args[0], state)
    if not isinstance(value, Array):
        return _entries(value)[0]
    if len(value.shape) != 2 or value.shape[0] != value.shape[1]:
        raise Undefined(f"the trace of a {shape_text(value)} array")
    return _add_up(state.arithmetic, value.entries[:: value.shape[0] + 1])


def _diag(node: Node, state: Evaluation) -> Value:
    """A vector to a diagonal matrix, a matrix to its diagonal."""
    value = run(node.args[0], state)
    entries = _entries(value)
    if isinstance(value, Array) and len(value.shape) == 2 and 1 not in value.shape:
        return Array((min(value.shape),), entries[:: value.shape[1] + 1][: min(value.shape)])
    size = len(entries)
    return Array(
        (size, size),
        tuple(entries[i] if i == j else ZERO for i, j in product(range(size), repeat=2)),
    )


def _softmax(node: Node, state: Evaluation) -> Value:
    """Along the last axis, or the one that is given."""
    value = run(node.args[0], state)
    arithmetic = state.arithmetic
    if not isinstance(value, Array):
        raise Undefined("softmax is taken of a vector")
    shape = value.shape
    is_column = len(shape) == 1 or (1 in shape and not value.is_numpy)
    if is_column:
        lines = [list(range(len(value.entries)))]
    else:
        axis = _find_axis(node, value, state) if len(node.args) == 2 else len(shape) - 1
        lines = lines_along(shape, axis)
    entries: list[Scalar] = [ZERO] * len(value.entries)
    for line in lines:
        grown = [arithmetic.exponential(value.entries[place]) for place in line]
        total = _add_up(arithmetic, tuple(grown))
        for place, one in zip(line, grown, strict=True):
            entries[place] = arithmetic.divide(one, total)
    return Array(shape, tuple(entries), value.is_flat, value.is_numpy)


def _logsumexp_of(arithmetic: Arithmetic, values: tuple[Scalar, ...]) -> Scalar:
    grown = tuple(arithmetic.exponential(one) for one in values)
    return arithmetic.logarithm(_add_up(arithmetic, grown))


def _find_axis(node: Node, value: Array, state: Evaluation) -> int:
    rank = len(value.shape)
    axis = state.arithmetic.whole(scalar(node.args[1], state), 8)
    if not -rank <= axis < rank:
        raise Undefined(f"axis {axis} of a {shape_text(value)} array")
    return axis % rank


def _over_axis(
    combine: Callable[[Arithmetic, tuple[Scalar, ...]], Scalar],
) -> Callable[[Node, Evaluation], Value]:
    def reduce(node: Node, state: Evaluation) -> Value:
        value = run(node.args[0], state)
        if len(node.args) == 1 or not isinstance(value, Array):
            return combine(state.arithmetic, _entries(value))
        axis = _find_axis(node, value, state)
        if len(value.shape) == 1:
            return combine(state.arithmetic, _entries(value))
        entries = tuple(
            combine(state.arithmetic, tuple(value.entries[place] for place in line))
            for line in lines_along(value.shape, axis)
        )
        shape = value.shape[:axis] + value.shape[axis + 1 :]
        return Array(shape, entries, len(shape) == 1, value.is_numpy)

    return reduce


def _mean_of(arithmetic: Arithmetic, values: tuple[Scalar, ...]) -> Scalar:
    return arithmetic.divide(_add_up(arithmetic, values), Fraction(len(values)))


def _variance_of(arithmetic: Arithmetic, values: tuple[Scalar, ...]) -> Scalar:
    mean = _mean_of(arithmetic, values)
    gaps = (arithmetic.add(one, -mean) for one in values)
    return _mean_of(arithmetic, tuple(arithmetic.multiply(gap, gap) for gap in gaps))


def _sample_variance_of(arithmetic: Arithmetic, values: tuple[Scalar, ...]) -> Scalar:
    if len(values) < 2:
        raise Undefined("the spread of one number")
    count = Fraction(len(values))
    return arithmetic.multiply(_variance_of(arithmetic, values), count / (count - 1))


def _smallest_of(arithmetic: Arithmetic, values: tuple[Scalar, ...]) -> Scalar:
    return -_extreme_of(arithmetic, [-value for value in values])


def _root_of(
    combine: Callable[[Arithmetic, tuple[Scalar, ...]], Scalar],
) -> Callable[[Node, Evaluation], Value]:
    return lambda node, state: map_entries(
        state.arithmetic.square_root, _over_axis(combine)(node, state)
    )


def _multiplied(node: Node, state: Evaluation) -> Value:
    total: Scalar = ONE
    for value in _entries(run(node.args[0], state)):
        total = state.arithmetic.multiply(total, value)
    return total


def _constant_array(
    off_diagonal: Fraction, diagonal: Fraction
) -> Callable[[Node, Evaluation], Value]:
    def build(node: Node, state: Evaluation) -> Value:
        sizes = [state.arithmetic.whole(scalar(one, state), 64) for one in node.args]
        if diagonal != off_diagonal and len(sizes) == 1:
            sizes *= 2
        count = 1
        for size in sizes:
            count *= max(size, 1)
        if count > bounds.MAX_ENTRIES:
            raise OutOfRange("too many entries")
        if diagonal == off_diagonal:
            return Array(tuple(sizes), (diagonal,) * count)
        rows, columns = sizes
        return Array(
            (rows, columns),
            tuple(
                diagonal if i == j else off_diagonal
                for i, j in product(range(rows), range(columns))
            ),
        )

    return build


def _flat(node: Node, state: Evaluation) -> Value:
    entries = _entries(run(node.args[0], state))
    return Array((len(entries),), entries)


def _concat(node: Node, state: Evaluation) -> Value:
    entries = tuple(one for arg in node.args for one in _entries(run(arg, state)))
    return Array((len(entries),), entries)


OF_ARRAYS: dict[str, Callable[[Node, Evaluation], Value]] = {
    "norm": _norm, "dot": _dot, "outer": _outer, "trace": _trace, "diag": _diag,
    "softmax": _softmax, "logsumexp": _over_axis(_logsumexp_of), "mean": _over_axis(_mean_of),
    "total": _over_axis(_add_up), "variance": _over_axis(_variance_of),
    "multiplied": _multiplied, "eye": _constant_array(ZERO, ONE),
    "ones": _constant_array(ONE, ONE), "zeros": _constant_array(ZERO, ZERO),
    "vec": _flat, "concat": _concat,
    "transposed": lambda node, state: transpose(run(node.args[0], state)),
    "det": lambda node, state: determinant(state.arithmetic, run(node.args[0], state)),
    "inverse": lambda node, state: inverse(state.arithmetic, run(node.args[0], state)),
    "deviation": _root_of(_variance_of), "sample_deviation": _root_of(_sample_variance_of),
    "sample_variance": _over_axis(_sample_variance_of),
    "largest": _over_axis(lambda arithmetic, values: _extreme_of(arithmetic, list(values))),
    "smallest": _over_axis(_smallest_of),
}  # fmt: skip
