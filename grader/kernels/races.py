"""Data races: who touched an entry last, and whether anything orders that before this access.

Every access has a moment, counted over the launch. Two accesses of one entry by different
threads, at least one a write and not both atomic, are ordered when

- both threads are of one block and all of it passed a barrier in between,
- both are of one warp and it passed `syncwarp` in between, or
- the first thread's block issued a fence and then an atomic, and the second thread's block
  an atomic after that one (how the last block to arrive collects what the others left).

Of writers the last is kept: an earlier one is either ordered before it or already reported.
Of readers those since the last barrier are logged whole, and folded into three an entry
(one, another of its block, one of another block) only when somebody writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.kernels.lanes import Geometry, Lanes, Mask
from grader.kernels.limits import WARP

# Beyond this many logged reads they are folded, so that a log cannot outgrow its array.
LOG_LENGTH = 64


class Order:
    """What has been ordered so far: barriers, warp syncs, and fences followed by atomics."""

    def __init__(self, total_blocks: int) -> None:
        self.moment = 0
        self.lines: list[int] = [0]
        """The source line of each moment."""
        self.fenced = np.zeros(total_blocks, np.int64)
        self.released = np.zeros(total_blocks, np.int64)
        self.released_fence = np.zeros(total_blocks, np.int64)
        self.acquired = np.zeros(total_blocks, np.int64)

    def enter(self, geometry: Geometry) -> None:
        """Start on other blocks of the grid."""
        self.geometry = geometry
        self.first_thread = int(geometry.block_numbers[0]) * geometry.padded
        self.barrier = np.full(geometry.block_count, -1, np.int64)
        self.warp_sync = np.full(geometry.lane_count // WARP, -1, np.int64)
        self.all_barrier = -1

    def tick(self, line: int) -> int:
        self.moment += 1
        self.lines.append(line)
        return self.moment

    def pass_barrier(self, blocks: npt.NDArray[np.bool_]) -> None:
        self.tick(0)
        self.barrier[blocks] = self.moment
        self.warp_sync[np.repeat(blocks, self.geometry.warps_per_block)] = self.moment
        if blocks.all():
            self.all_barrier = self.moment

    def sync_warps(self, mask: Mask) -> None:
        self.tick(0)
        self.warp_sync[mask.active_warps] = self.moment

    def fence(self, mask: Mask) -> None:
        self.fenced[self._blocks(mask)] = self.tick(0)

    def pass_atomic(self, mask: Mask) -> None:
        blocks = self._blocks(mask)
        self.acquired[blocks] = self.moment
        after_fence = blocks[self.fenced[blocks] > self.released_fence[blocks]]
        self.released[after_fence] = self.moment
        self.released_fence[after_fence] = self.fenced[after_fence]

    def _blocks(self, mask: Mask) -> Lanes:
        return self.geometry.block_numbers[np.unique(self.geometry.block_of[mask.index])]

    def is_ordered(self, who: Lanes, when: Lanes, me: Lanes, lanes: Lanes) -> Lanes:
        """Whether access `when` by thread `who` comes before one that `me` makes now."""
        padded = self.geometry.padded
        theirs, mine = who // padded, me // padded
        same_block = theirs == mine
        ordered = same_block & (self.barrier[lanes // padded] > when)
        ordered |= (who // WARP == me // WARP) & (self.warp_sync[lanes // WARP] > when)
        if not same_block.all():
            release, acquire = self.released[theirs], self.acquired[mine]
            earlier = (release < acquire) | ((release == acquire) & (theirs < mine))
            ordered |= ~same_block & (self.released_fence[theirs] > when) & earlier
        return np.asarray(ordered)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Accesses that nothing orders; the first of them described."""

    kind: str
    place: int
    thread: int
    other_thread: int
    other_line: int
    count: int
    is_benign: bool
    """Every one of them stored the value that was there already."""


