"""Products of numbers, arrays, `I` and `𝟏`: what juxtaposition and `@` mean."""

from __future__ import annotations

from fractions import Fraction

from grader.maths.arrays import (
    Array,
    Identity,
    Ones,
    Repeated,
    Value,
    WrongShapes,
    as_matrix,
    entrywise,
    map_entries,
    matrix_product,
    shape_text,
    transpose,
)
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar


def multiply_values(arithmetic: Arithmetic, left: Value, right: Value) -> Value:
    """A matrix product; two columns of one length are multiplied entry by entry."""
    if isinstance(left, Repeated):
        return _multiply_repeated(arithmetic, left, right)
    if isinstance(right, Repeated):
        flipped = _multiply_repeated(arithmetic, _flip(right), transpose(left))
        return transpose(flipped) if _has_sides(flipped) else flipped
    if isinstance(left, Ones) or isinstance(right, Ones):
        return _multiply_ones(arithmetic, left, right)
    if isinstance(left, Identity):
        return _multiply_identity(arithmetic, left, right, is_left=True)
    if isinstance(right, Identity):
        return _multiply_identity(arithmetic, right, left, is_left=False)
    if isinstance(left, Array) and isinstance(right, Array):
        if left.shape == right.shape and len(left.shape) == 1:
            return entrywise(arithmetic.multiply, left, right, "a product")
        return matrix_product(arithmetic, left, right)
    return entrywise(arithmetic.multiply, left, right, "a product")


def multiply_matrices(arithmetic: Arithmetic, left: Value, right: Value) -> Value:
    """`@`: a column on the left of one as long is a row."""
    if _is_sizeless(left) or _is_sizeless(right):
        return multiply_values(arithmetic, left, right)
    if isinstance(left, Array) and isinstance(right, Array) and (left.is_numpy or right.is_numpy):
        return _multiply_as_numpy(arithmetic, left, right)
    if isinstance(left, Array) and isinstance(right, Array) and len(left.shape) == 1:
        is_inner = len(right.shape) == 1 or left.shape[0] == right.shape[0]
        left = transpose(left) if is_inner else left
    return matrix_product(arithmetic, left, right)


def _multiply_as_numpy(arithmetic: Arithmetic, left: Array, right: Array) -> Value:
    """One axis on the left is summed over, and the product has none in its place."""
    if len(left.shape) > 2 or len(right.shape) > 2:
        raise OutOfRange("stacks of matrices are not multiplied")
    if left.shape[-1] != right.shape[0]:
        raise WrongShapes(f"{shape_text(left)} @ {shape_text(right)} is not defined")
    row = Array((1, left.shape[0]), left.entries) if len(left.shape) == 1 else left
    found = matrix_product(arithmetic, row, right)
    if not isinstance(found, Array):
        return found
    shape = left.shape[:-1] + right.shape[1:]
    return Array(shape, found.entries, is_numpy=True)


def _is_sizeless(value: Value) -> bool:
    return isinstance(value, Identity | Ones | Repeated)


def _has_sides(value: Value) -> bool:
    """Whether it matters which way round a value stands."""
    return isinstance(value, Array | Ones | Repeated)


def _flip(value: Repeated) -> Repeated:
    return Repeated(value.entries, not value.is_row)


def _multiply_repeated(arithmetic: Arithmetic, left: Repeated, right: Value) -> Value:
    """`𝟏rᵀA` repeats rᵀA, `r𝟏ᵀA` has r times the sums of A's columns."""
    if isinstance(right, Identity):
        if right.fill != 0:
            raise OutOfRange("a product of unknown size")
        return map_entries(lambda one: arithmetic.multiply(one, right.scale), left)
    if isinstance(right, Repeated):
        if left.is_row == right.is_row:
            raise OutOfRange("a product of unknown size")
        if not left.is_row:
            raise OutOfRange("𝟏ᵀ𝟏 of unknown length")
        return _repeat_number(matrix_product(arithmetic, left.as_line(), right.as_line()))
    if isinstance(right, Ones):
        if right.is_row or not left.is_row:
            raise OutOfRange("𝟏 of unknown length")
        total = matrix_product(
            arithmetic, left.as_line(), Ones(right.scale).of_shape((len(left.entries),))
        )
        return Ones(total)
    if not isinstance(right, Array):
        return map_entries(lambda one: arithmetic.multiply(one, right), left)
    if left.is_row:
        row = matrix_product(arithmetic, left.as_line(), right)
        return Repeated(row.entries, is_row=True) if isinstance(row, Array) else Ones(row)
    height = as_matrix(right).shape[0]
    ones = Ones(Fraction(1), is_row=True).of_shape((1, height))
    return matrix_product(arithmetic, left.as_line(), matrix_product(arithmetic, ones, right))


