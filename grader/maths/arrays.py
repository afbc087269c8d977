"""Small dense arrays of scalars, with shapes that are checked before anything is multiplied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from grader.maths import bounds
from grader.maths.broadcasting import common_shape, stretch
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined


class WrongShapes(Undefined):
    """Two shapes that cannot be combined; the message says both."""


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Entries in row-major order. A vector of n entries has shape (n,) and is a column."""

    shape: tuple[int, ...]
    entries: tuple[Scalar, ...]
    is_flat: bool = False
    """Neither column nor row, as the means over an axis or one line of a matrix."""
    is_numpy: bool = False
    """As NumPy has it: one axis is neither column nor row, and shapes are stretched."""

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
        return Array(
            rest, self.entries[offset : offset + stride], len(rest) == 1, is_numpy=self.is_numpy
        )


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


@dataclass(frozen=True, slots=True)
class Repeated:
    """`𝟏rᵀ`, one row below the other, or `r𝟏ᵀ`: as many of them as what it meets has."""

    entries: tuple[Scalar, ...]
    is_row: bool

    def of_shape(self, shape: tuple[int, ...]) -> Array:
        """The matrix itself.

        Errors   WrongShapes where its rows or columns have another length.
        """
        if len(shape) != 2 or shape[1 if self.is_row else 0] != len(self.entries):
            raise WrongShapes(f"{shape_text(self)} beside {'×'.join(map(str, shape))}")
        if self.is_row:
            return Array(shape, self.entries * shape[0])
        return Array(shape, tuple(one for one in self.entries for _ in range(shape[1])))

    def as_line(self) -> Array:
        """The row or column that is repeated."""
        size = len(self.entries)
        return Array((1, size) if self.is_row else (size,), self.entries)


Value = Scalar | Array | Identity | Ones | Repeated


def match_identity(left: Value, right: Value) -> tuple[Value, Value]:
    """`I` beside a square matrix is a matrix of its size."""
    if isinstance(left, Repeated) or isinstance(right, Repeated):
        return _match_repeated(left, right)
    if isinstance(left, Identity) and isinstance(right, Array):
        return left.of_size(right.shape[0]), right
    if isinstance(right, Identity) and isinstance(left, Array):
        return left, right.of_size(left.shape[0])
    if isinstance(left, Ones):
        return (left.of_shape(right.shape) if isinstance(right, Array) else left.to_number()), right
    if isinstance(right, Ones):
        return left, (right.of_shape(left.shape) if isinstance(left, Array) else right.to_number())
    return left, right


def _match_repeated(left: Value, right: Value) -> tuple[Value, Value]:
    """A repeated row beside a matrix, a repeated column, or `I` is a matrix of its size."""
    if isinstance(left, Repeated) and isinstance(right, Repeated):
        if left.is_row == right.is_row:
            return left, right
        rows, columns = (right, left) if left.is_row else (left, right)
        shape = (len(rows.entries), len(columns.entries))
        return left.of_shape(shape), right.of_shape(shape)
    one, other = (left, right) if isinstance(left, Repeated) else (right, left)
    assert isinstance(one, Repeated)
    if isinstance(other, Array):
        one = one.of_shape(other.shape)
    elif isinstance(other, Identity):
        size = len(one.entries)
        one, other = one.of_shape((size, size)), other.of_size(size)
    elif isinstance(other, Ones):
        raise WrongShapes(f"{shape_text(one)} beside {shape_text(other)}")
    return (one, other) if isinstance(left, Repeated) else (other, one)


def shape_text(value: Value) -> str:
    """`3×4`, `5` for a vector, `scalar`."""
    if isinstance(value, Ones):
        return "row of ones" if value.is_row else "column of ones"
    if isinstance(value, Repeated):
        return (
            f"rows of {len(value.entries)}" if value.is_row else f"columns of {len(value.entries)}"
        )
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
    if isinstance(value, Repeated):
        return replace(value, is_row=not value.is_row)
    if not isinstance(value, Array):
        return value
    if value.is_numpy and len(value.shape) != 2:
        if len(value.shape) > 2:
            raise OutOfRange("arrays of more than two axes are not transposed")
        return value
    matrix = as_matrix(value)
    rows, columns = matrix.shape
    return Array(
        (columns, rows),
        tuple(matrix.entries[i * columns + j] for j in range(columns) for i in range(rows)),
        is_numpy=value.is_numpy,
    )


def map_entries(function: Callable[[Scalar], Scalar], value: Value) -> Value:
    if isinstance(value, Array):
        entries = tuple(function(one) for one in value.entries)
        return Array(value.shape, entries, value.is_flat, value.is_numpy)
    if isinstance(value, Identity):
        return value.combine(function)
    if isinstance(value, Ones):
        return Ones(function(value.scale), value.is_row)
    if isinstance(value, Repeated):
        return Repeated(tuple(function(one) for one in value.entries), value.is_row)
    return function(value)


