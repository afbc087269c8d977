"""A thread for each slot: it takes the next run that was claimed, has it graded, and goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from grader.service.claiming import Claimer
from grader.service.executing import Executor
from grader.service.settings import Settings
from grader.service.slot_process import Slot, SlotStopped
from grader.service.supervising import Supervisor
from grader.store.runs import Lease

PAUSE_S = 1.0
"""Before a slot that failed is tried again."""
SETTLE_S = 10.0
"""What is graded is kept within milliseconds; a database that is away may come back."""

log = logging.getLogger("grader.service")


class Slots:
    """All slots of one process, whatever delivers to it, with their claimer and supervisor.

    `claim` takes the most urgent run in a session's transaction; `name` is what the operator sees.
    """

    def __init__(
        self,
        executor: Executor,
        claim: Callable[[Session], Lease | None],
        *,
        name: str,
        look_every_s: float,
        reconciles: bool,
    ) -> None:
        self._settings: Settings = executor.settings
        self._executor = executor
        self._claimer = Claimer(executor, claim, look_every_s)
        self._is_draining = threading.Event()
        self._threads: list[threading.Thread] = []
        self._supervisor = Supervisor(
            executor,
            name,
            queues=self._settings.queues,
            slots=self._settings.slot_count,
            reconciles=reconciles,
        )

    def start(self) -> None:
        """Begin to grade."""
        self._supervisor.start()
        self._claimer.start()
        for index in range(self._settings.slot_count):
            thread = threading.Thread(target=self._work, name=f"slot-{index}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Something was enqueued, or released, and kept."""
        self._claimer.wake()

    def stop(self, drain_s: float) -> None:
        """Take nothing new; let what is under way end, then give it back to the queue."""
        given_up_at = time.monotonic() + drain_s
        self._is_draining.set()
        self._claimer.stop()
        for thread in self._threads:
            thread.join(max(0.0, given_up_at - time.monotonic()))
        self._executor.is_stopping.set()
        for thread in self._threads:
            thread.join(10)
        self._executor.settle(SETTLE_S)
        self._supervisor.stop()
        self._executor.close()

    def _work(self) -> None:
        slot = self._executor.make_slot()
        slot.warm_up()
        took_s = None
        try:
            while not self._is_draining.is_set():
                try:
                    took_s = self._grade_next(slot, took_s)
                except SlotStopped:
                    break
                except Exception:
                    log.exception("a slot failed; it goes on")
                    self._is_draining.wait(PAUSE_S)
        finally:
            slot.kill()

    def _grade_next(self, slot: Slot, last_took_s: float | None) -> float | None:
        """How long it took."""
        slot.prepare(lambda: not self._is_draining.is_set())
        prepared = self._claimer.take(last_took_s)
        if prepared is None:
            return None
        started = time.monotonic()
        self._executor.execute(prepared, slot)
        return time.monotonic() - started
