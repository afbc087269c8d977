"""The life of a grading: claimed under a lease, then done, given back, or buried.

Every step is one statement that changes a row only under the lease that it was claimed with:
whoever comes late, a twin after a lost connection or a worker thought dead, changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from grader.errors import Conflict, NotFound
from grader.store.schema import (
    Assignment,
    Blob,
    Course,
    GradingRun,
    ProblemVersion,
    RunEvent,
    RunState,
    Submission,
)
from grader.store.types import now

DEATHS = 3
"""A grading whose own process died this often is set aside: the fourth would die too."""
STARTS = 10
"""Begun this often and never ended, a grading may be what takes its host down; a service that is
killed by somebody else seldom meets the same one twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One grading, claimed: all that is needed to do it."""

    run_id: int
    token: str
    starts: int
    deaths: int
    request_id: str
    assignment: str
    assignment_id: int
    user_id: int
    bundle_sha: str
    archive_sha: str
    archive: bytes | None
    """As the store keeps it; None once it is laid out, or when it is gone."""
    archive_name: str
    name: str
    secret: str


def claim_next(session: Session, queues: Sequence[str], worker: str) -> Lease | None:
    """Claim the most urgent waiting grading; None when nothing waits."""
    return _lease(session, _CLAIM_NEXT, worker, {"queues": list(queues)})


_NEXT = (
    select(GradingRun.id)
    .where(
        GradingRun.state == RunState.QUEUED,
        GradingRun.queue.in_(bindparam("queues", expanding=True)),
    )
    .order_by(GradingRun.priority.desc(), GradingRun.id)
    .limit(1)
)


def claim(session: Session, run_id: int, worker: str) -> Lease | None:
    """Claim one grading; None when it is not waiting any more."""
    return _lease(session, _CLAIM, worker, {"run": run_id})


def _lease(session: Session, statement: Any, worker: str, asked: Mapping[str, Any]) -> Lease | None:
    token, moment = str(uuid.uuid4()), now()
    connection = session.connection()
    claimed = connection.execute(
        statement, {**asked, "token": token, "by": worker, "moment": moment}
    ).scalar()
    if claimed is None:
        return None
    row = connection.execute(_LEASED, {"run_id": claimed}).one()
    return Lease(
        run_id=claimed,
        token=token,
        starts=row.starts,
        deaths=row.deaths,
        request_id=row.request_id,
        assignment=row.slug,
        assignment_id=row.assignment_id,
        user_id=row.user_id,
        bundle_sha=row.bundle_sha,
        archive_sha=row.archive_sha or "",
        archive=row.content,
        archive_name=row.archive_name,
        name=row.name,
        secret=row.secret,
    )


_RUNS: Any = GradingRun.__table__
_TAKE = (
    update(_RUNS)
    .where(_RUNS.c.state == RunState.QUEUED)
    .values(
        state=RunState.RUNNING,
        lease_token=bindparam("token"),
        worker=bindparam("by"),
        starts=_RUNS.c.starts + 1,
        started_at=bindparam("moment"),
        heartbeat_at=bindparam("moment"),
    )
    .returning(_RUNS.c.id)
)
_CLAIM = _TAKE.where(_RUNS.c.id == bindparam("run"))
_CLAIM_NEXT = _TAKE.where(_RUNS.c.id == _NEXT.scalar_subquery())
_LEASED = (
    select(
        GradingRun.starts,
        GradingRun.deaths,
        GradingRun.request_id,
        Assignment.slug,
        ProblemVersion.bundle_sha,
        Submission.assignment_id,
        Submission.user_id,
        Submission.archive_sha,
        Blob.content,
        Submission.archive_name,
        Submission.name,
        Course.secret,
    )
    .join(Submission, Submission.id == GradingRun.submission_id)
    .join(Assignment, Assignment.id == Submission.assignment_id)
    .join(Course, Course.id == GradingRun.course_id)
    .join(ProblemVersion, ProblemVersion.id == GradingRun.version_id)
    .outerjoin(Blob, Blob.sha256 == Submission.archive_sha)
    .where(GradingRun.id == bindparam("run_id"))
)


def beat(session: Session, tokens: Sequence[str]) -> set[str]:
    """Say that these leases are held still; those among them that a person wants cancelled."""
    if not tokens:
        return set()
    held = GradingRun.lease_token.in_(tokens)
    session.execute(
        update(GradingRun)
        .where(held, GradingRun.state == RunState.RUNNING)
        .values(heartbeat_at=now())
        .execution_options(synchronize_session=False)
    )
    # A lease that somebody else has taken is as good as cancelled.
    rows = session.execute(
        select(GradingRun.lease_token).where(
            held,
            GradingRun.state == RunState.RUNNING,
            GradingRun.cancel_asked_at.is_(None),
        )
    )
    return set(tokens) - {token for (token,) in rows}


def note_parts(session: Session, lease: Lease, parts: Sequence[dict[str, Any]]) -> None:
    """Keep what a grading has come to so far, for whoever watches; nothing once it is another's."""
    held = select(GradingRun.id).where(
        GradingRun.id == lease.run_id, GradingRun.lease_token == lease.token
    )
    if session.scalar(held.with_for_update(read=True)) is None:
        return
    session.execute(
        insert(RunEvent),
        [{"run_id": lease.run_id, "starts": lease.starts, "document": part} for part in parts],
    )


