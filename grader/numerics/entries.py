"""Which numbers of a grid are off: without NumPy where no array is involved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from grader.numerics.grids import Grid, Number
from grader.numerics.tolerances import Bounds, Closeness


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongEntries:
    """Which numbers of a grid are off, and by how much."""

    first: int
    """Place of the first one, in row-major order."""
    count: int
    largest_error: float | None
    """Largest |saw - expected| of those where it is finite."""
    largest_expected: float
    """Size of the largest finite number expected anywhere."""


def find_wrong_entries(given: Grid, wanted: Grid, closeness: Closeness) -> WrongEntries | None:
    """Entries outside the bounds, where both grids have the same size; None when none is."""
    if given.dtype and wanted.dtype:
        return _compare_arrays(given, wanted, closeness)
    return _compare_listed(given, wanted, closeness)


def is_finite(number: Number) -> bool:
    """Whether a number is neither NaN nor infinite, nor an integer too large for a float."""
    return all(math.isfinite(part) for part in _parts(number))


def _compare_listed(given: Grid, wanted: Grid, closeness: Closeness) -> WrongEntries | None:
    ones, others = given.listed(), wanted.listed()
    largest = max((_size(number) for number in others if is_finite(number)), default=0.0)
    bounds = closeness.bounds((given.dtype, wanted.dtype), largest)
    pairs = list(zip(ones, others, strict=True))
    wrong = [
        place
        for place, (one, other) in enumerate(pairs)
        if not _is_close(one, other, bounds, closeness.exact_integers)
    ]
    if not wrong:
        return None
    errors = (_measure(*pairs[place]) for place in wrong)
    return WrongEntries(
        first=wrong[0],
        count=len(wrong),
        largest_error=max(filter(math.isfinite, errors), default=None),
        largest_expected=largest,
    )


def _is_close(one: Number, other: Number, bounds: Bounds, exact_integers: bool) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one == other
    if isinstance(other, int) and (exact_integers or isinstance(one, int)):
        # Python compares an integer with a float or a complex number exactly.
        return one == other
    if is_finite(one) and is_finite(other):
        return _measure(one, other) <= bounds.atol + bounds.rtol * _size(other)
    return all(
        a == b or (math.isnan(a) and math.isnan(b)) or _is_overflow(a, b, bounds)
        for a, b in zip(_parts(one), _parts(other), strict=True)
    )


def _is_overflow(one: float, other: float, bounds: Bounds) -> bool:
    """Whether an infinity stands for a number that the precision can't hold."""
    return math.isinf(one) and abs(other) >= bounds.overflow and (one > 0) == (other > 0)


def _compare_arrays(given: Grid, wanted: Grid, closeness: Closeness) -> WrongEntries | None:
    import numpy as np

    ones, others = given.numbers, wanted.numbers
    kind = np.complex128 if "c" in (ones.dtype.kind, others.dtype.kind) else np.float64
    with np.errstate(all="ignore"):
        one, other = ones.astype(kind), others.astype(kind)
        sizes = np.abs(other)
        largest = float(np.max(sizes, initial=0.0, where=np.isfinite(other)))
        if others.dtype.kind in "biu" and ones.dtype.kind in "biu":
            right = ones == others
        elif others.dtype.kind in "iu" and closeness.exact_integers:
            if largest >= 2.0**53:
                # No float tells these apart, but Python compares them exactly.
                return _compare_listed(given, wanted, closeness)
            right = one == other
        else:
            bounds = closeness.bounds((given.dtype, wanted.dtype), largest)
            close = np.abs(one - other) <= bounds.atol + bounds.rtol * sizes
            finite = np.isfinite(one) & np.isfinite(other)
            right = np.where(finite, close, _match_parts(one, other, bounds))
        places = np.flatnonzero(~right)
        if not places.size:
            return None
        errors = np.abs(one[places] - other[places])
        errors = errors[np.isfinite(errors)]
    return WrongEntries(
        first=int(places[0]),
        count=int(places.size),
        largest_error=float(errors.max()) if errors.size else None,
        largest_expected=largest,
    )


def _match_parts(one: Any, other: Any, bounds: Bounds) -> Any:
    """Where entries that are not finite are the same NaN or the same infinity."""
    import numpy as np

    right = np.ones(one.shape, dtype=bool)
    for a, b in ((one.real, other.real), (one.imag, other.imag)):
        overflow = np.isinf(a) & (np.abs(b) >= bounds.overflow) & ((a > 0) == (b > 0))
        right &= (a == b) | (np.isnan(a) & np.isnan(b)) | overflow
    return right


def _parts(number: Number) -> tuple[float, float]:
    if isinstance(number, complex):
        return number.real, number.imag
    try:
        return float(number), 0.0
    except OverflowError:
        return (math.inf if number > 0 else -math.inf), 0.0


def _size(number: Number) -> float:
    return math.hypot(*_parts(number))


def _measure(one: Number, other: Number) -> float:
    """|one - other|."""
    (a, b), (c, d) = _parts(one), _parts(other)
    return math.hypot(a - c, b - d)
