"""A thread for each slot: it claims the most urgent row, has it graded, and claims the next."""

from __future__ import annotations

import logging
import socket
import threading
import time

from grader.service.executing import Executor
from grader.service.settings import Settings
from grader.service.slot_process import Slot, SlotStopped
from grader.service.supervising import Supervisor
from grader.store import runs
from grader.store.database import Store

LOOK_EVERY_S = 1.0
"""Work that another process queued, as `grade admin` may, is found this soon."""
SETTLE_S = 10.0
"""What is graded is kept within milliseconds; a database that is away may come back."""

log = logging.getLogger("grader.service")


class Slots:
    """All slots of the embedded engine, and the supervisor beside them."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._executor = Executor(store, settings)
        self._bell = threading.Condition()
        self._rings = 0
        self._is_draining = threading.Event()
        self._threads: list[threading.Thread] = []
        self._name = f"embedded@{socket.gethostname()}"
        self._supervisor = Supervisor(
            self._executor,
            self._name,
            queues=settings.queues,
            slots=settings.slot_count,
            reconciles=False,
        )

    def start(self) -> None:
        """Begin to grade."""
        self._supervisor.start()
        for index in range(self._settings.slot_count):
            thread = threading.Thread(target=self._work, name=f"slot-{index}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Something was enqueued, or released, and kept."""
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def stop(self, drain_s: float) -> None:
        """Take nothing new; let what is under way end, then give it back to the queue."""
        self._is_draining.set()
        self.wake()
        given_up_at = time.monotonic() + drain_s
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
        is_busy = False
        try:
            while not self._is_draining.is_set():
                with self._bell:
                    rings = self._rings
                try:
                    is_busy = self._grade_next(slot, is_busy)
                    if is_busy:
                        continue
                except SlotStopped:
                    break
                except Exception:
                    # The database may be away for a moment; what was claimed is swept up later.
                    log.exception("a slot failed; it goes on")
                    time.sleep(1)
                with self._bell:
                    if self._rings == rings and not self._is_draining.is_set():
                        self._bell.wait(LOOK_EVERY_S)
        finally:
            slot.kill()

    def _grade_next(self, slot: Slot, is_busy: bool) -> bool:
        """Whether there was anything to grade."""
        slot.prepare(lambda: not self._is_draining.is_set())
        lease = self._claim(is_busy)
        if lease is not None:
            self._executor.execute(lease, slot)
        return lease is not None

    def _claim(self, is_busy: bool) -> runs.Lease | None:
        # Looking takes no lock, and most looks find nothing, unless the last one did.
        if not is_busy:
            with self._store.read() as session:
                if runs.find_next(session, self._settings.queues) is None:
                    return None
        # Another slot may have been quicker: what is next by now. A claim that a crash forgets
        # is made again; its result finds no lease.
        return self._store.attempt(
            lambda session: runs.claim_next(session, self._settings.queues, self._name),
            is_durable=False,
        )