def give_back(session: Session, lease: Lease) -> RunState | None:
    """Put a grading back on the queue, as if it had never begun: nobody here goes on with it.

    Gives what became of it: queued, or cancelled as was asked; None when the lease was lost.
    """
    asked = GradingRun.cancel_asked_at.is_not(None)
    is_back = _end(
        session,
        lease,
        state=case((asked, RunState.CANCELLED.value), else_=RunState.QUEUED.value),
        finished_at=case((asked, now()), else_=None),
        lease_token=None,
        starts=GradingRun.starts - 1,
        started_at=None,
        heartbeat_at=None,
    )
    if not is_back:
        return None
    # What was told of it is told anew; a start that tells nothing forgets nothing either.
    session.execute(delete(RunEvent).where(RunEvent.run_id == lease.run_id))
    return _read_state(session, lease.run_id)


def bury(
    session: Session, run_id: int, token: str, fault: str, *, host_died: bool = False
) -> RunState | None:
    """Note that whoever graded this ended without a result: its own process, or its whole host.

    Gives what became of the grading: queued again, cancelled as was asked, or quarantined.
    None when the lease was not held any more.
    """
    asked = GradingRun.cancel_asked_at.is_not(None)
    is_last = GradingRun.starts >= STARTS if host_died else GradingRun.deaths + 1 >= DEATHS
    done: Any = session.execute(
        update(GradingRun)
        .where(
            GradingRun.id == run_id,
            GradingRun.lease_token == token,
            GradingRun.state == RunState.RUNNING,
        )
        .values(
            state=case(
                (asked, RunState.CANCELLED.value),
                (is_last, RunState.QUARANTINED.value),
                else_=RunState.QUEUED.value,
            ),
            finished_at=case((asked | is_last, now()), else_=None),
            deaths=GradingRun.deaths + (0 if host_died else 1),
            lease_token=None,
            heartbeat_at=None,
            fault=fault,
        )
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:
        return None
    session.execute(delete(RunEvent).where(RunEvent.run_id == run_id))
    return _read_state(session, run_id)


def find_stale(session: Session, before: dt.datetime | None) -> list[tuple[int, str]]:
    """Gradings under way whose worker was last heard of before this; all when None."""
    wanted = select(GradingRun.id, GradingRun.lease_token).where(
        GradingRun.state == RunState.RUNNING
    )
    if before is not None:
        wanted = wanted.where(GradingRun.heartbeat_at < before)
    return [(run_id, token or "") for run_id, token in session.execute(wanted)]


def cancel(session: Session, run_id: int) -> RunState:
    """Cancel a grading: at once while it waits, as soon as its worker hears of it otherwise.

    Errors   NotFound; Conflict when it has ended already.
    """
    moment = now()
    stopped: Any = session.execute(
        update(GradingRun)
        .where(GradingRun.id == run_id, GradingRun.state == RunState.QUEUED)
        .values(state=RunState.CANCELLED, finished_at=moment, cancel_asked_at=moment)
        .execution_options(synchronize_session=False)
    )
    if stopped.rowcount == 1:
        return RunState.CANCELLED
    asked: Any = session.execute(
        update(GradingRun)
        .where(GradingRun.id == run_id, GradingRun.state == RunState.RUNNING)
        .values(cancel_asked_at=moment)
        .execution_options(synchronize_session=False)
    )
    if asked.rowcount == 1:
        return RunState.RUNNING
    state = session.scalar(select(GradingRun.state).where(GradingRun.id == run_id))
    if state is None:
        raise NotFound("there is no such grading")
    raise Conflict(f"this grading is {state} already")


def end_cancelled(session: Session, lease: Lease) -> bool:
    """Note that a grading was stopped because a person asked for it."""
    return _end(session, lease, state=RunState.CANCELLED, finished_at=now(), lease_token=None)


def release_from_quarantine(session: Session, run_id: int) -> GradingRun:
    """Let a quarantined grading be tried again, from the start.

    Errors   NotFound; Conflict when it is not in quarantine.
    """
    run = session.get(GradingRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound("there is no such grading")
    if run.state != RunState.QUARANTINED:
        raise Conflict(f"this grading is {run.state}, not quarantined")
    run.state, run.deaths, run.finished_at = RunState.QUEUED, 0, None
    session.flush()
    return run


@dataclass(frozen=True, slots=True)
class Wait:
    """What a waiting student wants to know."""

    position: int
    """1 for the next."""
    estimate_s: float | None
    """None until something like it has been graded."""


def count_before(session: Session, run: GradingRun) -> int:
    """How many gradings of its queue go before a waiting one."""
    asked = {"queue": run.queue, "priority": run.priority, "id": run.id}
    return int(session.connection().execute(_BEFORE, asked).scalar_one())


_BEFORE = select(func.count()).where(
    GradingRun.state == RunState.QUEUED,
    GradingRun.queue == bindparam("queue"),
    (GradingRun.priority > bindparam("priority"))
    | ((GradingRun.priority == bindparam("priority")) & (GradingRun.id < bindparam("id"))),
)


def find_usual_time(session: Session, queue: str) -> float | None:
    """Seconds that half of the latest gradings on a queue took at most."""
    latest = session.execute(
        select(GradingRun.started_at, GradingRun.finished_at)
        .where(GradingRun.state == RunState.DONE, GradingRun.queue == queue)
        .order_by(GradingRun.id.desc())
        .limit(25)
    )
    times = sorted(
        (finished - started).total_seconds() for started, finished in latest if started and finished
    )
    return times[len(times) // 2] if times else None


def find_newest_runs(session: Session, submission_ids: Sequence[int]) -> dict[int, GradingRun]:
    """The latest grading of each submission that is no regrade's."""
    newest = (
        select(func.max(GradingRun.id))
        .where(GradingRun.submission_id.in_(submission_ids), GradingRun.regrade_id.is_(None))
        .group_by(GradingRun.submission_id)
    )
    run = aliased(GradingRun)
    found = session.scalars(select(run).where(run.id.in_(newest)))
    return {each.submission_id: each for each in found}


def _end(session: Session, lease: Lease, **values: Any) -> bool:
    done: Any = session.execute(
        update(GradingRun)
        .where(
            GradingRun.id == lease.run_id,
            GradingRun.lease_token == lease.token,
            GradingRun.state == RunState.RUNNING,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)


def _read_state(session: Session, run_id: int) -> RunState:
    return RunState(session.scalars(select(GradingRun.state).where(GradingRun.id == run_id)).one())
