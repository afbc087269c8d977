"""The timer of whoever grades: says that it lives, hears of cancellations, sweeps up the dead.

A timer and no job: a job that sweeps could itself be what is stuck.
"""

from __future__ import annotations

import datetime as dt
import logging
import socket
import threading
import time
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.service.executing import Executor
from grader.service.settings import Settings
from grader.store import runs
from grader.store.clock import CLOCK
from grader.store.database import Store
from grader.store.schema import GradingRun, RunState, Worker
from grader.store.types import now

HEAR_EVERY_S = 0.5
"""A cancelled grading stops within a second."""
RECONCILE_EVERY_S = 60.0
LOST_AFTER_S = 60.0
"""A run that has waited so long without a job has none; sooner, its own may be on the way."""

log = logging.getLogger("grader.service")


class Supervisor:
    """One thread beside an executor; `name` is how the operator's page calls this process."""

    def __init__(
        self,
        executor: Executor,
        name: str,
        *,
        queues: Sequence[str],
        slots: int,
        reconciles: bool,
    ) -> None:
        self._executor = executor
        self._store: Store = executor.store
        self._settings: Settings = executor.settings
        self._name, self._queues, self._slots = name, list(queues), slots
        self._reconciles = reconciles
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Appear among the workers, and begin."""
        self._set_clock()
        self._store.attempt(self._register)
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and say so to the operator."""
        self._stopped.set()
        if self._thread:
            self._thread.join(10)
        self._store.attempt(self._leave)

    def _register(self, session: Session) -> None:
        worker = session.get(Worker, self._name) or Worker(name=self._name)
        worker.host = socket.gethostname()
        worker.queues, worker.slots = self._queues, self._slots
        worker.started_at = worker.heartbeat_at = now()
        worker.stopped_at = None
        session.add(worker)

    def _leave(self, session: Session) -> None:
        worker = session.get(Worker, self._name)
        if worker:
            worker.stopped_at = now()

    def _watch(self) -> None:
        settings = self._settings
        steps = [
            (HEAR_EVERY_S, self._hear),
            (settings.heartbeat_s, self._beat),
            (settings.sweep_s, self._sweep),
        ]
        if self._reconciles:
            steps.append((min(RECONCILE_EVERY_S, 2 * settings.sweep_s), self._reconcile))
        due = [time.monotonic() + period for period, _ in steps]
        while not self._stopped.wait(min(HEAR_EVERY_S, settings.heartbeat_s)):
            for index, (period, step) in enumerate(steps):
                if time.monotonic() >= due[index]:
                    due[index] = time.monotonic() + period
                    try:
                        step()
                    except Exception as trouble:
                        # The database may be away; the next round may find it back.
                        log.warning("supervising: %s", trouble)

    def _hear(self) -> None:
        held = self._executor.list_held()
        if not held:
            return
        with self._store.read() as session:
            asked = session.scalars(
                select(GradingRun.lease_token).where(
                    GradingRun.lease_token.in_(held), GradingRun.cancel_asked_at.is_not(None)
                )
            )
            self._executor.revoke({token for token in asked if token})

    def _set_clock(self) -> None:
        was_s = CLOCK.ahead_s
        ahead_s = CLOCK.compare(self._store)
        if ahead_s and not was_s:
            log.warning(
                "this host's clock is %.0f s %s the database's, whose time is used; set it by NTP",
                abs(ahead_s),
                "ahead of" if ahead_s > 0 else "behind",
            )

    def _beat(self) -> None:
        self._set_clock()
        held = self._executor.list_held()

        def beat(session: Session) -> set[str]:
            worker = session.get(Worker, self._name)
            if worker:
                worker.heartbeat_at = now()
            return runs.beat(session, held)

        self._executor.revoke(self._store.attempt(beat))

    def _sweep(self) -> None:
        """Bury what nobody has said to hold for long, and queue it again."""
        before = now() - dt.timedelta(seconds=self._settings.stale_s)

        def sweep(session: Session) -> int:
            stale = runs.find_stale(session, before)
            for run_id, token in stale:
                words = "its worker was not heard of any more"
                became = runs.bury(session, run_id, token, words, host_died=True)
                if became is RunState.QUEUED:
                    self._executor.deliver(session, run_id)
            return len(stale)

        count = self._store.attempt(sweep)
        if count:
            log.warning("took back %d gradings of workers that are gone", count)

    def _reconcile(self) -> None:
        from grader.store.delivery import deliver_lost

        wait_s = min(LOST_AFTER_S, 2 * self._settings.stale_s)
        lost = self._store.attempt(lambda session: deliver_lost(session, wait_s))
        if lost:
            log.warning("delivered %d runs again", lost)
