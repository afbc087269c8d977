"""Inverses and determinants, by exact pivots where the entries are exact."""

from __future__ import annotations

from fractions import Fraction

from grader.maths.arrays import Array, Identity, Ones, Repeated, Value, WrongShapes, shape_text
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined


def inverse(arithmetic: Arithmetic, value: Value) -> Value:
    """Gauss and Jordan, with exact pivots where the entries are exact."""
    if isinstance(value, Identity) and value.fill == 0:
        return Identity(arithmetic.divide(Fraction(1), value.scale))
    if isinstance(value, Identity | Ones | Repeated):
        raise OutOfRange("the inverse of a matrix of unknown size")
    if not isinstance(value, Array):
        return arithmetic.divide(Fraction(1), value)
    rows, determinant = eliminate(arithmetic, value)
    if determinant == 0:
        raise Undefined("a singular matrix has no inverse")
    size = value.shape[0]
    return Array((size, size), tuple(one for row in rows for one in row[size:]))


def determinant(arithmetic: Arithmetic, value: Value) -> Scalar:
    if isinstance(value, Identity | Ones | Repeated):
        if value == Identity(Fraction(1)):
            return Fraction(1)
        raise OutOfRange("the determinant of a matrix of unknown size")
    if not isinstance(value, Array):
        return value
    return eliminate(arithmetic, value)[1]


def eliminate(arithmetic: Arithmetic, value: Array) -> tuple[list[list[Scalar]], Scalar]:
    """The reduced rows of [A | I], and det A."""
    if len(value.shape) != 2 or value.shape[0] != value.shape[1]:
        raise WrongShapes(f"{shape_text(value)} is not square")
    size = value.shape[0]
    if size > 12:
        raise OutOfRange("too large a matrix")
    rows = [
        [*value.entries[i * size : (i + 1) * size], *(Fraction(int(i == j)) for j in range(size))]
        for i in range(size)
    ]
    total: Scalar = Fraction(1)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(arithmetic.inexact(rows[row][column])))
        if rows[pivot][column] == 0:
            return rows, Fraction(0)
        if pivot != column:
            rows[column], rows[pivot] = rows[pivot], rows[column]
            total = -total
        total = arithmetic.multiply(total, rows[column][column])
        scale = arithmetic.divide(Fraction(1), rows[column][column])
        rows[column] = [arithmetic.multiply(scale, one) for one in rows[column]]
        for row in range(size):
            factor = rows[row][column]
            if row == column or factor == 0:
                continue
            rows[row] = [
                arithmetic.add(one, -arithmetic.multiply(factor, other))
                for one, other in zip(rows[row], rows[column], strict=True)
            ]
    return rows, total
