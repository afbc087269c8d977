"""The value of a tree at a point, with bounded work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from grader.maths import bounds, random_fields
from grader.maths.arrays import (
    Array,
    Identity,
    Ones,
    Value,
    entrywise,
    map_entries,
    matrix_product,
    shape_text,
    stack,
    transpose,
)
from grader.maths.products import divide_values, multiply_matrices, multiply_values
from grader.maths.scalars import Arithmetic, NoBranch, OutOfRange, Scalar, Undefined, floats
from grader.maths.tree import ONES, Node
from grader.spec.models import Symbol


@dataclass(slots=True)
class Point:
    """Where formulas are evaluated: values of the scalars, and a seed for all the rest."""

    values: Mapping[str, Scalar]
    seed: int = 0
    symbols: Mapping[str, Symbol] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Of axes that are named but not declared."""
    is_small: bool = False
    """Entries and function values are small integers, to be checked by hand."""
    arrays: dict[str, Array] = field(default_factory=dict)
    """Drawn once a point."""
    overrides: Mapping[str, Array | Scalar] = field(default_factory=dict)
    """Values that are given, not drawn."""
    slopes: dict[tuple[Node, int], Value] = field(default_factory=dict)
    """Gradients already taken here, by the formula and the digits."""


@dataclass(slots=True)
class Evaluation:
    """One evaluation: the point, the arithmetic, the work left, and what was met."""

    point: Point
    arithmetic: Arithmetic
    work: int = bounds.MAX_WORK
    bound: dict[str, Scalar] = field(default_factory=dict)
    reads: dict[str, Scalar] = field(default_factory=dict)
    """Entries and function values that were used, as text."""
    out_of_range: list[str] = field(default_factory=list)


def evaluate(tree: Node, point: Point, arithmetic: Arithmetic | None = None) -> Value:
    """The value at a point.

    Errors   Undefined where there is none; OutOfRange beyond the bounds.
    """
    return run(tree, Evaluation(point, arithmetic or Arithmetic()))


def run(node: Node, state: Evaluation) -> Value:
    """One node."""
    state.work -= 1
    if state.work < 0:
        raise OutOfRange("too much work")
    return OPERATIONS[node.op](node, state)


def scalar(node: Node, state: Evaluation) -> Scalar:
    """A node that must be a number."""
    value = run(node, state)
    if isinstance(value, Identity | Ones):
        raise Undefined("a number was expected, not a matrix")
    if isinstance(value, Array):
        if len(value.entries) == 1:
            return value.entries[0]
        raise Undefined(f"a number was expected, not {shape_text(value)} entries")
    return value


def truth(node: Node, state: Evaluation) -> bool:
    """A condition."""
    return bool(scalar(node, state) != 0)


def _number(node: Node, state: Evaluation) -> Value:
    return node.value


def _name(node: Node, state: Evaluation) -> Value:
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


def _index(node: Node, state: Evaluation) -> Value:
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


def _apply(node: Node, state: Evaluation) -> Value:
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


def _symbolic(
    function: str, order: int, arguments: list[Scalar], symbol: Symbol, state: Evaluation
) -> Scalar:
    point = state.point
    indices = _as_integers(arguments, state.arithmetic) if order == 0 else None
    if indices is not None:
        value = random_fields.entry(point.seed, function, indices, symbol, point.is_small)
        state.reads[f"{function}({', '.join(map(str, indices))})"] = value
        return value
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


def _family(node: Node, state: Evaluation) -> Value:
    """`x_k` where x1, x2, x3 are declared one by one."""
    number = state.arithmetic.whole(scalar(node.args[0], state))
    known = node.value
    assert isinstance(known, tuple)
    if number not in known:
        raise Undefined(f"there is no number {number} of these symbols")
    return run(node.args[1 + known.index(number)], state)


def _add(node: Node, state: Evaluation) -> Value:
    total = run(node.args[0], state)
    for term in node.args[1:]:
        total = entrywise(state.arithmetic.add, total, run(term, state), "a sum")
    return total


def _negate(node: Node, state: Evaluation) -> Value:
    return map_entries(state.arithmetic.negate, run(node.args[0], state))


def _multiply(node: Node, state: Evaluation) -> Value:
    result = run(node.args[0], state)
    for factor in node.args[1:]:
        result = multiply_values(state.arithmetic, result, run(factor, state))
    return result


def _hadamard(node: Node, state: Evaluation) -> Value:
    left, right = (run(one, state) for one in node.args)
    return entrywise(state.arithmetic.multiply, left, right, "an entrywise product")


def _matmul(node: Node, state: Evaluation) -> Value:
    left, right = (run(one, state) for one in node.args)
    return multiply_matrices(state.arithmetic, left, right)


def _divide(node: Node, state: Evaluation) -> Value:
    left, right = (run(one, state) for one in node.args)
    return divide_values(state.arithmetic, left, right)


def _power(node: Node, state: Evaluation) -> Value:
    base = run(node.args[0], state)
    if node.args[0].op == "name" and node.args[0].value == "e" and "e" not in state.point.values:
        exponent = run(node.args[1], state)
        return map_entries(state.arithmetic.exponential, exponent)
    exponent = run(node.args[1], state)
    if isinstance(base, Array):
        is_square = len(base.shape) == 2 and base.shape[0] == base.shape[1]
        if is_square and not isinstance(exponent, Array):
            return _matrix_power(base, exponent, state)
        if len(base.shape) == 2 and 1 not in base.shape:
            raise Undefined("a power of a matrix that is not square")
    return entrywise(state.arithmetic.power, base, exponent, "a power")


