"""Constants of a module, folded from its tree within bounds; nothing is evaluated by Python."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grader.kernels.dtypes import NAMES

INTEGER_BOUND = 2**64
# A table that a kernel indexes; `A = (A, A)` in a row would double it with every line.
MAX_LEAVES = 4096
# Tables of tables of tables are seen, no deeper; `A = (A, 1)` in a row would nest without end.
MAX_TUPLE_DEPTH = 8

OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
SIGNS: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
KNOWN_NUMBERS = {
    "math.pi": math.pi, "math.e": math.e, "math.tau": math.tau, "math.inf": math.inf,
    "math.nan": math.nan, "numpy.pi": math.pi, "numpy.e": math.e, "numpy.inf": math.inf,
    "numpy.nan": math.nan,
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f"math.{function.__name__}": function
    for function in (
        math.sqrt, math.exp, math.log, math.log2, math.log10, math.sin, math.cos, math.tan,
        math.ceil, math.floor, math.pow, math.fabs, math.radians,
    )
}  # fmt: skip
FUNCTIONS |= {"int": int, "float": float, "abs": abs, "min": min, "max": max, "round": round}
"""Pure, quick on bounded numbers, and the same in Python as in the file's author's mind."""

Constant = bool | int | float | np.generic | tuple[Any, ...]


def fold(
    node: ast.AST, names: Mapping[str, Constant], origin_of: Callable[[ast.expr], str | None]
) -> Constant | None:
    """The value of a constant expression, or None if it isn't one within bounds.

    `origin_of`: the dotted origin of an imported name, None for anything else.

    Errors   none: division by zero, huge powers and unknown names all give None.
    """
    if isinstance(node, ast.Constant):
        return bounded(node.value)
    if isinstance(node, ast.Name | ast.Attribute):
        origin = origin_of(node)
        if origin is not None:
            return KNOWN_NUMBERS.get(origin)
        return names.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(node, ast.Tuple):
        entries = tuple(fold(entry, names, origin_of) for entry in node.elts)
        is_small = None not in entries and measure_depth(entries) <= MAX_TUPLE_DEPTH
        is_small = is_small and count_leaves(entries) <= MAX_LEAVES
        return entries if is_small else None
    if isinstance(node, ast.UnaryOp):
        return combine(SIGNS[type(node.op)], fold(node.operand, names, origin_of))
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = fold(node.left, names, origin_of), fold(node.right, names, origin_of)
        return fold_binary(type(node.op), left, right)
    if isinstance(node, ast.Call) and not node.keywords:
        given = [fold(entry, names, origin_of) for entry in node.args]
        return fold_call(node.func, given, names, origin_of)
    return None


def measure_depth(value: Any) -> int:
    """How deep tuples nest, whose own parts have been measured before."""
    return 1 + max(map(measure_depth, value), default=0) if isinstance(value, tuple) else 0


def count_leaves(value: Any) -> int:
    """The numbers in a tuple of tuples, whose own parts have been counted before."""
    return sum(map(count_leaves, value)) if isinstance(value, tuple) else 1


def fold_call(
    callee: ast.expr,
    given: list[Constant | None],
    names: Mapping[str, Constant],
    origin_of: Callable[[ast.expr], str | None],
) -> Constant | None:
    """`math.sqrt(2)`, `max(A, B)`, and casts such as `np.float32(1e-6)`, which keep their type."""
    path = origin_of(callee)
    if path is None:
        if not isinstance(callee, ast.Name) or callee.id in names:
            return None
        path = callee.id
    if path in FUNCTIONS:
        return combine(FUNCTIONS[path], *given)
    home, _, name = path.rpartition(".")
    if home in ("numba", "numpy") and name in NAMES and len(given) == 1:
        return combine(NAMES[name].type, *given)
    return None


def fold_binary(kind: type[ast.AST], left: Any, right: Any) -> Constant | None:
    """Two constants under a binary operator, or None when the value would be out of bounds."""
    if not (is_number(left) and is_number(right)):
        return None
    # 64 bits: beyond that neither the exponent nor the result could be a kernel's integer.
    if kind in (ast.Pow, ast.LShift) and not (isinstance(right, float) or abs(right) < 64):
        return None
    return combine(OPERATORS[kind], left, right)


def combine(function: Callable[..., Any], *operands: Any) -> Constant | None:
    if not all(is_number(operand) for operand in operands):
        return None
    try:
        with np.errstate(all="ignore"):
            return bounded(function(*operands))
    except (ArithmeticError, ValueError, TypeError):
        return None


def is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | np.number | np.bool_)


def bounded(value: Any) -> Constant | None:
    """Numbers that fit a kernel's types; everything else is None."""
    if isinstance(value, bool | float | np.generic):
        return value
    if isinstance(value, int) and -INTEGER_BOUND // 2 <= value < INTEGER_BOUND:
        return value
    return None
