"""Shapes that NumPy stretches to one another, and where the entries of a stretched array lie."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TypeVar

Entry = TypeVar("Entry")
Size = TypeVar("Size", int, "int | str")


def common_shape(left: Sequence[Size], right: Sequence[Size]) -> tuple[Size, ...] | None:
    """What both are stretched to: axes are matched from the last, 1 goes with every size."""
    rank = max(len(left), len(right))
    sizes: list[Size] = []
    for place in range(-rank, 0):
        one = left[place] if -place <= len(left) else 1
        other = right[place] if -place <= len(right) else 1
        if one not in (1, other) and other != 1:
            return None
        sizes.append(other if one == 1 else one)
    return tuple(sizes)


def stretch(
    shape: tuple[int, ...], entries: tuple[Entry, ...], wanted: tuple[int, ...]
) -> tuple[Entry, ...]:
    """The entries of an array of one shape as those of a larger one, in row-major order."""
    if shape == wanted:
        return entries
    padded = (1,) * (len(wanted) - len(shape)) + shape
    steps, step = [0] * len(wanted), 1
    for axis in reversed(range(len(wanted))):
        steps[axis] = step if padded[axis] != 1 else 0
        step *= padded[axis]
    return tuple(
        entries[sum(index * step for index, step in zip(place, steps, strict=True))]
        for place in product(*map(range, wanted))
    )


def lines_along(shape: tuple[int, ...], axis: int) -> list[list[int]]:
    """The places of the entries of every line along one axis, in the order of the other axes."""
    stride = 1
    for size in shape[axis + 1 :]:
        stride *= size
    length = shape[axis]
    before = 1
    for size in shape[:axis]:
        before *= size
    return [
        [block * stride * length + offset + step * stride for step in range(length)]
        for block in range(before)
        for offset in range(stride)
    ]
