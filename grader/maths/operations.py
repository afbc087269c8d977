"""What each operation of a tree does with the values of its arguments."""

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
    entrywise,
    map_entries,
    matrix_product,
    stack,
    transpose,
)
from grader.maths.evaluate import Evaluation, run, scalar, truth
from grader.maths.functions_of_code import pick_axes, sum_products
from grader.maths.lookups import apply_symbol, find_entry, find_member, find_name
from grader.maths.products import divide_values, multiply_matrices, multiply_values
from grader.maths.scalars import NoBranch, OutOfRange, Scalar, Undefined
from grader.maths.tree import Node


def _number(node: Node, state: Evaluation) -> Value:
    return node.value


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
    if not all(isinstance(one, Array | Identity | Ones | Repeated) for one in (left, right)):
        # A number beside `I` scales it.
        return multiply_values(state.arithmetic, left, right)
    return entrywise(state.arithmetic.multiply, left, right, "an entrywise product")


def _matmul(node: Node, state: Evaluation) -> Value:
    left, right = (run(one, state) for one in node.args)
    if isinstance(left, Array) and isinstance(right, Array):
        state.work -= len(left.entries) * right.shape[-1]
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
    is_number = not isinstance(exponent, Array | Identity | Ones | Repeated)
    if is_number and isinstance(base, Identity) and base.fill == 0:
        return Identity(state.arithmetic.power(base.scale, exponent))
    if isinstance(base, Array):
        is_square = len(base.shape) == 2 and base.shape[0] == base.shape[1]
        if is_square and not isinstance(exponent, Array):
            return _matrix_power(base, exponent, state)
        if len(base.shape) == 2 and 1 not in base.shape:
            raise Undefined("a power of a matrix that is not square")
    return entrywise(state.arithmetic.power, base, exponent, "a power")


def _matrix_power(base: Array, exponent: Scalar, state: Evaluation) -> Value:
    from grader.maths.linear_systems import inverse

    count = state.arithmetic.whole(exponent, 64)
    factor: Value = inverse(state.arithmetic, base) if count < 0 else base
    size = base.shape[0]
    result: Value = Array(
        base.shape, tuple(Fraction(int(i == j)) for i, j in product(range(size), repeat=2))
    )
    for _ in range(abs(count)):
        state.work -= size**3
        if state.work < 0:
            raise OutOfRange("too much work")
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
    if high >= low and state.is_free_of(body, variable):
        return _repeat(run(body, state), high - low + 1, state, is_sum=is_sum)
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


def _repeat(term: Value, count: int, state: Evaluation, *, is_sum: bool) -> Value:
    """A sum or product of equal terms."""
    if is_sum:
        return map_entries(lambda one: state.arithmetic.multiply(Fraction(count), one), term)
    if isinstance(term, Array) and len(term.shape) == 2:
        return _matrix_power(term, Fraction(count), state)
    return map_entries(lambda one: state.arithmetic.power(one, Fraction(count)), term)


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


def _join(node: Node, state: Evaluation, *, is_and: bool) -> Value:
    """`and`, `or`: entry by entry where one side is an array."""
    found: Value | None = None
    for one in node.args:
        value = run(one, state)
        if not isinstance(value, Array):
            value = Fraction(int(truth(one, state)))
            if not isinstance(found, Array) and (value != 0) != is_and:
                return value
        found = value if found is None else entrywise(JOINED[is_and], found, value, "a condition")
    return found if isinstance(found, Array) else Fraction(int(is_and))


JOINED: dict[bool, Callable[[Scalar, Scalar], Scalar]] = {
    True: lambda a, b: Fraction(int(a != 0 and b != 0)),
    False: lambda a, b: Fraction(int(a != 0 or b != 0)),
}


def _and(node: Node, state: Evaluation) -> Value:
    return _join(node, state, is_and=True)


def _or(node: Node, state: Evaluation) -> Value:
    return _join(node, state, is_and=False)


def _not(node: Node, state: Evaluation) -> Value:
    value = run(node.args[0], state)
    if isinstance(value, Array):
        return map_entries(lambda one: Fraction(int(one == 0)), value)
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


def _real_set(node: Node, state: Evaluation) -> Value:
    raise Undefined("a set of numbers is no number")


def _expectation(node: Node, state: Evaluation) -> Value:
    raise OutOfRange("an expectation has no value at a point")


def _unknown(node: Node, state: Evaluation) -> Value:
    raise OutOfRange(f"{node.value} is not taken")


OPERATIONS: dict[str, Callable[[Node, Evaluation], Value]] = {
    "number": _number, "name": find_name, "index": find_entry, "apply": apply_symbol, "add": _add,
    "neg": _negate, "mul": _multiply, "hadamard": _hadamard, "matmul": _matmul, "div": _divide,
    "pow": _power, "floordiv": _floordiv, "mod": _mod, "transpose": _transpose, "call": _call,
    "sum": _sum, "prod": _sum, "compare": _compare, "and": _and, "or": _or, "not": _not,
    "piecewise": _piecewise, "list": _container, "tuple": _container, "set": _container,
    "axes": pick_axes, "einsum": sum_products, "vector": _container, "family": find_member,
    "expectation": _expectation,
    "unknown": _unknown, "interval": _real_set, "union": _real_set, "difference": _real_set,
}  # fmt: skip