def _repeat_number(value: Scalar) -> Identity:
    """`𝟏rᵀs𝟏ᵀ` is a number times 𝟏𝟏ᵀ."""
    return Identity(Fraction(0), value)


def _multiply_identity(
    arithmetic: Arithmetic, square: Identity, other: Value, *, is_left: bool
) -> Value:
    """`I` times a number, a matrix, or `I`; `𝟏𝟏ᵀ` is as large as the matrix beside it."""
    if isinstance(other, Identity):
        if square.fill == 0 or other.fill == 0:
            whole, plain = (other, square) if square.fill == 0 else (square, other)
            return whole.combine(lambda one: arithmetic.multiply(plain.scale, one))
        raise OutOfRange("a product of matrices of unknown size")
    if not isinstance(other, Array):
        return square.combine(lambda one: arithmetic.multiply(one, other))
    if square.fill == 0:
        return map_entries(lambda entry: arithmetic.multiply(square.scale, entry), other)
    rows, columns = as_matrix(other).shape
    if is_left:
        return matrix_product(arithmetic, square.of_size(rows), other)
    return matrix_product(arithmetic, other, square.of_size(columns))


def _multiply_ones(arithmetic: Arithmetic, left: Value, right: Value) -> Value:
    """`𝟏ᵀA` adds up columns, `A𝟏` rows; `𝟏𝟏ᵀ` is a matrix of ones."""
    if isinstance(left, Ones) and isinstance(right, Ones):
        scale = arithmetic.multiply(left.scale, right.scale)
        if left.is_row == right.is_row:
            return Ones(scale, left.is_row)
        if left.is_row:
            raise OutOfRange("𝟏ᵀ𝟏 of unknown length")
        return Identity(Fraction(0), scale)
    ones, other = (left, right) if isinstance(left, Ones) else (right, left)
    assert isinstance(ones, Ones)
    if isinstance(other, Identity):
        if other.fill != 0:
            raise OutOfRange("a product of unknown size")
        return Ones(arithmetic.multiply(ones.scale, other.scale), ones.is_row)
    if not isinstance(other, Array):
        return Ones(arithmetic.multiply(ones.scale, other), ones.is_row)
    return _sum_by_ones(arithmetic, ones, as_matrix(other), other, is_left=ones is left)


def _sum_by_ones(
    arithmetic: Arithmetic, ones: Ones, matrix: Array, other: Array, *, is_left: bool
) -> Value:
    rows, columns = matrix.shape
    if is_left and ones.is_row:
        return matrix_product(arithmetic, ones.of_shape((1, rows)), other)
    if not is_left and not ones.is_row and (columns > 1 or rows == 1):
        return matrix_product(arithmetic, matrix, ones.of_shape((columns,)))
    if columns == 1 and not ones.is_row:
        return entrywise(arithmetic.multiply, ones, other, "a product")
    is_outer = (columns == 1 and ones.is_row) if not is_left else (rows == 1 and not ones.is_row)
    if is_outer:
        line = tuple(arithmetic.multiply(ones.scale, one) for one in matrix.entries)
        return Repeated(line, is_row=is_left)
    if (columns == 1 and not is_left) or (rows == 1 and is_left):
        raise OutOfRange("𝟏 of unknown length")
    first, second = ("𝟏", shape_text(other)) if is_left else (shape_text(other), "𝟏")
    raise WrongShapes(f"{first} times {second} is not defined")


def divide_values(arithmetic: Arithmetic, left: Value, right: Value) -> Value:
    """Entry by entry; `I` and `𝟏` by a number."""
    if isinstance(left, Identity) and not isinstance(right, Array | Identity | Ones):
        divisor: Scalar = right
        return left.combine(lambda one: arithmetic.divide(one, divisor))
    return entrywise(arithmetic.divide, left, right, "a quotient")
