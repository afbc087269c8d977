"""Values as short Python text: exact where they are inputs, brief where they are results."""

from __future__ import annotations

import math
from typing import Any

from grader.values import ArrayValue, FormulaText, Value

LIMIT = 400
"""Characters: what fits on five lines of a terminal."""

MOST_SHOWN = 200
"""Entries of an array that are looked at: more would be cut anyway."""

RESULT_DIGITS = 6


def describe_value(value: Value, *, exact: bool = False, limit: int = LIMIT) -> str:
    """A value as Python text, cut at `limit` characters.

    Units    six significant digits, or with `exact` as many as give the same value back.
    """
    text = _write(value, exact)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def write_code(value: Value, limit: int = LIMIT) -> str | None:
    """Python text that makes the value again, or None where there is none within `limit`."""
    if isinstance(value, ArrayValue) and value.entries.size > MOST_SHOWN:
        return _write_uniform(value)
    text = _write(value, exact=True)
    return text if len(text) <= limit and "…" not in text else None


def _write(value: Value, exact: bool) -> str:
    if isinstance(value, ArrayValue):
        return _write_array(value, exact)
    if isinstance(value, float):
        return _write_float(value, exact, "float('{}')")
    if isinstance(value, complex):
        parts = (_write_float(part, exact, "float('{}')") for part in (value.real, value.imag))
        return f"complex({', '.join(parts)})"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        digits = int(value.bit_length() * math.log10(2)) + 1
        return f"{'-' if value < 0 else ''}(an integer of about {digits} digits …)"
    if isinstance(value, str):
        return repr(value) if len(value) <= LIMIT else repr(value[:LIMIT]) + "…"
    if isinstance(value, FormulaText):
        return value.text
    if isinstance(value, list | tuple):
        shown = [_write(entry, exact) for entry in value[:MOST_SHOWN]]
        shown += ["…"] if len(value) > MOST_SHOWN else []
        inside = ", ".join(shown)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, dict):
        pairs = list(value.items())[:MOST_SHOWN]
        shown = [f"{_write(key, exact)}: {_write(entry, exact)}" for key, entry in pairs]
        shown += ["…"] if len(value) > MOST_SHOWN else []
        return f"{{{', '.join(shown)}}}"
    return repr(value)


def _write_float(value: float, exact: bool, odd: str) -> str:
    if not math.isfinite(value):
        return f"{'-' if value < 0 else ''}{odd.format(abs(value))}"
    if exact:
        return repr(value)
    if value == int(value) and abs(value) < 1e6:
        return f"{value:.1f}"
    return f"{value:.{RESULT_DIGITS}g}"


def _write_array(array: ArrayValue, exact: bool) -> str:
    uniform = _write_uniform(array, exact)
    if uniform and (array.entries.size > 8 or array.entries.size == 0):
        return uniform
    import numpy as np

    entries = array.entries
    if entries.size > MOST_SHOWN:
        noun = "a tensor" if array.family == "tensor" else "an array"
        first = _write_nested(entries.reshape(-1)[:3].tolist(), False, "{}")
        return f"{noun} of shape {entries.shape} that starts with {first[1:-1]}, …"
    if entries.dtype == np.float32 and exact:
        # The shortest text that gives the same float32 back, not the float64 it widens to.
        shortest = [float(str(number)) for number in entries.reshape(-1)]
        numbers: Any = np.array(shortest).reshape(entries.shape).tolist()
    else:
        numbers = entries.tolist()
    inside = _write_nested(numbers, exact, f"{_module(array)}.{{}}")
    if array.family == "scalar":
        return f"np.{array.dtype}({inside})"
    make = "torch.tensor" if array.family == "tensor" else "np.array"
    return f"{make}({inside}{_write_dtype(array, exact, ('int64', 'bool'))})"


def _write_nested(value: Any, exact: bool, odd: str) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_write_nested(entry, exact, odd) for entry in value)}]"
    if isinstance(value, float):
        text = _write_float(value, exact, odd)
        return text[:-1] if text.endswith(".0") else text
    return _write(value, exact)


def _write_dtype(array: ArrayValue, exact: bool, usual: tuple[str, ...] = ()) -> str:
    """The dtype, unless the text makes it anyway; a brief text leaves the floating ones out."""
    usual += ("float32",) if array.family == "tensor" else ("float64",)
    if not exact:
        usual += ("float32", "float64", "complex64", "complex128")
    if array.dtype in usual:
        return ""
    name = "bool_" if array.dtype == "bool" and array.family != "tensor" else array.dtype
    return f", dtype={_module(array)}.{name}"


def _write_uniform(array: ArrayValue, exact: bool = True) -> str | None:
    """An array of zeros or of ones, or one without entries, by its shape."""
    entries = array.entries
    if entries.ndim == 0:
        return None
    for name, number in (("zeros", 0), ("ones", 1)):
        if bool((entries == number).all()):
            shape = f"({entries.shape[0]},)" if entries.ndim == 1 else str(entries.shape)
            return f"{_module(array)}.{name}({shape}{_write_dtype(array, exact)})"
    return None


def _module(array: ArrayValue) -> str:
    return "torch" if array.family == "tensor" else "np"
