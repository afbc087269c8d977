"""Arrays as a kernel sees them: allocations in global, shared and local memory, and views."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from grader.kernels.lanes import Geometry, Lanes
from grader.kernels.races import Shadow

# Read where nothing was written: a value that spoils every result it enters.
POISON_INTEGER = 0x5A


def poison(dtype: np.dtype) -> Any:
    if dtype.kind == "f":
        return dtype.type(np.nan)
    return dtype.type(1) if dtype.kind == "b" else dtype.type(POISON_INTEGER)


class Memory:
    """One allocation: global (one for the grid), shared (one a block), local (one a thread)."""

    def __init__(
        self, name: str, space: str, entries: npt.NDArray[Any], size: int, *, writable: bool = True
    ) -> None:
        self.name, self.space, self.writable = name, space, writable
        self.entries = entries
        self.size = size
        self.shape: tuple[int, ...] = ()
        """As it was allocated, for naming entries; empty until it is looked at as a whole."""
        self.dtype = entries.dtype
        self.item_bytes = entries.dtype.itemsize
        self.shadow: Shadow | None = None
        """Who touched what; None where races are impossible: local or never written."""
        self.written: npt.NDArray[np.bool_] | None = None
        """For shared and local memory: which entries hold a value."""
        self.is_filled = space in ("global", "const")
        self.touched: list[npt.NDArray[np.int64]] | None = None
        """Where it is asked for: the places of all stores and atomics."""

    def place(self, flat: Lanes, geometry: Geometry) -> Lanes:
        """Where entries of this lane's own copy lie in `entries`."""
        if self.space == "shared":
            return flat + geometry.block_of * self.size
        if self.space == "local":
            return flat + geometry.lane * self.size
        return flat

    def mark_written(self, places: Lanes) -> None:
        if self.touched is not None:
            self.touched.append(np.array(places, np.int64, ndmin=1))
        if not self.is_filled and self.written is not None:
            self.written[places] = True

    def poison(self, places: Lanes) -> None:
        """Put a value that spoils every result it enters where nothing was written."""
        self.entries[places] = poison(self.dtype)

    def find_unwritten(self, places: Lanes) -> npt.NDArray[np.bool_] | None:
        """Which of these were never written; None when all were."""
        if self.is_filled or self.written is None:
            return None
        unwritten = ~self.written[places]
        if unwritten.any():
            return unwritten
        self.is_filled = bool(self.written.all())
        return None


def global_memory(name: str, array: npt.NDArray[Any]) -> Memory:
    flat = array.reshape(-1)
    return Memory(name, "global", flat, flat.size)


def block_memory(name: str, size: int, dtype: np.dtype, geometry: Geometry) -> Memory:
    return _owned_memory(name, "shared", size, dtype, geometry.block_count)


def thread_memory(name: str, size: int, dtype: np.dtype, geometry: Geometry) -> Memory:
    return _owned_memory(name, "local", size, dtype, geometry.lane_count)


def _owned_memory(name: str, space: str, size: int, dtype: np.dtype, copies: int) -> Memory:
    # Zeros take no memory before they are touched; poison is put where it is read.
    memory = Memory(name, space, np.zeros(size * copies, dtype), size)
    memory.written = np.zeros(size * copies, np.bool_)
    return memory


class View:
    """A window on a memory. Offset and sizes may differ from lane to lane (`a[i]`, `a[i:j]`)."""

    __slots__ = ("memory", "offset", "shape", "strides")

    def __init__(
        self, memory: Memory, offset: Any, shape: tuple[Any, ...], strides: tuple[Any, ...]
    ) -> None:
        self.memory, self.offset, self.shape, self.strides = memory, offset, shape, strides


def whole(memory: Memory, shape: tuple[int, ...]) -> View:
    """A view of all entries in row-major order."""
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    memory.shape = shape
    return View(memory, 0, shape, tuple(strides))
