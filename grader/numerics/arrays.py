"""Random arrays, the same on every machine: no BLAS, and no library function's last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from grader.spec.function_part import Draw

Entries = np.ndarray[Any, np.dtype[Any]]


def draw_entries(draw: Draw, shape: tuple[int, ...], key: int, dtype: str) -> Entries:
    """Draw one array.

    Shapes   returns `shape`; `orthonormal` and `eye` work on the last two axes, `simplex` and
             `permutation` on the last one.
    Units    entries are shift + scale times what was drawn; `dtype` is for floats that state
             none, and whole numbers are int64.
    Errors   ValueError when the shape or the options do not suit the draw.
    """
    source = np.random.Generator(np.random.PCG64(key))
    entries = _draw(draw, shape, source)
    if draw.dtype == "complex128" and draw.draw in ("normal", "uniform"):
        entries = entries + 1j * _draw(draw, shape, source)
    if (draw.scale, draw.shift) != (1, 0):
        whole = entries.dtype.kind == "i" and draw.scale == int(draw.scale)
        whole = whole and draw.shift == int(draw.shift)
        if whole:
            entries = int(draw.shift) + int(draw.scale) * entries
        else:
            entries = draw.shift + draw.scale * entries
    if draw.dtype is not None:
        return entries.astype(draw.dtype, order="C")
    if entries.dtype.kind == "f":
        return entries.astype(dtype, order="C")
    return entries.copy(order="C")


def _draw(draw: Draw, shape: tuple[int, ...], source: np.random.Generator) -> Entries:
    match draw.draw:
        case "normal":
            return _normal(shape, source)
        case "uniform":
            return draw.low + (draw.high - draw.low) * source.random(shape)
        case "integers":
            if not int(draw.low) < int(draw.high):
                raise ValueError("`high` must exceed `low`")
            return source.integers(int(draw.low), int(draw.high), shape, dtype=np.int64)
        case "orthonormal":
            return _orthonormal(shape, source)
        case "simplex":
            _need_axes(shape, 1, "simplex")
            weights = np.round(source.standard_exponential(shape), 12) + 1e-12
            return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
        case "zeros":
            return np.zeros(shape)
        case "ones":
            return np.ones(shape)
        case "eye":
            _need_axes(shape, 2, "eye")
            return np.broadcast_to(np.eye(shape[-2], shape[-1]), shape)
        case "arange":
            return np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
        case "permutation":
            _need_axes(shape, 1, "permutation")
            ordered = np.broadcast_to(np.arange(shape[-1], dtype=np.int64), shape)
            return source.permuted(ordered, axis=-1)
        case "choice":
            return _choose(draw, shape, source)
        case _:
            raise ValueError(f"`{draw.draw}` is no draw")


def _normal(shape: tuple[int, ...], source: np.random.Generator) -> Entries:
    # Twelve digits: the tails go through the C library's logarithm, whose last bit varies.
    return np.round(source.standard_normal(shape), 12)


def _orthonormal(shape: tuple[int, ...], source: np.random.Generator) -> Entries:
    """Orthonormal rows, or columns where there are more rows than columns.

    Errors   rows are orthonormal to a few eps: Gram-Schmidt, twice.
    Cost     O(rows² columns); LAPACK's QR would be faster and differ between machines.
    """
    _need_axes(shape, 2, "orthonormal")
    rows, columns = shape[-2:]
    if rows > columns:
        return np.swapaxes(_orthonormal((*shape[:-2], columns, rows), source), -1, -2)
    vectors = _normal(shape, source)
    for i in range(rows):
        vector, done = vectors[..., i, :], vectors[..., :i, :]
        for _ in range(2):
            along = (done * vector[..., None, :]).sum(axis=-1, keepdims=True)
            vector = vector - (along * done).sum(axis=-2)
        vectors[..., i, :] = vector / np.sqrt((vector * vector).sum(axis=-1, keepdims=True))
    return vectors


def _choose(draw: Draw, shape: tuple[int, ...], source: np.random.Generator) -> Entries:
    options = np.array(draw.of)
    if options.ndim != 1 or options.size == 0 or options.dtype.kind not in "bif":
        raise ValueError("`of` must be a list of numbers")
    return np.asarray(options[source.integers(0, options.size, shape)])


def _need_axes(shape: tuple[int, ...], axes: int, name: str) -> None:
    if len(shape) < axes:
        raise ValueError(f"`{name}` needs a shape of at least {axes} axes")
