"""Shapes of formulas as far as the declared symbols tell, before any size is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from grader.maths.functions_of_numbers import BY_MPMATH, ENTRYWISE
from grader.maths.tree import Node
from grader.spec.models import Symbol

Shape = tuple[int | str, ...]
REDUCING = {"norm": 2, "dot": 2, "trace": 1, "det": 1, "total": 1, "mean": 1, "logsumexp": 1,
            "variance": 1, "deviation": 1}  # fmt: skip
"""Functions of arrays that give a number, and with how many arguments."""


def infer_shape(tree: Node, symbols: Mapping[str, Symbol]) -> Shape | None:
    """The sizes along every axis, empty for a number; None where the text does not tell."""
    if tree.op == "name":
        symbol = symbols.get(str(tree.value))
        return tuple(symbol.shape) if symbol is not None else None
    if tree.op in ("number", "compare", "apply"):
        return ()
    if tree.op == "index":
        whole = infer_shape(tree.args[0], symbols)
        return None if whole is None else whole[len(tree.args) - 1 :]
    if tree.op == "transpose":
        inner = infer_shape(tree.args[0], symbols)
        if inner is None or len(inner) > 2:
            return None
        return (1, *inner) if len(inner) < 2 else inner[::-1]
    if tree.op in ("add", "neg", "hadamard", "div"):
        known = [infer_shape(arg, symbols) for arg in tree.args]
        return next((one for one in known if one), ()) if None not in known else None
    if tree.op in ("mul", "matmul"):
        return _product([infer_shape(arg, symbols) for arg in tree.args])
    if tree.op == "pow" and isinstance(tree.args[1].value, Fraction):
        return infer_shape(tree.args[0], symbols)
    if tree.op == "call" and (tree.value in ENTRYWISE or tree.value in BY_MPMATH):
        return infer_shape(tree.args[0], symbols)
    if tree.op == "call" and tree.value in REDUCING and len(tree.args) <= REDUCING[str(tree.value)]:
        return ()
    if tree.op == "call" and tree.value in ("log", "softmax") and len(tree.args) == 1:
        return infer_shape(tree.args[0], symbols)
    return None


def is_square_matrix(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    """Whether the text alone tells that this is a square matrix: declared, built or combined."""
    if tree.op == "name" and tree.value == "I" and "I" not in symbols:
        return True
    shape = infer_shape(tree, symbols)
    if shape is not None:
        return len(shape) == 2 and shape[0] == shape[1]
    args = tree.args
    if tree.op in ("transpose", "neg", "pow") or (tree.op == "call" and tree.value == "inverse"):
        return is_square_matrix(args[0], symbols)
    if tree.op == "call" and tree.value == "diag":
        inner = infer_shape(args[0], symbols)
        return args[0].op in ("list", "tuple", "vector") or (inner is not None and len(inner) == 1)
    if tree.op == "call" and tree.value == "eye":
        return True
    if tree.op in ("list", "vector"):
        rows = [len(row.args) if row.op in ("list", "tuple", "vector") else 0 for row in args]
        return len(args) > 1 and set(rows) == {len(args)}
    if tree.op == "add":
        return all(is_square_matrix(arg, symbols) for arg in args)
    if tree.op in ("mul", "matmul", "div"):
        others = [arg for arg in args if infer_shape(arg, symbols) != ()]
        return bool(others) and all(is_square_matrix(arg, symbols) for arg in others)
    return False


def _product(factors: list[Shape | None]) -> Shape | None:
    whole: Shape = ()
    for factor in factors:
        if factor is None or len(factor) > 2:
            return None
        if not whole or not factor:
            whole = whole or factor
        elif whole == factor and len(factor) == 1:
            continue
        else:
            rows, inner = (*whole, 1)[:2]
            height, columns = (*factor, 1)[:2]
            if inner != height:
                return None
            whole = () if rows == columns == 1 else (rows,) if len(factor) == 1 else (rows, columns)
    return whole
