"""Claiming runs for slots: one as soon as a slot is free, and in a stream one before that."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from sqlalchemy.orm import Session

from grader.errors import SystemFault
from grader.service.executing import Executor, Prepared
from grader.store.runs import Lease

SHORT_S = 0.25
"""A grading that took no longer is short: claiming the next is then a good part of the whole."""
AHEAD_S = 0.3
"""A run that was claimed ahead and finds no slot for so long goes back: another host may be free,
and its student may hand in again or think better of it."""
STOP_S = 5.0
"""For slots that wait to hear that there is nothing more: microseconds, if they run at all."""
PAUSE_S = 1.0
LONGEST_PAUSE_S = 5.0
"""Before it is tried again, when the database did not answer or the disk was full: doubled each
time, up to what a student would hardly notice once all is well again."""

log = logging.getLogger("grader.service")


class Claimer:
    """A thread that claims runs and lays them out for slots that ask for them.

    While short gradings come one after another, one run for all slots is claimed before a slot is
    free: it is held like those under way, may be overtaken by nothing, and goes back to the queue
    when no slot takes it soon. Work that nobody rings for is found within `look_every_s`.
    """

    def __init__(
        self,
        executor: Executor,
        claim: Callable[[Session], Lease | None],
        look_every_s: float,
        ahead_s: float = AHEAD_S,
    ) -> None:
        self._executor = executor
        self._claim = claim
        self._look_every_s = look_every_s
        self._ahead_s = ahead_s
        self._changed = threading.Condition()
        self._ready: deque[Prepared] = deque()
        self._free = 0
        self._rings = 0
        self._may_be_ahead = False
        """Whether one may be claimed for which no slot is free: until there is none."""
        self._back_at = 0.0
        """When the last that was claimed goes back, should no slot be free for it."""
        self._is_claiming = False
        self._is_over = False
        self._thread = threading.Thread(target=self._work, name="claimer", daemon=True)

    def start(self) -> None:
        """Begin to claim."""
        self._thread.start()

    def wake(self) -> None:
        """Something was queued, or released."""
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def take(self, last_took_s: float | None) -> Prepared | None:
        """For a free slot: the next run, once there is one; None when nothing more is claimed.

        `last_took_s` is how long the grading took that the slot comes from, None for none.
        """
        with self._changed:
            self._may_be_ahead = last_took_s is not None and last_took_s <= SHORT_S
            # What was graded may be queued again, without a ring.
            self._rings += 1
            self._free += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ready or (self._is_over and not self._is_claiming))
            self._free -= 1
            self._changed.notify_all()
            # What was claimed for a free slot is its own, though all are told to stop.
            return self._ready.popleft() if self._ready else None

    def stop(self) -> None:
        """Claim nothing more; what no slot has taken goes back to the queue."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._free, STOP_S)
        self._thread.join()
        while self._ready:
            self._executor.give_back(self._ready.popleft())

    def _work(self) -> None:
        pause_s = PAUSE_S
        while not self._is_over:
            try:
                self._go_on()
                pause_s = PAUSE_S
            except Exception as trouble:
                # The database may be away for a moment; what was claimed is swept up later.
                is_ours = not isinstance(trouble, SystemFault)
                log.error("nothing was claimed; tried again: %s", trouble, exc_info=is_ours)
                with self._changed:
                    self._changed.wait_for(lambda: self._is_over, pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    def _go_on(self) -> None:
        """Claim one run that is wanted, or give one back that nobody has wanted for long."""
        with self._changed:
            while not (self._is_over or self._wants_one() or self._has_waited()):
                self._changed.wait(self._find_patience_s())
            if self._is_over:
                return
            late = self._ready.pop() if self._has_waited() else None
            self._may_be_ahead = self._may_be_ahead and late is None
            rings = self._rings
            self._is_claiming = late is None
        if late is not None:
            self._executor.give_back(late)
            return
        prepared = None
        try:
            prepared = self._executor.take(self._claim)
        finally:
            with self._changed:
                self._is_claiming = False
                if prepared is not None:
                    self._ready.append(prepared)
                    self._back_at = time.monotonic() + self._ahead_s
                self._changed.notify_all()
        if prepared is None:
            with self._changed:
                self._may_be_ahead = self._may_be_ahead and self._rings != rings
                self._changed.wait_for(
                    lambda: self._rings != rings or self._is_over, self._look_every_s
                )

    def _wants_one(self) -> bool:
        return len(self._ready) < self._free or (self._may_be_ahead and not self._ready)

    def _has_waited(self) -> bool:
        return bool(self._ready) and not self._free and time.monotonic() >= self._back_at

    def _find_patience_s(self) -> float | None:
        if self._ready and not self._free:
            return max(0.0, self._back_at - time.monotonic())
        return None
