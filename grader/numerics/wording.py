"""Words for what came back instead of the expected value, and what to try."""

from __future__ import annotations

import math

from grader.numerics.describing import describe_value
from grader.numerics.grids import Grid
from grader.values import ArrayValue, FormulaText, Value

WHOLE_NUMBER = "a whole number is expected: use // or round once, at the end"
SINGLE_PRECISION = (
    "the error is about as large as float32 makes it: keep float64 throughout, as in"
    " torch.zeros(..., dtype=x.dtype)"
)


def name_shape(grid: Grid, value: Value) -> str:
    """A shape, or the number that has none."""
    if grid.shape == () and not isinstance(value, ArrayValue):
        return f"the number {describe_value(value)}"
    return f"shape {grid.shape}"


def advise_on_shape(given: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What makes one shape of the other, where that is plain."""
    if wanted == () and set(given) == {1}:
        return "take the number out of the array: x.item()"
    longer, shorter = (given, wanted) if len(given) > len(wanted) else (wanted, given)
    squeezed = tuple(size for size in longer if size != 1)
    if len(longer) > len(shorter) and squeezed == tuple(size for size in shorter if size != 1):
        if longer is given:
            return "an axis of length 1 is left over: keepdim=False, x[0] or x.squeeze(axis)"
        return "an axis of length 1 is missing: x[None], x[:, None] or keepdim=True"
    if len(given) == len(wanted) and given != wanted and sorted(given) == sorted(wanted):
        return "the axes are in another order"
    if given == () and wanted:
        return "one number came back: sum or average over fewer axes"
    if math.prod(given) == math.prod(wanted):
        return "the number of entries is right: reshape, after checking their order"
    return ""


def advise_on_type(saw: Value) -> str:
    """What to try with something that is no number."""
    if saw is None:
        return "does every path end in `return`?"
    if isinstance(saw, FormulaText):
        return "turn the SymPy expression into a number: float(...)"
    if isinstance(saw, str):
        return "return the number itself, not text"
    return ""


def name_or_value(value: Value) -> str:
    """A short value itself, else what kind of thing it is."""
    if value is None or isinstance(value, bool | int | float | complex | str):
        return describe_value(value)
    return name_type(value)


def name_type(value: Value) -> str:
    """What kind of thing a value is, in a student's words."""
    if isinstance(value, ArrayValue):
        noun = "a tensor" if value.family == "tensor" else "an array"
        return f"{noun} of shape {value.entries.shape}"
    if isinstance(value, FormulaText):
        return "a SymPy expression"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"a dict with the keys {list_keys(value)}"
    if value is None:
        return "None"
    noun = type(value).__name__
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def list_keys(values: dict[str | int | bool, Value]) -> str:
    """A dict's keys, as a list."""
    return describe_value(list(values))


def name_entries(grid: Grid) -> str:
    """A number itself, or what kind of entries an array holds."""
    return describe_value(grid.entry(0)) if grid.shape == () else grid.name
