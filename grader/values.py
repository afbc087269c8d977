"""Values that crossed the sandbox's channel: plain Python scalars and containers, and arrays.

A decoded value is None, bool, int, float, complex, str, list, tuple, dict, an `ArrayValue` or
a `FormulaText`, and nothing else; it holds no object of a student's class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class ArrayValue:
    """A dense array as bytes said it: no subclass, no laziness, no alias."""

    entries: np.ndarray
    """bfloat16 comes widened to float32."""
    dtype: str
    """The name it had: `float32`, `bfloat16`, `int64`, ..."""
    family: str
    """`tensor` (torch), `array` or `scalar` (NumPy)."""
    subclass: str = ""
    """The name of its class, where that was neither of the usual ones."""


@dataclass(frozen=True, slots=True)
class FormulaText:
    """A SymPy expression, as the text it printed: to be read by the grammar, never evaluated."""

    text: str


Value: TypeAlias = (
    "None | bool | int | float | complex | str | list[Value] | tuple[Value, ...]"
    " | dict[str | int | bool, Value] | ArrayValue | FormulaText"
)