def _matrix_power(base: Array, exponent: Scalar, state: Evaluation) -> Value:
    from grader.maths.arrays import inverse

    count = state.arithmetic.whole(exponent, 64)
    factor: Value = inverse(state.arithmetic, base) if count < 0 else base
    size = base.shape[0]
    result: Value = Array(
        base.shape, tuple(Fraction(int(i == j)) for i, j in product(range(size), repeat=2))
    )
    for _ in range(abs(count)):
        state.work -= size**2
        result = matrix_product(state.arithmetic, result, factor)
    return result


def _floordiv(node: Node, state: Evaluation) -> Value:
    arithmetic = state.arithmetic
    return arithmetic.floor(
        arithmetic.divide(scalar(node.args[0], state), scalar(node.args[1], state))
    )


def _mod(node: Node, state: Evaluation) -> Value:
    arithmetic = state.arithmetic
    left, right = (scalar(one, state) for one in node.args)
    whole = arithmetic.floor(arithmetic.divide(left, right))
    return arithmetic.add(left, -arithmetic.multiply(whole, right))


def _transpose(node: Node, state: Evaluation) -> Value:
    return transpose(run(node.args[0], state))


def _call(node: Node, state: Evaluation) -> Value:
    from grader.maths.functions import call

    return call(str(node.value), node, state)


def _sum(node: Node, state: Evaluation) -> Value:
    body, low_node, high_node = node.args
    low = state.arithmetic.whole(scalar(low_node, state))
    high = state.arithmetic.whole(scalar(high_node, state))
    if high - low > bounds.MAX_TERMS:
        raise OutOfRange("too many terms")
    is_sum = node.op == "sum"
    combine = state.arithmetic.add if is_sum else state.arithmetic.multiply
    total: Value = Fraction(0 if is_sum else 1)
    variable = str(node.value)
    outer = state.bound.get(variable)
    is_first = True
    for index in range(low, high + 1):
        state.bound[variable] = Fraction(index)
        term = run(body, state)
        if is_first:
            total, is_first = term, False
        elif is_sum:
            total = entrywise(combine, total, term, "a sum")
        else:
            total = multiply_values(state.arithmetic, total, term)
    if outer is None:
        state.bound.pop(variable, None)
    else:
        state.bound[variable] = outer
    return total


RELATIONS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
    "=": lambda order: order == 0,
    "!=": lambda order: order != 0,
}


def _compare(node: Node, state: Evaluation) -> Value:
    relation = RELATIONS.get(str(node.value))
    if relation is None:
        raise Undefined(f"'{node.value}' has no truth value")
    left, right = (run(one, state) for one in node.args)
    compare = state.arithmetic.compare
    return entrywise(
        lambda a, b: Fraction(int(relation(compare(a, b)))), left, right, "a comparison"
    )


def _and(node: Node, state: Evaluation) -> Value:
    return Fraction(int(all(truth(one, state) for one in node.args)))


def _or(node: Node, state: Evaluation) -> Value:
    return Fraction(int(any(truth(one, state) for one in node.args)))


def _not(node: Node, state: Evaluation) -> Value:
    return Fraction(int(not truth(node.args[0], state)))


def _piecewise(node: Node, state: Evaluation) -> Value:
    args = node.args
    for value, condition in zip(args[::2], args[1::2], strict=False):
        decided = run(condition, state)
        if isinstance(decided, Array):
            return _piecewise_entries(node, state)
        if decided != 0:
            return run(value, state)
    if len(args) % 2:
        return run(args[-1], state)
    raise NoBranch("no case covers it")


def _piecewise_entries(node: Node, state: Evaluation) -> Value:
    """`where(z > 0, a, b)` with arrays."""
    if len(node.args) != 3:
        raise Undefined("branches of arrays need a default")
    value, condition, default = (run(one, state) for one in node.args)
    picked = entrywise(lambda a, c: a if c != 0 else None, value, condition, "a choice")
    return entrywise(lambda a, b: b if a is None else a, picked, default, "a choice")


def _container(node: Node, state: Evaluation) -> Value:
    return stack([run(one, state) for one in node.args])


def _expectation(node: Node, state: Evaluation) -> Value:
    raise OutOfRange("an expectation has no value at a point")


OPERATIONS: dict[str, Callable[[Node, Evaluation], Value]] = {
    "number": _number, "name": _name, "index": _index, "apply": _apply, "add": _add,
    "neg": _negate, "mul": _multiply, "hadamard": _hadamard, "matmul": _matmul, "div": _divide,
    "pow": _power, "floordiv": _floordiv, "mod": _mod, "transpose": _transpose, "call": _call,
    "sum": _sum, "prod": _sum, "compare": _compare, "and": _and, "or": _or, "not": _not,
    "piecewise": _piecewise, "list": _container, "tuple": _container, "set": _container,
    "vector": _container, "family": _family, "expectation": _expectation,
}  # fmt: skip
