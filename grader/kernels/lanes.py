"""Threads as lanes: one entry a thread, blocks padded to whole warps, and masks over them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from grader.kernels.limits import WARP

Lanes: TypeAlias = npt.NDArray[Any]
"""A value for each thread (length `lane_count`), or one for all of them (shape ())."""

# Enough lanes for NumPy's cost a call to vanish, few enough to stay in the second-level cache.
CHUNK_LANES = 32_768

Dims: TypeAlias = tuple[int, int, int]


class Mask:
    """Which lanes are active; what counting asks of it is computed once."""

    def __init__(self, bits: npt.NDArray[np.bool_], count: int | None = None) -> None:
        self.bits = bits
        self.count = int(np.count_nonzero(bits)) if count is None else count
        self.is_whole = self.count == len(bits)

    @cached_property
    def index(self) -> Lanes:
        return np.flatnonzero(self.bits)

    @cached_property
    def in_warps(self) -> npt.NDArray[np.bool_]:
        return self.bits.reshape(-1, WARP)

    @cached_property
    def active_warps(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.in_warps.any(axis=1))

    @cached_property
    def warps(self) -> int:
        """How many warps have an active lane: what one instruction is issued for."""
        return len(self.bits) // WARP if self.is_whole else int(np.count_nonzero(self.active_warps))

    @cached_property
    def is_dense(self) -> bool:
        """Every warp is either wholly active or not at all."""
        return self.count == self.warps * WARP

    @cached_property
    def first(self) -> int:
        return int(self.bits.argmax())

    def without(self, bits: npt.NDArray[np.bool_]) -> Mask:
        return Mask(self.bits & ~bits)

    def split(self, condition: Lanes) -> tuple[Mask | None, Mask | None]:
        """The lanes where a condition holds and those where it doesn't; None for no lane."""
        if is_uniform(condition):
            return (self, None) if condition else (None, self)
        bits = self.bits & condition
        count = int(np.count_nonzero(bits))
        if count == self.count:
            return self, None
        if count == 0:
            return None, self
        return Mask(bits, count), Mask(self.bits & ~bits, self.count - count)

    def covers(self, other: Mask) -> bool:
        """Whether every lane of `other` is active here too."""
        if self is other or self.is_whole:
            return True
        return self.count >= other.count and not (other.bits & ~self.bits).any()

    def rows(self, values: Lanes) -> Lanes:
        """Values of the active warps, a warp a row."""
        table = values.reshape(-1, WARP)
        return table if self.warps == len(table) else table[self.active_warps]


class Geometry:
    """The lanes of some blocks of a launch: where each sits in its block and in the grid."""

    def __init__(self, grid: Dims, block: Dims, blocks: npt.NDArray[np.int64]) -> None:
        self.grid, self.block = grid, block
        self.block_numbers = blocks
        self.threads = block[0] * block[1] * block[2]
        self.warps_per_block = -(-self.threads // WARP)
        self.padded = self.warps_per_block * WARP
        self.block_count = len(blocks)
        self.lane_count = self.block_count * self.padded
        self.lane = np.arange(self.lane_count)
        self.block_of = np.repeat(np.arange(self.block_count), self.padded)
        self.warp_of = self.lane // WARP
        in_block = np.tile(np.arange(self.padded), self.block_count)
        self.live = Mask(in_block < self.threads)
        self._thread = np.minimum(in_block, self.threads - 1)

    @cached_property
    def thread_index(self) -> tuple[Lanes, ...]:
        return unravel(self._thread, self.block)

    @cached_property
    def block_index(self) -> tuple[Lanes, ...]:
        return tuple(
            part if part.shape == () else np.repeat(part, self.padded)
            for part in unravel(self.block_numbers, self.grid)
        )

    @cached_property
    def grid_index(self) -> tuple[Lanes, ...]:
        """`cuda.grid(3)`: the thread's place in the whole launch."""
        return tuple(
            block.astype(np.int64) * size + thread
            for block, size, thread in zip(
                self.block_index, self.block, self.thread_index, strict=True
            )
        )

    @cached_property
    def lane_id(self) -> Lanes:
        return (self.lane % WARP).astype(np.int32)

    def name_thread(self, lane: int) -> str:
        """A lane as people say it: `block (2, 0), thread (5, 1)`."""
        return name_thread(
            int(self.block_numbers[lane // self.padded]), lane % self.padded, self.grid, self.block
        )


def merge(left: Mask | None, right: Mask | None) -> Mask | None:
    """The lanes of either; the two share none."""
    if left is None or right is None:
        return right if left is None else left
    return Mask(left.bits | right.bits, left.count + right.count)


def unravel(numbers: npt.NDArray[np.int64], dims: Dims) -> tuple[Lanes, ...]:
    """x, y and z of linear numbers, x fastest; a dimension of size 1 is one value for all."""
    x, y, _ = dims
    parts = (numbers % x, numbers // x % y, numbers // (x * y))
    return tuple(
        np.asarray(0, np.int32) if size == 1 else part.astype(np.int32)
        for size, part in zip(dims, parts, strict=True)
    )


def name_thread(block_number: int, thread_number: int, grid: Dims, block: Dims) -> str:
    def name(number: int, dims: Dims) -> str:
        x, y, _ = dims
        parts = [number % x, number // x % y, number // (x * y)]
        while len(parts) > 1 and dims[len(parts) - 1] == 1:
            parts.pop()
        return str(parts[0]) if len(parts) == 1 else f"({', '.join(map(str, parts))})"

    return f"block {name(block_number, grid)}, thread {name(thread_number, block)}"


def is_uniform(value: Any) -> bool:
    """Whether one value stands for all lanes."""
    return np.ndim(value) == 0
