"""Slips that can be read off a wrong value: each is claimed only where it explains every entry."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from grader.numerics.entries import find_wrong_entries
from grader.numerics.grids import Grid, read_grid
from grader.numerics.tolerances import Closeness
from grader.values import Value

FEWEST = 3
"""Entries that must agree before an order or a factor is more than chance."""

LARGEST = 1e300
"""Beyond it, twice a number may be none."""

MOST = 1 << 16
"""Entries: a larger array is not looked at."""


def diagnose(saw: Value, expected: Value, closeness: Closeness) -> str:
    """One sentence on what turns the returned value into the expected one; empty if nothing does.

    Shapes   numbers and arrays; a tuple is not looked into.
    """
    if isinstance(expected, tuple):
        return ""
    given, wanted = read_grid(saw), read_grid(expected)
    if given is None or wanted is None or given.size > MOST:
        return ""
    if given.is_boolean or wanted.is_boolean:
        return ""
    if given.shape == () == wanted.shape:
        return _diagnose_number(given.entry(0), wanted.entry(0), closeness)
    if given.size < FEWEST or wanted.size < FEWEST:
        return ""
    return next(_explain_arrays(given, wanted, closeness), "")


def _diagnose_number(one: Any, other: Any, closeness: Closeness) -> str:
    if isinstance(one, complex) or isinstance(other, complex):
        return ""
    if not (abs(one) < LARGEST and abs(other) < LARGEST):
        return ""
    if isinstance(other, int) and abs(one - other) == 1:
        return f"one too {'many' if one > other else 'few'}: check where counting starts and ends"
    if other and is_close(one, -other, closeness):
        return "the size is right and the sign is not"
    for factor, words in ((2, "twice"), (0.5, "half")):
        if other and is_close(one, factor * other, closeness):
            return f"this is {words} the expected value"
    return ""


def is_close(one: float, other: float, closeness: Closeness) -> bool:
    """Whether two numbers are alike as results are."""
    given, wanted = Grid((), [float(one)]), Grid((), [float(other)])
    return find_wrong_entries(given, wanted, closeness) is None


def _explain_arrays(given: Grid, wanted: Grid, closeness: Closeness) -> Iterator[str]:
    import numpy as np

    one, other = (np.asarray(grid.numbers).reshape(grid.shape) for grid in (given, wanted))
    if one.dtype.kind not in "iuf" or other.dtype.kind not in "iuf":
        return
    one, other = one.astype(np.float64), other.astype(np.float64)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return

    def alike(array: Any) -> bool:
        return array.shape == other.shape and not _differ(array, other, closeness)

    yield from _explain_order(one, other, alike)
    if one.shape == other.shape:
        yield from _explain_size(one, other, alike)


def _differ(array: Any, other: Any, closeness: Closeness) -> bool:
    one, wanted = (Grid(each.shape, each.reshape(-1), "float64") for each in (array, other))
    return find_wrong_entries(one, wanted, closeness) is not None


def _explain_order(one: Any, other: Any, alike: Any) -> Iterator[str]:
    import numpy as np

    axes = one.ndim
    if axes == other.ndim and axes >= 2:
        for i in range(axes):
            for j in range(i + 1, axes):
                if alike(np.swapaxes(one, i, j)):
                    yield (
                        "rows and columns are swapped: transpose it"
                        if axes == 2
                        else f"axes {i} and {j} are swapped"
                    )
    for axis in range(axes):
        if one.shape == other.shape and one.shape[axis] > 1 and alike(np.flip(one, axis)):
            yield f"the entries run backwards{f' along axis {axis}' if axes > 1 else ''}"
    if one.size == other.size and one.shape != other.shape:
        if alike(one.reshape(other.shape)):
            yield f"the entries are right; give them the shape {other.shape}"
        elif alike(one.reshape(other.shape, order="F")):
            yield "the entries are right, but counted column by column"
    for axis in range(axes):
        if one.shape == other.shape and one.shape[axis] > 2:
            for step in (1, -1):
                if alike(np.roll(one, step, axis)):
                    yield "the entries are right, but shifted by one place"


def _explain_size(one: Any, other: Any, alike: Any) -> Iterator[str]:
    import numpy as np

    if alike(-one):
        yield "the sizes are right and all signs are not"
    largest = np.unravel_index(np.abs(other).argmax(), other.shape)
    if other[largest] and one[largest] and np.count_nonzero(other) >= FEWEST:
        with np.errstate(all="ignore"):
            factor = float(one[largest] / other[largest])
            scaled = one / factor
        if alike(scaled) and factor > 0:
            yield f"every entry is {_name_factor(factor)}"
    with np.errstate(all="ignore"):
        offset = float(one[largest] - other[largest])
        shifted = one - offset
    if offset and np.ptp(other) and alike(shifted):
        yield f"every entry is {abs(offset):.6g} too {'large' if offset > 0 else 'small'}"


def _name_factor(factor: float) -> str:
    for count in range(2, 4097):
        if math.isclose(factor, count, rel_tol=1e-6):
            aside = "; is it a sum where a mean is asked?" if count > 2 else ""
            return f"{count} times the expected one{aside}"
        if math.isclose(factor, 1 / count, rel_tol=1e-6):
            aside = "; is it a mean where a sum is asked?" if count > 2 else ""
            return f"1/{count} of the expected one{aside}"
    return f"{factor:.6g} times the expected one"
