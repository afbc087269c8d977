"""Shapes of formulas as far as the declared symbols tell, before any size is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from grader.maths.broadcasting import common_shape
from grader.maths.functions_of_numbers import BY_MPMATH, ENTRYWISE
from grader.maths.tree import Node
from grader.spec.models import Symbol

Shape = tuple[int | str, ...]
REDUCING = {"norm": 2, "dot": 2, "trace": 1, "det": 1, "total": 1, "mean": 1, "logsumexp": 1,
            "variance": 1, "deviation": 1}  # fmt: skip
"""Functions of arrays that give a number, and with how many arguments."""
ALONG = {"total", "mean", "logsumexp", "variance", "deviation", "sample_variance",
         "sample_deviation", "largest", "smallest"}  # fmt: skip
"""Functions that go along the axis that is their second argument."""


def infer_shape(tree: Node, symbols: Mapping[str, Symbol]) -> Shape | None:
    """The sizes along every axis, empty for a number; None where the text does not tell."""
    if tree.op == "name":
        symbol = symbols.get(str(tree.value))
        return tuple(symbol.shape) if symbol is not None else None
    if tree.op == "number":
        return ()
    if tree.op == "apply":
        return (infer_shape(tree.args[0], symbols) if len(tree.args) == 1 else ()) or ()
    if tree.op == "index":
        whole = infer_shape(tree.args[0], symbols)
        return None if whole is None else whole[len(tree.args) - 1 :]
    if tree.op == "transpose":
        inner = infer_shape(tree.args[0], symbols)
        if inner is None or len(inner) > 2:
            return None
        return (1, *inner) if len(inner) < 2 else inner[::-1]
    if tree.op in ("add", "neg", "hadamard", "div"):
        return _stretched([infer_shape(arg, symbols) for arg in tree.args])
    if tree.op == "compare":
        return _stretched([infer_shape(arg, symbols) for arg in tree.args]) or ()
    if tree.op == "matmul":
        sides = [infer_shape(arg, symbols) for arg in tree.args]
        is_inner = all(side is not None and len(side) == 1 for side in sides)
        return () if is_inner and sides[0] == sides[1] else _product(sides)
    if tree.op == "mul":
        return _product([infer_shape(arg, symbols) for arg in tree.args])
    if tree.op == "pow" and isinstance(tree.args[1].value, Fraction):
        return infer_shape(tree.args[0], symbols)
    if tree.op == "call" and (tree.value in ENTRYWISE or tree.value in BY_MPMATH):
        return infer_shape(tree.args[0], symbols)
    if tree.op == "call" and tree.value in REDUCING and len(tree.args) <= REDUCING[str(tree.value)]:
        return ()
    if tree.op == "call":
        return _shape_of_call(tree, symbols)
    return None


def _shape_of_call(tree: Node, symbols: Mapping[str, Symbol]) -> Shape | None:
    inner = infer_shape(tree.args[0], symbols) if tree.args else None
    if tree.value in ("softmax", "as_numpy", "entry_power") or (
        tree.value == "log" and len(tree.args) == 1
    ):
        return inner
    if tree.value in ALONG and inner is not None:
        if len(tree.args) == 1 or len(inner) == 1:
            return ()
        axis = whole_number(tree.args[1])
        if axis is not None and -len(inner) <= axis < len(inner):
            place = axis % len(inner)
            return inner[:place] + inner[place + 1 :]
    if tree.value == "size":
        return ()
    return None


def whole_number(tree: Node) -> int | None:
    """The integer that is written here; None where none is."""
    sign, one = (-1, tree.args[0]) if tree.op == "neg" else (1, tree)
    if not isinstance(one.value, Fraction) or one.value.denominator != 1:
        return None
    return sign * one.value.numerator


def _stretched(shapes: list[Shape | None]) -> Shape | None:
    """The one shape there is, or what they are stretched to; None where that is not certain."""
    whole: Shape = ()
    for shape in shapes:
        if shape is None:
            return None
        if whole and shape and whole != shape:
            is_column = (1,) in (whole[1:], shape[1:])
            found = common_shape(whole, shape)
            if found is None or (is_column and len(whole) != len(shape)):
                return None
            whole = found
        else:
            whole = whole or shape
    return whole


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
