"""Numbers in a shape, whether they came as an array, as nested lists or alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from grader.values import ArrayValue, Value

Number = bool | int | float | complex


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Numbers in row-major order and their shape; a single number has the shape ()."""

    shape: tuple[int, ...]
    numbers: Any
    """A list of Python numbers, or a flat NumPy array."""
    dtype: str = ""
    """Of an array; empty for Python's own numbers."""

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_boolean(self) -> bool:
        if self.dtype:
            return self.dtype == "bool"
        return self.size > 0 and all(isinstance(number, bool) for number in self.numbers)

    @property
    def holds_numbers(self) -> bool:
        if self.dtype:
            return self.dtype != "bool"
        return not any(isinstance(number, bool) for number in self.numbers)

    @property
    def is_whole(self) -> bool:
        if self.dtype:
            return self.dtype.startswith(("int", "uint"))
        return all(isinstance(number, int) for number in self.numbers)

    @property
    def name(self) -> str:
        noun = "booleans" if self.is_boolean else "numbers"
        if self.shape == ():
            return "a boolean" if self.is_boolean else "a number"
        return f"{noun} in shape {self.shape}"

    def entry(self, place: int) -> Number:
        number: Number = self.numbers[place] if not self.dtype else self.numbers[place].item()
        return number

    def listed(self) -> list[Number]:
        listed: list[Number] = self.numbers.tolist() if self.dtype else self.numbers
        return listed


def read_grid(value: Value) -> Grid | None:
    """A value as numbers in a shape; None where it is no number, array or even nesting."""
    if isinstance(value, bool | int | float | complex):
        return Grid((), [value])
    if isinstance(value, ArrayValue):
        return Grid(value.entries.shape, value.entries.reshape(-1), value.dtype)
    if not isinstance(value, list | tuple):
        return None
    members = [read_grid(entry) for entry in value]
    if not members:
        return Grid((0,), [])
    first = members[0]
    numbers: list[Number] = []
    for member in members:
        if member is None or first is None or member.shape != first.shape:
            return None
        numbers += member.listed()
    assert first is not None
    return Grid((len(members), *first.shape), numbers)
