"""Constants of a module, folded from its tree within bounds; nothing is evaluated by Python."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

INTEGER_BOUND = 2**64

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

Constant = bool | int | float | tuple[Any, ...]


def fold(node: ast.AST, names: Mapping[str, Constant]) -> Constant | None:
    """The value of a constant expression, or None if it isn't one within bounds.

    Errors   none: division by zero, huge powers and unknown names all give None.
    """
    if isinstance(node, ast.Constant):
        return bounded(node.value)
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Tuple):
        entries = [fold(entry, names) for entry in node.elts]
        return None if any(entry is None for entry in entries) else tuple(entries)
    if isinstance(node, ast.UnaryOp):
        return combine(SIGNS[type(node.op)], fold(node.operand, names))
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = fold(node.left, names), fold(node.right, names)
        return fold_binary(type(node.op), left, right)
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
        return bounded(function(*operands))
    except (ArithmeticError, ValueError, TypeError):
        return None


def is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def bounded(value: Any) -> Constant | None:
    """Numbers that fit a kernel's types; everything else is None."""
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int) and -INTEGER_BOUND // 2 <= value < INTEGER_BOUND:
        return value
    return None
