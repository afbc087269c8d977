"""What NumPy and Torch do with axes: new ones, kept ones, other shapes, sums by labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product

from grader.maths.arrays import Array, Identity, Ones, Repeated, Value, WrongShapes, shape_text
from grader.maths.arrays import entrywise as combine_entries
from grader.maths.evaluate import Evaluation, run, scalar
from grader.maths.scalars import OutOfRange, Scalar, Undefined
from grader.maths.tree import NEW, WHOLE, Node

MOST_AXES = 4


def _as_array(node: Node, state: Evaluation) -> Array:
    value = run(node, state)
    if isinstance(value, Identity | Ones | Repeated):
        raise OutOfRange("an array of unknown size")
    return value if isinstance(value, Array) else Array((), (value,), is_numpy=True)


def _with_shape(array: Array, shape: tuple[int, ...]) -> Value:
    if len(shape) > MOST_AXES:
        raise OutOfRange("too many axes")
    return Array(shape, array.entries, is_numpy=True) if shape else array.entries[0]


def _as_numpy(node: Node, state: Evaluation) -> Value:
    """The same array, with one axis where it has one."""
    value = run(node.args[0], state)
    return replace(value, is_numpy=True) if isinstance(value, Array) else value


def _kept(node: Node, state: Evaluation) -> Value:
    """`keepdims=True`: the axis that was summed over stays, with one entry."""
    value = _as_array(node.args[0], state)
    axis = state.arithmetic.whole(scalar(node.args[1], state), MOST_AXES)
    rank = len(value.shape) + 1
    return _with_shape(value, _insert(value.shape, axis % rank)) if rank > 1 else value.entries[0]


def _insert(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], 1, *shape[axis:])


def _expanded(node: Node, state: Evaluation) -> Value:
    """`unsqueeze`, `expand_dims`: a new axis with one entry."""
    value = _as_array(node.args[0], state)
    axis = state.arithmetic.whole(scalar(node.args[1], state), MOST_AXES)
    rank = len(value.shape) + 1
    if not -rank <= axis < rank:
        raise Undefined(f"axis {axis} of a {shape_text(value)} array")
    return _with_shape(value, _insert(value.shape, axis % rank))


def _reshaped(node: Node, state: Evaluation) -> Value:
    """Row by row into another shape; -1 is what is left."""
    value = _as_array(node.args[0], state)
    sizes = [state.arithmetic.whole(scalar(one, state), 4096) for one in node.args[1:]]
    known = 1
    for size in sizes:
        known *= size if size != -1 else 1
    if sizes.count(-1) == 1 and known > 0 and len(value.entries) % known == 0:
        sizes[sizes.index(-1)] = len(value.entries) // known
        known = len(value.entries)
    if min(sizes) < 1 or known != len(value.entries):
        raise WrongShapes(f"{shape_text(value)} cannot take the shape {tuple(sizes)}")
    return _with_shape(value, tuple(sizes))


def _squeezed(node: Node, state: Evaluation) -> Value:
    """Without axes of one entry, or without the one that is named."""
    value = _as_array(node.args[0], state)
    shape = value.shape
    if len(node.args) == 1:
        return _with_shape(value, tuple(size for size in shape if size != 1))
    axis = state.arithmetic.whole(scalar(node.args[1], state), MOST_AXES)
    if not -len(shape) <= axis < len(shape):
        raise Undefined(f"axis {axis} of a {shape_text(value)} array")
    place = axis % len(shape)
    kept = shape[:place] + shape[place + 1 :] if shape[place] == 1 else shape
    return _with_shape(value, kept)


def _size(node: Node, state: Evaluation) -> Value:
    """The number of entries, or along one axis."""
    value = _as_array(node.args[0], state)
    if len(node.args) == 1:
        return Fraction(len(value.entries))
    axis = state.arithmetic.whole(scalar(node.args[1], state), MOST_AXES)
    if not -len(value.shape) <= axis < len(value.shape):
        raise Undefined(f"axis {axis} of a {shape_text(value)} array")
    return Fraction(value.shape[axis])


def _entry_power(node: Node, state: Evaluation) -> Value:
    """`A**3` in code: of every entry."""
    base, exponent = (run(one, state) for one in node.args)
    return combine_entries(state.arithmetic.power, base, exponent, "a power")


def pick_axes(node: Node, state: Evaluation) -> Value:
    """`p[:, None]`, `X[:, 0]`."""
    value = _as_array(node.args[0], state)
    indices = [state.arithmetic.whole(scalar(one, state)) for one in node.args[1:]]
    assert isinstance(node.value, tuple)
    used = len(node.value) - node.value.count(NEW)
    if used > len(value.shape):
        raise Undefined("too many subscripts")
    kinds = (*node.value, *(WHOLE,) * (len(value.shape) - used))
    axes: list[list[int]] = []
    shape: list[int] = []
    place = 0
    for kind in kinds:
        if kind == NEW:
            shape.append(1)
            continue
        size = value.shape[place]
        place += 1
        if kind == WHOLE:
            shape.append(size)
            axes.append(list(range(size)))
            continue
        index = indices.pop(0)
        if not -size <= index < size:
            raise Undefined(f"subscript {index} outside 0..{size - 1}")
        axes.append([index % size])
    entries = []
    for spot in product(*axes):
        offset = 0
        for index, size in zip(spot, value.shape, strict=True):
            offset = offset * size + index
        entries.append(value.entries[offset])
    return _with_shape(Array((len(entries),), tuple(entries)), tuple(shape))


def sum_products(node: Node, state: Evaluation) -> Value:
    """`einsum`: products of entries, added up over the labels that the result has not."""
    inputs, _, output = str(node.value).partition("->")
    arrays = [_as_array(one, state) for one in node.args]
    labels = inputs.split(",")
    sizes: dict[str, int] = {}
    for names, array in zip(labels, arrays, strict=True):
        if len(names) != len(array.shape):
            raise WrongShapes(f"'{names}' of a {shape_text(array)} array")
        for label, size in zip(names, array.shape, strict=True):
            if sizes.setdefault(label, size) != size:
                raise WrongShapes(f"the sizes along '{label}' differ: {sizes[label]} and {size}")
    order = [*output, *sorted(sizes.keys() - set(output))]
    shape = tuple(sizes[label] for label in output)
    count = 1
    for size in sizes.values():
        count *= size
    state.work -= count
    if state.work < 0:
        raise OutOfRange("too much work")
    inside = count
    for size in shape:
        inside //= size
    arithmetic = state.arithmetic
    entries: list[Scalar] = []
    total: Scalar = Fraction(0)
    for number, spot in enumerate(product(*(range(sizes[label]) for label in order)), start=1):
        where = dict(zip(order, spot, strict=True))
        term: Scalar = Fraction(1)
        for names, array in zip(labels, arrays, strict=True):
            offset = 0
            for label in names:
                offset = offset * sizes[label] + where[label]
            term = arithmetic.multiply(term, array.entries[offset])
        total = arithmetic.add(total, term)
        if number % inside == 0:
            entries.append(total)
            total = Fraction(0)
    return _with_shape(Array((len(entries),), tuple(entries)), shape)


OF_CODE: dict[str, Callable[[Node, Evaluation], Value]] = {
    "as_numpy": _as_numpy, "kept": _kept, "expanded": _expanded, "reshaped": _reshaped,
    "squeezed": _squeezed, "size": _size, "entry_power": _entry_power,
}  # fmt: skip
