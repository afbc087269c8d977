"""Formulas of a launch in the sizes of its arrays: `ceil(n / 16)`, `max(m, n)`, `2 * n + 1`."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from fractions import Fraction


def evaluate_size(text: int | str, sizes: Mapping[str, int]) -> int:
    """The value of a size formula, in exact fractions, which must be whole in the end.

    Errors   ValueError for anything but numbers, sizes, + - * / // % and ceil, max, min.
    """
    if isinstance(text, int):
        return text
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"`{text}` is no formula") from None
    value = _evaluate(tree, sizes, text)
    if value.denominator != 1:
        raise ValueError(f"`{text}` is not whole at {dict(sizes)}; write ceil({text})")
    return int(value)


def _evaluate(node: ast.expr, sizes: Mapping[str, int], text: str) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Fraction(node.value)
    if isinstance(node, ast.Name) and node.id in sizes:
        return Fraction(sizes[node.id])
    if isinstance(node, ast.BinOp):
        left, right = _evaluate(node.left, sizes, text), _evaluate(node.right, sizes, text)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if right != 0 and isinstance(node.op, ast.Div):
            return left / right
        if right != 0 and isinstance(node.op, ast.FloorDiv):
            return Fraction(left // right)
        if right != 0 and isinstance(node.op, ast.Mod):
            return left % right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        values = [_evaluate(entry, sizes, text) for entry in node.args]
        if node.func.id == "ceil" and len(values) == 1:
            return Fraction(math.ceil(values[0]))
        if node.func.id in ("max", "min") and values:
            return max(values) if node.func.id == "max" else min(values)
    raise ValueError(
        f"`{text}`: expected numbers, {', '.join(sizes)}, + - * / // % and ceil, max, min"
    )
