"""What the service asks of an engine: to deliver gradings, and to stop well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from grader.service.settings import Settings
from grader.store.database import Store
from grader.store.schema import GradingRun


class Engine(Protocol):
    """Delivers runs whose rows are in the store. The rows are the truth; this may forget."""

    def enqueue(self, session: Session, runs: Sequence[GradingRun]) -> None:
        """Deliver runs once the session's transaction is kept; nothing if it isn't."""

    def wake(self) -> None:
        """Something was enqueued, or released, and kept."""

    def start(self) -> None:
        """Begin to grade, or to supervise, in this process."""

    def stop(self, drain_s: float) -> None:
        """Take nothing new; let what is under way end, then give it back to the queue."""

    def count_slots(self, queue: str) -> int:
        """How many gradings can be under way at once, for estimates."""


def make_engine(store: Store, settings: Settings) -> Engine:
    """The engine that the settings name."""
    if settings.engine_name == "embedded":
        from grader.service.embedded import EmbeddedEngine

        return EmbeddedEngine(store, settings)
    from grader.service.distributed import DistributedEngine

    return DistributedEngine(store, settings)