def entrywise(
    function: Callable[[Scalar, Scalar], Scalar], left: Value, right: Value, what: str
) -> Value:
    """Combine entry by entry; a scalar goes with every entry, NumPy's arrays as far as they fit."""
    if isinstance(left, Repeated) or isinstance(right, Repeated):
        return _with_repeated(function, *_match_repeated(left, right), what)
    if isinstance(left, Ones) or isinstance(right, Ones):
        return _with_ones(function, left, right, what)
    if isinstance(left, Identity) or isinstance(right, Identity):
        left, right = match_identity(left, right)
        if isinstance(left, Identity) and isinstance(right, Identity):
            return left.combine(function, right)
        if isinstance(left, Identity) or isinstance(right, Identity):
            raise WrongShapes(f"{what} of a matrix and a number is not defined")
    if isinstance(left, Array) and isinstance(right, Array):
        is_flat, is_numpy = left.is_flat and right.is_flat, left.is_numpy or right.is_numpy
        if left.shape != right.shape:
            left, right = _fit(left, right, what)
        pairs = zip(left.entries, right.entries, strict=True)
        return Array(left.shape, tuple(function(a, b) for a, b in pairs), is_flat, is_numpy)
    if isinstance(left, Array):
        return map_entries(lambda one: function(one, right), left)
    if isinstance(right, Array):
        return map_entries(lambda one: function(left, one), right)
    return function(left, right)


def _with_repeated(
    function: Callable[[Scalar, Scalar], Scalar], left: Value, right: Value, what: str
) -> Value:
    """Entry by entry with a row or column that is repeated."""
    if isinstance(left, Repeated) and isinstance(right, Repeated):
        if len(left.entries) != len(right.entries):
            raise WrongShapes(f"{what} of {shape_text(left)} and {shape_text(right)}")
        pairs = zip(left.entries, right.entries, strict=True)
        return Repeated(tuple(function(a, b) for a, b in pairs), left.is_row)
    if isinstance(left, Repeated):
        return map_entries(lambda one: function(one, right), left)
    if isinstance(right, Repeated):
        return map_entries(lambda one: function(left, one), right)
    return entrywise(function, left, right, what)


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


def _fit(left: Array, right: Array, what: str) -> tuple[Array, Array]:
    """Two arrays of unlike shapes with one shape.

    A flat one goes along the last axis of a matrix, as NumPy has it.
    """
    first, second = _alike(left, right), _alike(right, left)
    is_numpy = left.is_numpy or right.is_numpy
    if first.shape == second.shape and not is_numpy:
        return first, second
    is_flat = any(
        one.is_flat and len(one.shape) == 1 and len(other.shape) > 1
        for one, other in ((left, right), (right, left))
    )
    wanted = common_shape(left.shape, right.shape) if is_numpy or is_flat else None
    if wanted is None:
        raise WrongShapes(f"{what} needs equal shapes: {shape_text(left)} and {shape_text(right)}")
    count = 1
    for size in wanted:
        count *= size
    if count > bounds.MAX_ENTRIES:
        raise OutOfRange("too many entries")
    one, other = (
        Array(wanted, stretch(each.shape, each.entries, wanted)) for each in (left, right)
    )
    return one, other


def _alike(value: Array, other: Array) -> Array:
    """A vector and a one-column matrix are the same column; a flat one may be a row."""
    if len(value.shape) != 1:
        return value
    if value.is_flat and other.shape == (1, *value.shape):
        return Array(other.shape, value.entries)
    return as_matrix(value)


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
    is_numpy = left.is_numpy or right.is_numpy
    if columns == 1 and len(right.shape) == 1:
        return Array((rows,), tuple(entries), is_numpy=is_numpy)
    return Array((rows, columns), tuple(entries), is_numpy=is_numpy)


def _unwrap(value: Array) -> Value:
    return value.entries[0] if len(value.entries) == 1 else value


def stack(values: Sequence[Value]) -> Array:
    """Entries or rows of equal shape, one below the other."""
    shapes = {value.shape if isinstance(value, Array) else () for value in values}
    if len(shapes) != 1 or any(isinstance(value, Identity | Ones | Repeated) for value in values):
        raise WrongShapes("rows of different lengths")
    (shape,) = shapes
    entries: list[Scalar] = []
    for value in values:
        entries.extend(value.entries if isinstance(value, Array) else (value,))
    is_numpy = any(isinstance(value, Array) and value.is_numpy for value in values)
    return Array((len(values), *shape), tuple(entries), is_numpy=is_numpy)
