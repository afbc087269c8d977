"""Numba's rules for the types of numbers: literals, operators, and variables over branches.

Checked against Numba's own typing context for every pair in `tests/unit/kernels/test_dtypes.py`.
"""

from __future__ import annotations

import ast

import numpy as np

BOOL = np.dtype(np.bool_)
INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)
UINT32, UINT64 = np.dtype(np.uint32), np.dtype(np.uint64)
FLOAT16, FLOAT32, FLOAT64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)

NAMES = {
    "bool_": BOOL, "boolean": BOOL, "bool": BOOL,
    "int8": np.dtype(np.int8), "int16": np.dtype(np.int16), "int32": INT32, "int64": INT64,
    "uint8": np.dtype(np.uint8), "uint16": np.dtype(np.uint16), "uint32": UINT32,
    "uint64": UINT64, "intp": INT64, "uintp": UINT64, "byte": np.dtype(np.uint8),
    "float16": FLOAT16, "float32": FLOAT32, "float64": FLOAT64, "half": FLOAT16,
    "single": FLOAT32, "double": FLOAT64,
}  # fmt: skip
"""Names below `numba` and `numpy` that stand for a data type."""

# Integers that every value of which a float of that width holds, as Numba's casting rules say.
FITS_FLOAT32 = frozenset(["bool", "int8", "uint8", "int16"])
FITS_FLOAT16 = frozenset(["bool", "int8"])

BITWISE = (ast.BitAnd, ast.BitOr, ast.BitXor)
SHIFTS = (ast.LShift, ast.RShift)


def type_literal(value: bool | int | float) -> np.dtype:
    """The type of a number written in the source."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT64 if value < 2**63 else UINT64
    return FLOAT64


def unify(left: np.dtype, right: np.dtype) -> np.dtype:
    """The one type of a variable that has these two on two paths."""
    return left if left == right else np.promote_types(left, right)


def widen(dtype: np.dtype) -> np.dtype:
    """The machine integer that arithmetic on a small integer or a truth value is done in."""
    if dtype.kind == "u":
        return UINT64
    return INT64 if dtype.kind in "ib" else dtype


def type_binary(operator: ast.operator, left: np.dtype, right: np.dtype) -> np.dtype | None:
    """The result type of a binary operator; None where Numba has no such operation."""
    floating = "f" in (left.kind, right.kind)
    if isinstance(operator, BITWISE):
        if floating:
            return None
        return BOOL if left == right == BOOL else mix_integers(left, right)
    if isinstance(operator, SHIFTS):
        return None if floating else widen(left)
    if isinstance(operator, ast.Pow):
        return type_power(left, right)
    if not floating:
        return FLOAT64 if isinstance(operator, ast.Div) else mix_integers(left, right)
    mixed = mix_floats(left, right)
    if mixed == FLOAT16 and isinstance(operator, ast.FloorDiv | ast.Mod):
        return FLOAT32
    return mixed


def type_power(base: np.dtype, exponent: np.dtype) -> np.dtype:
    if base.kind == "f" and exponent.kind != "f":
        return FLOAT32 if base == FLOAT16 else base
    if "f" in (base.kind, exponent.kind):
        mixed = mix_floats(base, exponent)
        return FLOAT32 if mixed == FLOAT16 else mixed
    return mix_integers(base, exponent)


def mix_integers(left: np.dtype, right: np.dtype) -> np.dtype:
    """64 bits wide; signed as soon as one operand is."""
    return UINT64 if left.kind == right.kind == "u" else INT64


def mix_floats(left: np.dtype, right: np.dtype) -> np.dtype:
    if left.kind == right.kind == "f":
        return left if left.itemsize >= right.itemsize else right
    number, integer = (left, right) if left.kind == "f" else (right, left)
    if number == FLOAT16 and integer.name in FITS_FLOAT16:
        return FLOAT16
    if number != FLOAT64 and integer.name in FITS_FLOAT32:
        return FLOAT32
    return FLOAT64


def type_unary(operator: ast.unaryop, operand: np.dtype) -> np.dtype | None:
    if isinstance(operator, ast.Not):
        return BOOL
    if isinstance(operator, ast.Invert):
        return None if operand.kind == "f" else BOOL if operand == BOOL else widen(operand)
    return widen(operand)


def type_comparison(left: np.dtype, right: np.dtype) -> np.dtype:
    """The type both sides are converted to before they are compared."""
    if left == right:
        return left
    if "f" in (left.kind, right.kind):
        return mix_floats(left, right)
    return mix_integers(left, right)


def type_math(operand: np.dtype) -> np.dtype:
    """What `math.sqrt` and its like return: floats keep their width, integers become float64."""
    return operand if operand.kind == "f" else FLOAT64


def type_range(bounds: list[np.dtype]) -> np.dtype:
    """The type of the variable of a `range`."""
    if any(bound == UINT64 for bound in bounds):
        return UINT64
    return INT64 if any(bound in (INT64, UINT32) for bound in bounds) else INT32
