"""Small dense arrays of scalars, with shapes that are checked before anything is multiplied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from grader.maths import bounds
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined


class WrongShapes(Undefined):
    """Two shapes that cannot be combined; the message says both."""


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Entries in row-major order. A vector of n entries has shape (n,) and is a column."""

    shape: tuple[int, ...]
    entries: tuple[Scalar, ...]

    def __post_init__(self) -> None:
        if len(self.entries) > bounds.MAX_ENTRIES:
            raise OutOfRange("too many entries")

    def at(self, indices: tuple[int, ...]) -> Scalar | Array:
        """An entry, or a slice along the remaining axes; from 0."""
        if len(indices) > len(self.shape):
            raise Undefined("too many subscripts")
        offset, stride = 0, len(self.entries)
        for index, size in zip(indices, self.shape, strict=False):
            stride //= size
            if not 0 <= index < size:
                raise Undefined(f"subscript {index} outside 0..{size - 1}")
            offset += index * stride
        rest = self.shape[len(indices) :]
        if not rest:
            return self.entries[offset]
        return Array(rest, self.entries[offset : offset + stride])


@dataclass(frozen=True, slots=True)
class Identity:
    """`I` times a number, and a number everywhere: as large as what it meets."""

    scale: Scalar
    fill: Scalar = Fraction(0)
    """`𝟏𝟏ᵀ` has this factor."""

    def of_size(self, size: int) -> Array:
        """The matrix itself."""
        pairs = product(range(size), repeat=2)
        diagonal = self.scale + self.fill if self.fill != 0 else self.scale
        return Array((size, size), tuple(diagonal if i == j else self.fill for i, j in pairs))

    def combine(self, function: Callable[..., Scalar], *others: Identity) -> Identity:
        """The same done to every entry on the diagonal, and to every one beside it."""
        all_ = (self, *others)
        if all(one.fill == 0 for one in all_):
            return Identity(function(*(one.scale for one in all_)))
        beside = function(*(one.fill for one in all_))
        return Identity(function(*(one.scale + one.fill for one in all_)) - beside, beside)


@dataclass(frozen=True, slots=True)
class Ones:
    """`𝟏` times a number, a column or a row: as long as what it meets."""

    scale: Scalar
    is_row: bool = False

    def of_shape(self, shape: tuple[int, ...]) -> Array:
        """The column or row itself, where the shape is one."""
        columns = shape[1] if len(shape) == 2 else 1
        rows = shape[0] if shape else 0
        if len(shape) > 2 or (rows != 1 if self.is_row else columns != 1):
            kind = "row" if self.is_row else "column"
            raise WrongShapes(f"𝟏 is a {kind} here, beside {'×'.join(map(str, shape))}")
        return Array(shape, (self.scale,) * (rows * columns))

    def to_number(self) -> Scalar:
        """Beside a number a bold 1 is the number; a row of ones is none.

        Errors   WrongShapes for a row.
        """
        if self.is_row:
            raise WrongShapes("a row of ones is no number")
        return self.scale


Value = Scalar | Array | Identity | Ones


def match_identity(left: Value, right: Value) -> tuple[Value, Value]:
    """`I` beside a square matrix is a matrix of its size."""
    if isinstance(left, Identity) and isinstance(right, Array):
        return left.of_size(right.shape[0]), right
    if isinstance(right, Identity) and isinstance(left, Array):
        return left, right.of_size(left.shape[0])
    if isinstance(left, Ones):
        return (left.of_shape(right.shape) if isinstance(right, Array) else left.to_number()), right
    if isinstance(right, Ones):
        return left, (right.of_shape(left.shape) if isinstance(left, Array) else right.to_number())
    return left, right


def shape_text(value: Value) -> str:
    """`3×4`, `5` for a vector, `scalar`."""
    if isinstance(value, Ones):
        return "row of ones" if value.is_row else "column of ones"
    if isinstance(value, Identity):
        return "square"
    if not isinstance(value, Array):
        return "scalar"
    return "×".join(str(size) for size in value.shape)


def as_matrix(value: Array) -> Array:
    """A vector as a column."""
    if len(value.shape) == 1:
        return Array((value.shape[0], 1), value.entries)
    if len(value.shape) != 2:
        raise WrongShapes(f"{shape_text(value)} is no matrix")
    return value


def transpose(value: Value) -> Value:
    if isinstance(value, Ones):
        return Ones(value.scale, not value.is_row)
    if not isinstance(value, Array):
        return value
    matrix = as_matrix(value)
    rows, columns = matrix.shape
    return Array(
        (columns, rows),
        tuple(matrix.entries[i * columns + j] for j in range(columns) for i in range(rows)),
    )


def map_entries(function: Callable[[Scalar], Scalar], value: Value) -> Value:
    if isinstance(value, Array):
        return Array(value.shape, tuple(function(one) for one in value.entries))
    if isinstance(value, Identity):
        return value.combine(function)
    if isinstance(value, Ones):
        return Ones(function(value.scale), value.is_row)
    return function(value)


