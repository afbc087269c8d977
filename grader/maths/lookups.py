"""What names, entries of arrays and symbolic functions are at a point."""

from __future__ import annotations

from fractions import Fraction

from grader.maths import random_fields
from grader.maths.arrays import Array, Identity, Ones, Value, map_entries
from grader.maths.evaluate import Evaluation, run, scalar
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined, floats
from grader.maths.tree import ONES, Node
from grader.spec.models import Symbol


def find_name(node: Node, state: Evaluation) -> Value:
    spelling = str(node.value)
    if spelling in state.bound:
        return state.bound[spelling]
    point = state.point
    if spelling in point.values:
        return point.values[spelling]
    symbol = point.symbols.get(spelling)
    if symbol is not None and symbol.shape:
        return whole_array(spelling, symbol, state)
    if spelling in point.overrides:
        return point.overrides[spelling]
    if spelling == "I":
        return Identity(Fraction(1))
    if spelling == ONES:
        return Ones(Fraction(1))
    if spelling == "π":
        return floats(state.arithmetic.digits).pi + 0
    if spelling == "e":
        return floats(state.arithmetic.digits).e + 0
    if spelling in point.sizes:
        return Fraction(point.sizes[spelling])
    if spelling == "∞":
        # A sum without end, or e^{-∞}, may well have a value: it is only not taken here.
        raise OutOfRange("∞ is not evaluated")
    raise Undefined(f"{spelling} has no value")


def axis_size(size: int | str, state: Evaluation) -> int:
    """A declared size: a number, or the value of a symbol."""
    if isinstance(size, int):
        return size
    if size in state.point.values:
        return state.arithmetic.whole(state.point.values[size], 64)
    return state.point.sizes[size]


def whole_array(spelling: str, symbol: Symbol, state: Evaluation) -> Array:
    """All entries of an array symbol, with its constraint."""
    point = state.point
    if spelling in point.overrides:
        return point.overrides[spelling]
    if spelling not in point.arrays:
        from grader.maths.points import draw_array

        shape = tuple(axis_size(size, state) for size in symbol.shape)
        point.arrays[spelling] = draw_array(spelling, symbol, shape, point)
    return point.arrays[spelling]


def find_entry(node: Node, state: Evaluation) -> Value:
    array, *subscripts = node.args
    indices = tuple(state.arithmetic.whole(scalar(one, state)) for one in subscripts)
    symbol = state.point.symbols.get(str(array.value)) if array.op == "name" else None
    if symbol is None:
        value = run(array, state)
        if not isinstance(value, Array):
            raise Undefined("a number has no entries")
        return value.at(indices)
    spelling = str(array.value)
    is_given = symbol.layout != "free" or spelling in state.point.overrides
    if len(indices) < len(symbol.shape) or is_given:
        return whole_array(spelling, symbol, state).at(indices)
    shown = f"{spelling}[{', '.join(map(str, indices))}]"
    if len(indices) > len(symbol.shape):
        raise Undefined(f"{spelling} has {len(symbol.shape)} axes, not {len(indices)}")
    sizes = [axis_size(size, state) for size in symbol.shape]
    if any(not 0 <= index < size for index, size in zip(indices, sizes, strict=True)):
        state.out_of_range.append(shown)
    point = state.point
    value = random_fields.entry(point.seed, spelling, indices, symbol, point.is_small)
    state.reads[shown] = value
    return value


def apply_symbol(node: Node, state: Evaluation) -> Value:
    function = str(node.value).rstrip("'")
    order = len(str(node.value)) - len(function)
    arguments = [run(one, state) for one in node.args]
    symbol = state.point.symbols[function]
    if any(isinstance(one, Array) for one in arguments):
        if len(arguments) != 1:
            raise Undefined(f"{function} is taken of numbers")
        return map_entries(
            lambda one: _symbolic(function, order, [one], symbol, state), arguments[0]
        )
    return _symbolic(function, order, arguments, symbol, state)


OPERATIONS_OF_A_FUNCTION = 12
"""Nodes that the operations of one symbolic value take as long as."""


def _symbolic(
    function: str, order: int, arguments: list[Scalar], symbol: Symbol, state: Evaluation
) -> Scalar:
    point = state.point
    indices = _as_integers(arguments, state.arithmetic) if order == 0 else None
    if indices is not None:
        value = random_fields.entry(point.seed, function, indices, symbol, point.is_small)
        state.reads[f"{function}({', '.join(map(str, indices))})"] = value
        return value
    state.arithmetic.spend(OPERATIONS_OF_A_FUNCTION)
    return random_fields.symbolic_value(
        state.arithmetic, point.seed, function, order, arguments, symbol
    )


def _as_integers(arguments: list[Scalar], arithmetic: Arithmetic) -> tuple[int, ...] | None:
    """The arguments, where all are integers."""
    if not all(isinstance(one, Fraction) for one in arguments):
        try:
            return tuple(arithmetic.whole(one) for one in arguments)
        except ArithmeticError:
            return None
    if any(one.denominator != 1 for one in arguments):
        return None
    return tuple(one.numerator for one in arguments)


def find_member(node: Node, state: Evaluation) -> Value:
    """`x_k` where x1, x2, x3 are declared one by one."""
    number = state.arithmetic.whole(scalar(node.args[0], state))
    known = node.value
    assert isinstance(known, tuple)
    if number not in known:
        raise Undefined(f"there is no number {number} of these symbols")
    return run(node.args[1 + known.index(number)], state)