class Shadow:
    """The accessors of each entry of one memory. Threads are kept plus 1: 0 is nobody."""

    def __init__(self, size: int, order: Order, *, per_block: bool) -> None:
        self.order = order
        self.per_block = per_block
        self.last_write = -1
        self.writer = np.zeros(size, np.int64 if order.fenced.size > 2**20 else np.int32)
        self.written_at = np.zeros(size, np.int32)
        """Twice the moment, plus 1 for an atomic."""
        self.log: list[tuple[Lanes, Lanes, int]] = []
        self.readers: list[tuple[Lanes, Lanes]] | None = None

    def read(self, places: Lanes, lanes: Lanes, line: int) -> Conflict | None:
        moment = self.order.tick(line)
        self.log.append((places, lanes, moment))
        found = None
        if not (self.per_block and self.last_write < self.order.all_barrier):
            found = self._clash(self.writer, self.written_at, "read after write", places, lanes)
        if len(self.log) >= LOG_LENGTH:
            self.fold_log()
        return found

    def write(
        self, places: Lanes, lanes: Lanes, line: int, unchanged: Lanes, *, atomic: bool
    ) -> list[Conflict]:
        """Note a store or an atomic. `unchanged`: where it stores what was there already."""
        moment = self.order.tick(line)
        self.fold_log()
        found = []
        if not (self.per_block and self.last_write < self.order.all_barrier):
            found.append(
                self._clash(
                    self.writer,
                    self.written_at,
                    "write after write",
                    places,
                    lanes,
                    unchanged,
                    atomic=atomic,
                )
            )
        for who, when in self.readers or ():
            found.append(self._clash(who, when, "write after read", places, lanes, unchanged))
        me = self._threads(lanes) + 1
        self.writer[places] = me
        self.written_at[places] = 2 * moment + atomic
        self.last_write = moment
        if not atomic and (lost := self.writer[places] != me).any():
            found.append(self._tie(places, lanes, lost, line))
        return [conflict for conflict in found if conflict is not None]

    def pass_barrier(self, *, everyone: bool) -> None:
        """Nothing read before a barrier that all pass can race inside a block any more."""
        if everyone and self.per_block:
            self.log.clear()
            self.readers = None
        else:
            self.fold_log()

    def fold_log(self) -> None:
        log, self.log = self.log, []
        for places, lanes, moment in log:
            self._fold(places, lanes, moment)

    def _fold(self, places: Lanes, lanes: Lanes, moment: int) -> None:
        if self.readers is None:
            self.readers = [
                (np.zeros_like(self.writer), np.zeros_like(self.written_at)) for _ in range(3)
            ]
        (one, one_at), (other, other_at), (foreign, foreign_at) = self.readers
        padded = self.order.geometry.padded
        me = self._threads(lanes)
        who = one[places]
        abroad = (who != 0) & ((who - 1) // padded != me // padded)
        foreign[places[abroad]], foreign_at[places[abroad]] = me[abroad] + 1, 2 * moment
        barrier = self.order.barrier[lanes // padded]
        free = (who == 0) | (~abroad & (one_at[places] // 2 < barrier))
        one[places[free]], one_at[places[free]] = me[free] + 1, 2 * moment
        more = ~abroad & (one[places] != me + 1)
        other[places[more]], other_at[places[more]] = me[more] + 1, 2 * moment

    def _threads(self, lanes: Lanes) -> Lanes:
        return np.asarray(lanes + self.order.first_thread)

    def _clash(
        self,
        who: Lanes,
        when: Lanes,
        kind: str,
        places: Lanes,
        lanes: Lanes,
        unchanged: Any = None,
        *,
        atomic: bool = False,
    ) -> Conflict | None:
        earlier = who[places]
        me = self._threads(lanes)
        other = (earlier != 0) & (earlier != me + 1)
        if atomic:
            other &= when[places] % 2 == 0
        if not other.any():
            return None
        subset = np.flatnonzero(other)
        at = when[places[subset]]
        ordered = self.order.is_ordered(
            earlier[subset].astype(np.int64) - 1, at // 2, me[subset], lanes[subset]
        )
        if ordered.all():
            return None
        bad = subset[~ordered]
        benign = unchanged is not None and bool(np.all(unchanged[bad]))
        first = int(bad[0])
        return Conflict(
            kind=kind,
            place=int(places[first]),
            thread=int(me[first]),
            other_thread=int(earlier[first]) - 1,
            other_line=self.order.lines[int(when[places[first]]) // 2],
            count=len(bad),
            is_benign=benign,
        )

    def _tie(self, places: Lanes, lanes: Lanes, lost: Lanes, line: int) -> Conflict:
        """Several threads store to one entry in one instruction; the caller settles benignity."""
        first = int(lost.argmax())
        return Conflict(
            kind="several at once",
            place=int(places[first]),
            thread=int(self._threads(lanes)[first]),
            other_thread=int(self.writer[places[first]]) - 1,
            other_line=line,
            count=int(np.count_nonzero(lost)),
            is_benign=False,
        )
