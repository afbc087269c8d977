"""The distributed engine, as the web process sees it: jobs are deferred, workers do them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service.settings import Settings
from grader.store.database import Store
from grader.store.delivery import deliver
from grader.store.schema import GradingRun, Worker
from grader.store.types import now


class DistributedEngine:
    """Delivers through Procrastinate, on PostgreSQL; `grade worker` on any host does the work."""

    def __init__(self, store: Store, settings: Settings) -> None:
        if store.is_sqlite:
            raise UsageError("the distributed engine needs PostgreSQL: --database postgresql://…")
        self._store = store
        self._settings = settings

    def enqueue(self, session: Session, runs: Sequence[GradingRun]) -> None:
        deliver(session, runs)

    def wake(self) -> None:
        """Nothing: the database notifies the workers."""

    def start(self) -> None:
        """Nothing: workers are processes of their own, and they sweep up after one another."""

    def stop(self, drain_s: float) -> None:
        """Nothing is under way in this process."""

    def count_slots(self, queue: str) -> int:
        """The slots of all workers that were heard of lately and serve a queue."""
        with self._store.read() as session:
            since = now() - dt.timedelta(seconds=2 * self._settings.stale_s)
            workers = session.execute(
                select(Worker.queues, Worker.slots).where(
                    Worker.heartbeat_at > since, Worker.stopped_at.is_(None)
                )
            )
            return sum(slots for queues, slots in workers if queue in queues)