def entrywise(
    function: Callable[[Scalar, Scalar], Scalar], left: Value, right: Value, what: str
) -> Value:
    """Combine entry by entry; a scalar goes with every entry, nothing else is stretched."""
    if isinstance(left, Ones) or isinstance(right, Ones):
        return _with_ones(function, left, right, what)
    if isinstance(left, Identity) or isinstance(right, Identity):
        left, right = match_identity(left, right)
        if isinstance(left, Identity) and isinstance(right, Identity):
            return left.combine(function, right)
        if isinstance(left, Identity) or isinstance(right, Identity):
            raise WrongShapes(f"{what} of a matrix and a number is not defined")
    if isinstance(left, Array) and isinstance(right, Array):
        if left.shape != right.shape:
            first, second = _alike(left), _alike(right)
            if first.shape != second.shape:
                raise WrongShapes(
                    f"{what} needs equal shapes: {shape_text(left)} and {shape_text(right)}"
                )
            left, right = first, second
        pairs = zip(left.entries, right.entries, strict=True)
        return Array(left.shape, tuple(function(a, b) for a, b in pairs))
    if isinstance(left, Array):
        return Array(left.shape, tuple(function(one, right) for one in left.entries))
    if isinstance(right, Array):
        return Array(right.shape, tuple(function(left, one) for one in right.entries))
    return function(left, right)


def _with_ones(
    function: Callable[[Scalar, Scalar], Scalar], left: Value, right: Value, what: str
) -> Value:
    """Entry by entry with a column or row of ones, as long as the other."""
    if isinstance(left, Identity) or isinstance(right, Identity):
        raise WrongShapes(f"{what} of a matrix and a column is not defined")
    if isinstance(left, Array) or isinstance(right, Array):
        return entrywise(function, *match_identity(left, right), what)
    row = [one.is_row for one in (left, right) if isinstance(one, Ones)]
    if len(set(row)) > 1:
        raise WrongShapes(f"{what} of a column and a row is not defined")
    first, second = (one.scale if isinstance(one, Ones) else one for one in (left, right))
    return Ones(function(first, second), row[0])


def _alike(value: Array) -> Array:
    """A vector and a one-column matrix are the same column."""
    return as_matrix(value) if len(value.shape) == 1 else value


def matrix_product(arithmetic: Arithmetic, left: Value, right: Value) -> Value:
    """The matrix product; a 1×1 result is a number."""
    if not isinstance(left, Array) or not isinstance(right, Array):
        return entrywise(arithmetic.multiply, left, right, "a product")
    first, second = as_matrix(left), as_matrix(right)
    rows, inner = first.shape
    other, columns = second.shape
    if inner != other:
        if rows * inner == 1 or other * columns == 1:
            return entrywise(arithmetic.multiply, _unwrap(first), _unwrap(second), "a product")
        raise WrongShapes(f"{shape_text(left)} times {shape_text(right)} is not defined")
    if rows * columns * inner > bounds.MAX_ENTRIES * 4:
        raise OutOfRange("too large a product")
    entries = []
    for i, j in product(range(rows), range(columns)):
        total: Scalar = Fraction(0)
        for k in range(inner):
            term = arithmetic.multiply(
                first.entries[i * inner + k], second.entries[k * columns + j]
            )
            total = arithmetic.add(total, term)
        entries.append(total)
    if rows == columns == 1:
        return entries[0]
    if columns == 1 and len(right.shape) == 1:
        return Array((rows,), tuple(entries))
    return Array((rows, columns), tuple(entries))


def _unwrap(value: Array) -> Value:
    return value.entries[0] if len(value.entries) == 1 else value


def stack(values: Sequence[Value]) -> Array:
    """Entries or rows of equal shape, one below the other."""
    shapes = {value.shape if isinstance(value, Array) else () for value in values}
    if len(shapes) != 1 or any(isinstance(value, Identity | Ones) for value in values):
        raise WrongShapes("rows of different lengths")
    (shape,) = shapes
    entries: list[Scalar] = []
    for value in values:
        entries.extend(value.entries if isinstance(value, Array) else (value,))
    return Array((len(values), *shape), tuple(entries))


def inverse(arithmetic: Arithmetic, value: Value) -> Value:
    """Gauss and Jordan, with exact pivots where the entries are exact."""
    if not isinstance(value, Array):
        return arithmetic.divide(Fraction(1), value)
    rows, determinant = eliminate(arithmetic, value)
    if determinant == 0:
        raise Undefined("a singular matrix has no inverse")
    size = value.shape[0]
    return Array((size, size), tuple(one for row in rows for one in row[size:]))


def determinant(arithmetic: Arithmetic, value: Value) -> Scalar:
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
