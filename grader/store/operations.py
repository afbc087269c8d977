"""What an operator wants to know: workers, queues, quarantine, sizes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.store.schema import Blob, GradingRun, Passback, RunState, Submission, Worker
from grader.store.types import now


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue."""

    name: str
    waiting: int
    running: int
    oldest_s: float
    """Age of what has waited longest; 0 where nothing waits."""


def read_queues(session: Session) -> list[QueueState]:
    """Every queue with something in it, by name."""
    rows = session.execute(
        select(GradingRun.queue, GradingRun.state, func.count(), func.min(GradingRun.queued_at))
        .where(GradingRun.state.in_((RunState.QUEUED, RunState.RUNNING)))
        .group_by(GradingRun.queue, GradingRun.state)
    ).all()
    moment = now()
    found = []
    for name in sorted({row[0] for row in rows}):
        counts = {state: count for queue, state, count, _ in rows if queue == name}
        oldest = [since for queue, state, _, since in rows
                  if queue == name and state == RunState.QUEUED]  # fmt: skip
        age_s = (moment - oldest[0]).total_seconds() if oldest else 0.0
        found.append(
            QueueState(name, counts.get(RunState.QUEUED, 0), counts.get(RunState.RUNNING, 0), age_s)
        )
    return found


def read_workers(session: Session, silent_s: float) -> list[tuple[Worker, bool]]:
    """Workers of the last day, and whether each is heard of."""
    since = now() - dt.timedelta(days=1)
    alive = now() - dt.timedelta(seconds=silent_s)
    rows = session.scalars(select(Worker).where(Worker.heartbeat_at > since).order_by(Worker.name))
    return [(row, row.stopped_at is None and row.heartbeat_at > alive) for row in rows]


def read_quarantine(session: Session) -> list[GradingRun]:
    """Gradings that were set aside, the latest first."""
    return list(
        session.scalars(
            select(GradingRun)
            .where(GradingRun.state == RunState.QUARANTINED)
            .order_by(GradingRun.id.desc())
            .limit(200)
        )
    )


def count_runs(session: Session) -> dict[str, int]:
    """Gradings by state."""
    rows = session.execute(select(GradingRun.state, func.count()).group_by(GradingRun.state))
    return {state: count for state, count in rows}  # noqa: C416


def count_failing_passbacks(session: Session) -> int:
    """Scores that a learning platform has refused so far; they are tried again."""
    failing = select(func.count()).where(
        Passback.version > Passback.sent_version, Passback.tries > 0, Passback.last_error != ""
    )
    return session.scalar(failing) or 0


def measure_store(session: Session) -> dict[str, int]:
    """How much is kept."""
    return {
        "submissions": session.scalar(select(func.count()).select_from(Submission)) or 0,
        "blobs": session.scalar(select(func.count()).select_from(Blob)) or 0,
        "blob_bytes": session.scalar(select(func.coalesce(func.sum(Blob.size), 0))) or 0,
    }
