"""The embedded engine: rows in the database, and a pool of grading processes below this one."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service.executing import Executor
from grader.service.settings import Settings
from grader.service.slot_process import SlotStopped
from grader.service.supervising import Supervisor
from grader.store import runs
from grader.store.database import Store
from grader.store.schema import GradingRun

LOOK_EVERY_S = 1.0
"""Work that another process queued, as `grade admin` may, is found this soon."""

log = logging.getLogger("grader.service")


class EmbeddedEngine:
    """Grades in processes below this one. One such engine a database, held by a lock file."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._executor = Executor(store, settings)
        self._bell = threading.Condition()
        self._rings = 0
        self._is_draining = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock_file = -1
        self.name = f"embedded@{socket.gethostname()}"
        self._supervisor = Supervisor(
            self._executor,
            self.name,
            queues=settings.queues,
            slots=settings.slot_count,
            reconciles=False,
        )

    def enqueue(self, session: Session, runs: Sequence[GradingRun]) -> None:
        """Nothing: the row is the queue."""

    def wake(self) -> None:
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def start(self) -> None:
        """Take up what an earlier process left, then grade.

        Errors   UsageError when another service grades from this database already.
        """
        self._lock(self._settings.folder / "engine.lock")
        self._recover()
        self._supervisor.start()
        for index in range(self._settings.slot_count):
            thread = threading.Thread(target=self._work, name=f"slot-{index}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, drain_s: float) -> None:
        self._is_draining.set()
        self.wake()
        given_up_at = time.monotonic() + drain_s
        for thread in self._threads:
            thread.join(max(0.0, given_up_at - time.monotonic()))
        self._executor.is_stopping.set()
        for thread in self._threads:
            thread.join(10)
        self._threads.clear()
        self._supervisor.stop()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    def count_slots(self, queue: str) -> int:
        return self._settings.slot_count

    def _lock(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise UsageError(
                f"another service grades from {self._settings.folder} already;"
                " stop it, or use PostgreSQL and `grade worker` for several"
            ) from None
        self._lock_file = descriptor

    def _recover(self) -> None:
        """What was under way when an earlier process ended is nobody's: the lock proves it."""

        def take_back(session: Session) -> int:
            stale = runs.find_stale(session, None)
            for run_id, token in stale:
                words = "the service ended while it graded this"
                runs.bury(session, run_id, token, words, host_died=True)
            return len(stale)

        count = self._store.attempt(take_back)
        if count:
            log.warning("took back %d gradings that an earlier process left", count)

    def _work(self) -> None:
        slot = self._executor.make_slot()
        slot.warm_up()
        try:
            while not self._is_draining.is_set():
                with self._bell:
                    rings = self._rings
                try:
                    slot.prepare(lambda: not self._is_draining.is_set())
                    lease = self._claim()
                    if lease is not None:
                        self._executor.execute(lease, slot)
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

    def _claim(self) -> runs.Lease | None:
        # Looking takes no lock; most looks find nothing.
        with self._store.read() as session:
            if runs.find_next(session, self._settings.queues) is None:
                return None
        # Another slot may have been quicker: what is next by now.
        return self._store.attempt(
            lambda session: runs.claim_next(session, self._settings.queues, self.name)
        )
