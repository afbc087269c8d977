"""Delivering gradings to workers on any host: Procrastinate's jobs, beside our own rows.

A job says no more than which run is to be graded, and on which queue. The run's row is the truth:
a job that comes twice, or late, or for a run that is done, finds nothing to claim. A job is taken
and done in the transaction that claims its run, so that none is ever left half done.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from grader.store.runs import Lease, claim
from grader.store.schema import GradingRun, RunState
from grader.store.types import now

if TYPE_CHECKING:
    from procrastinate import App

TASK = "grade_run"
BATCH = 1000


def prepare_delivery(connection: Connection) -> None:
    """Make Procrastinate's tables, or bring them up to its installed version."""
    steps = sorted(
        path.name
        for path in (resources.files("procrastinate") / "sql" / "migrations").iterdir()
        if path.name.endswith(".sql")
    )
    connection.execute(
        text("create table if not exists delivery_step (name varchar(200) primary key)")
    )
    done = set(connection.scalars(text("select name from delivery_step")))
    if not connection.scalar(text("select to_regclass('procrastinate_jobs') is not null")):
        _run_script(connection, resources.files("procrastinate") / "sql" / "schema.sql")
    elif done:
        for name in steps:
            if name not in done:
                _run_script(connection, resources.files("procrastinate") / "sql/migrations" / name)
    connection.execute(
        text("insert into delivery_step values (:name) on conflict do nothing"),
        [{"name": name} for name in steps],
    )


def _run_script(connection: Connection, path: Any) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(path.read_text("utf-8"))


@functools.cache
def _find_deferrer() -> App:
    """An app that defers on connections it is given and opens none."""
    from procrastinate import App
    from procrastinate.sync_psycopg_connector import SyncPsycopgConnector

    return App(connector=SyncPsycopgConnector())


def deliver(session: Session, runs: Sequence[GradingRun]) -> None:
    """Defer jobs for runs, in the session's own transaction: both are kept or neither is."""
    from procrastinate.jobs import Job

    session.flush()
    connection: Any = session.connection().connection.driver_connection
    jobs = [
        Job(
            id=None,
            queue=run.queue,
            lock=None,
            queueing_lock=None,
            task_name=TASK,
            priority=run.priority,
            task_kwargs={"run_id": run.id},
        )
        for run in runs
    ]
    manager = _find_deferrer().job_manager
    for start in range(0, len(jobs), BATCH):
        manager.batch_defer_jobs(jobs[start : start + BATCH], connection=connection)


def deliver_lost(session: Session, older_than_s: float) -> int:
    """Defer again what waits without a job: after a crash between two steps, or a lost table."""
    moment = now() - dt.timedelta(seconds=older_than_s)
    lost = session.scalars(
        select(GradingRun).where(
            GradingRun.state == RunState.QUEUED,
            GradingRun.queued_at < moment,
            text(
                "not exists (select 1 from procrastinate_jobs job where job.status = 'todo'"
                " and (job.args->>'run_id')::bigint = grading_run.id)"
            ),
        )
    ).all()
    deliver(session, lost)
    return len(lost)


def claim_delivered(session: Session, queues: Sequence[str], worker: str) -> Lease | None:
    """Take the most urgent job and claim its run; None when no job waits."""
    connection = session.connection()
    while True:
        job = connection.execute(_TAKE, {"queues": list(queues)}).one_or_none()
        if job is None:
            return None
        lease = claim(session, job.run_id, worker)
        if lease is not None:
            return lease


_TAKE = text(
    "select (job.args->>'run_id')::bigint as run_id,"
    " procrastinate_finish_job_v1(job.id, 'succeeded', true)"
    " from procrastinate_fetch_job_v2(cast(:queues as varchar[]), null) job"
    " where job.id is not null"
)
"""Procrastinate's own functions, one within the other; the order of its queue is theirs."""
