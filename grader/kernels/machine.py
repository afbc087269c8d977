"""The state of one launch while it is interpreted: time, costs, and what went wrong."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.kernels import reporting
from grader.kernels.counts import LineCost, Site, count_access
from grader.kernels.lanes import Geometry, Lanes, Mask, is_uniform
from grader.kernels.limits import Budget, Hardware
from grader.kernels.memory import Memory, View, poison
from grader.kernels.races import Order, Shadow

# A long kernel looks at the clock once in so many statements; asking costs more than a statement.
CLOCK_EVERY = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Something a kernel must not do, at its first occurrence."""

    kind: str
    """`race`, `out of bounds`, `negative index`, `barrier divergence`, `uninitialised read`,
    `inactive lane`, `limit`."""
    line: int
    column: int
    message: str
    other_line: int = 0
    count: int = 1
    is_warning: bool = False


class Halt(Exception):
    """The launch cannot go on: a limit of hardware or of the budget."""

    def __init__(self, kind: str, line: int, message: str) -> None:
        super().__init__(message)
        self.kind, self.line, self.message = kind, line, message


class Machine:
    """Everything that outlives one chunk of blocks."""

    def __init__(
        self,
        grid: tuple[int, int, int],
        block: tuple[int, int, int],
        budget: Budget,
        hardware: Hardware,
        *,
        dynamic_shared_bytes: int,
        watch_races: bool,
    ) -> None:
        self.grid, self.block = grid, block
        self.budget, self.hardware = budget, hardware
        self.dynamic_shared_bytes = dynamic_shared_bytes
        self.watch_races = watch_races
        self.order = Order(grid[0] * grid[1] * grid[2] if watch_races else 1)
        self.sites: list[Site] = []
        self.lines: defaultdict[int, LineCost] = defaultdict(LineCost)
        self.issues: dict[tuple[Any, ...], Issue] = {}
        self.barriers = 0
        self.shared_bytes = 0
        self.work = 0.0
        self.bytes_held = 0
        self._clock_in = CLOCK_EVERY
        self._deadline = time.process_time() + budget.time_s

    def enter(self, geometry: Geometry) -> None:
        """Start on a chunk of blocks."""
        self.geometry = geometry
        self.kilolanes = geometry.lane_count / 1024
        self.order.enter(geometry)
        self.shared: dict[int, View] = {}
        self.loaded: dict[tuple[Any, ...], tuple[Any, Mask, Lanes]] = {}
        """Loads a compiler would not repeat: by what is loaded, in which call, for which lanes."""
        self.dynamic: Memory | None = None
        self.exited = np.zeros(geometry.lane_count, np.bool_)
        self.held_by_chunk = 0
        self.shadows: list[Shadow] = [s for s in getattr(self, "shadows", []) if not s.per_block]

    def spend(self, calls: float, line: int, lanewise: float | None = None) -> None:
        """Charge work, per NumPy call and per 1024 lanes; halt a kernel that does too much."""
        self.work += calls + self.kilolanes * (calls if lanewise is None else lanewise)
        self._clock_in -= 1
        if self.work > self.budget.work:
            raise Halt(
                "does not end",
                line,
                "stopped after "
                f"{self.budget.work} units of work: the loop here does not end, or one "
                "thread does far too much",
            )
        if self._clock_in < 0:
            self._clock_in = CLOCK_EVERY
            if time.process_time() > self._deadline:
                raise Halt("does not end", line, f"stopped after {self.budget.time_s:g} s")

    def spend_access(self, memory: Memory, line: int) -> None:
        """What an access takes: finding, counting, and remembering who it was."""
        if memory.shadow is None:
            self.spend(22, line, 12)
        else:
            self.spend(110, line, 80)

    def hold(self, size_bytes: int, line: int) -> None:
        """Account for memory the kernel asks for, before it is allocated."""
        self.held_by_chunk += size_bytes
        if self.held_by_chunk > self.budget.memory_mib * 2**20:
            raise Halt(
                "limit",
                line,
                f"needs more than {self.budget.memory_mib} MiB to interpret; use smaller arrays",
            )

    def report(
        self,
        kind: str,
        line: int,
        column: int,
        count: int,
        describe: Callable[[], str],
        *,
        other_line: int = 0,
        is_warning: bool = False,
    ) -> None:
        """Keep the first occurrence of an issue and count the others."""
        self.spend(60, line, 30)
        key = (kind, line, column, other_line, is_warning)
        earlier = self.issues.get(key)
        if earlier is None:
            self.issues[key] = Issue(
                kind=kind,
                line=line,
                column=column,
                message=describe(),
                other_line=other_line,
                count=count,
                is_warning=is_warning,
            )
        else:
            self.issues[key] = replace(earlier, count=earlier.count + count)

    def watch(self, memory: Memory) -> None:
        """Keep a shadow of a memory that the kernel both shares and writes."""
        if self.watch_races and memory.space in ("global", "shared"):
            memory.shadow = Shadow(
                len(memory.entries), self.order, per_block=memory.space == "shared"
            )
            self.shadows.append(memory.shadow)

    # Accesses

    def locate(
        self, site: Site, view: View, indices: list[Any], mask: Mask
    ) -> tuple[Lanes, Mask | None]:
        """Element indices inside the view's memory, and the lanes whose indices are in bounds."""
        flat: Any = view.offset
        for axis, (index, size, stride) in enumerate(
            zip(indices, view.shape, view.strides, strict=True)
        ):
            if is_uniform(index) and is_uniform(size):
                index = int(index)
                if index < 0 and index >= -size:
                    reporting.report_negative(self, site, view, axis, mask)
                    index += int(size)
                if not 0 <= index < size:
                    reporting.report_outside(self, site, view, axis, index, size, mask, mask.first)
                    return np.asarray(0), None
            else:
                index, kept = self.check_lanes(site, view, axis, index, size, mask)
                if kept is None:
                    return np.asarray(0), None
                mask = kept
            flat = flat + (index if is_one(stride) else index * stride)
        return np.asarray(flat), mask

    def check_lanes(
        self, site: Site, view: View, axis: int, index: Any, size: Any, mask: Mask
    ) -> tuple[Lanes, Mask | None]:
        index = np.asarray(index)
        if index.dtype != np.int64:
            index = index.astype(np.int64)
        # As unsigned numbers, negative indices are beyond any size: one comparison for both.
        bad = index.view(np.uint64) >= np.asarray(size, np.uint64)
        if not mask.is_whole:
            bad = bad & mask.bits
        if not bad.any():
            return index, mask
        bad = np.broadcast_to(bad, mask.bits.shape)
        negative = bad & (index < 0) & (index >= -np.asarray(size, np.int64))
        if negative.any():
            reporting.report_negative(self, site, view, axis, Mask(negative))
            index = np.where(negative, index + size, index)
            bad = bad & ~negative
        if bad.any():
            lane = int(bad.argmax())
            at = int(index if is_uniform(index) else index[lane])
            limit = int(size if is_uniform(size) else size[lane])
            reporting.report_outside(self, site, view, axis, at, limit, Mask(bad), lane)
            mask = mask.without(bad)
        return index, mask if mask.count else None

    def load(self, site: Site, view: View, indices: list[Any], mask: Mask) -> Lanes:
        flat, kept = self.locate(site, view, indices, mask)
        memory = view.memory
        self.spend_access(memory, site.line)
        if kept is None:
            return np.asarray(poison(memory.dtype))
        if memory.space != "local":
            count_access(site, flat, kept)
        if is_uniform(flat) and memory.space in ("global", "const"):
            if memory.shadow is not None:
                lanes = kept.index
                self.note_read(site, memory, np.full(len(lanes), int(flat)), lanes)
            return np.asarray(memory.entries[int(flat)])
        places = memory.place(flat, self.geometry)
        if memory.shadow is not None or not memory.is_filled:
            self.check_read(site, memory, places, kept)
        return np.asarray(memory.entries.take(places, mode="clip"))

    def check_read(self, site: Site, memory: Memory, places: Lanes, mask: Mask) -> None:
        lanes = mask.index
        places = places if mask.is_whole else places[lanes]
        unwritten = memory.find_unwritten(places)
        if unwritten is not None:
            memory.poison(places[unwritten])
            reporting.report_unwritten(self, site, memory, places, lanes, unwritten)
        if memory.shadow is not None:
            self.note_read(site, memory, places, lanes)

    def note_read(self, site: Site, memory: Memory, places: Lanes, lanes: Lanes) -> None:
        assert memory.shadow is not None
        conflict = memory.shadow.read(places, lanes, site.line)
        if conflict is not None:
            reporting.report_race(self, site, memory, conflict)

    def store(self, site: Site, view: View, indices: list[Any], value: Lanes, mask: Mask) -> None:
        self.loaded.clear()
        flat, kept = self.locate(site, view, indices, mask)
        memory = view.memory
        self.spend_access(memory, site.line)
        if kept is None:
            return
        if memory.space != "local":
            count_access(site, flat, kept)
        lanes = kept.index
        places = np.asarray(memory.place(flat, self.geometry))
        if is_uniform(places):
            places = np.full(len(lanes), int(places))
        elif not kept.is_whole:
            places = places[lanes]
        if not is_uniform(value) and not kept.is_whole:
            value = value[lanes]
        value = value.astype(memory.dtype, copy=False)
        if memory.shadow is not None:
            self.note_write(site, memory, places, lanes, value)
        memory.entries[places] = value
        memory.mark_written(places)

    def note_write(
        self, site: Site, memory: Memory, places: Lanes, lanes: Lanes, value: Lanes
    ) -> None:
        assert memory.shadow is not None
        unchanged = equal_bits(memory.entries[places], value)
        for conflict in memory.shadow.write(places, lanes, site.line, unchanged, atomic=False):
            if conflict.kind == "several at once":
                conflict = replace(conflict, is_benign=all_agree(places, value))
            reporting.report_race(self, site, memory, conflict)

    def check_atomic(
        self, site: Site, memory: Memory, places: Lanes, lanes: Lanes, mask: Mask
    ) -> None:
        """An atomic reads and writes; against other atomics it never races."""
        self.loaded.clear()
        unwritten = memory.find_unwritten(places)
        if unwritten is not None:
            memory.poison(places[unwritten])
            reporting.report_unwritten(self, site, memory, places, lanes, unwritten)
        if memory.shadow is not None:
            changed = np.zeros(len(lanes), np.bool_)
            for conflict in memory.shadow.write(places, lanes, site.line, changed, atomic=True):
                reporting.report_race(self, site, memory, conflict)
            self.order.pass_atomic(mask)

    # Reports


def is_one(stride: Any) -> bool:
    return isinstance(stride, int) and stride == 1


def equal_bits(left: Lanes, right: Lanes) -> Lanes:
    """Where two values are the same, nan counting as equal to nan."""
    return np.asarray((left == right) | ((left != left) & (right != right)))


def all_agree(places: Lanes, value: Lanes) -> bool:
    """Whether everyone who stores to a place stores the same value there."""
    if is_uniform(value):
        return True
    order = np.argsort(places, kind="stable")
    same_place = places[order][1:] == places[order][:-1]
    return bool(equal_bits(value[order][1:], value[order][:-1])[same_place].all())
