"""Removing what is kept no longer: files, names and reports of submissions, and unused bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from grader.store import audit
from grader.store.database import Store
from grader.store.schema import (
    Assignment,
    Blob,
    CheckOutcome,
    Course,
    GradingRun,
    ProblemVersion,
    RunState,
    Submission,
    User,
)
from grader.store.types import now

TOGETHER = 1000
"""Rows in one transaction: others write in between, and databases take some thousands of values."""

NOT_OVER = (RunState.QUEUED, RunState.RUNNING, RunState.QUARANTINED)
"""What is graded still, or set aside for a person: without its files nobody could go on."""


def apply_retention(store: Store) -> int:
    """Remove the files and reports of submissions that are older than their course keeps them.

    What is not graded to its end goes another night. Stopped half way, the rest goes the next time.
    """
    with store.read() as session:
        kept = select(Course.id, Course.keep_days).where(Course.keep_days.is_not(None))
        courses = [(course_id, days or 0) for course_id, days in session.execute(kept)]
    count = 0
    for course_id, days in courses:
        is_old = Submission.received_at < now() - dt.timedelta(days=days)
        here = select(Assignment.id).where(Assignment.course_id == course_id)
        condition = is_old & Submission.assignment_id.in_(here)
        count += _drop_all(store, condition, f"course {course_id}")
    # What somebody was handing in while they were erased.
    erased = select(User.id).where(User.erased_at.is_not(None))
    count += _drop_all(store, Submission.user_id.in_(erased), "erased people")
    drop_unused_blobs(store)
    return count


def _drop_all(store: Store, condition: Any, whose: str) -> int:
    count, last_id = 0, 0
    while True:
        some = store.attempt(partial(_drop_some, condition=condition, whose=whose, after=last_id))
        if not some:
            return count
        count, last_id = count + len(some), some[-1]


def _drop_some(session: Session, condition: Any, whose: str, after: int) -> Sequence[int]:
    is_open = exists().where(
        GradingRun.submission_id == Submission.id, GradingRun.state.in_(NOT_OVER)
    )
    ids = session.scalars(
        select(Submission.id)
        .where(Submission.id > after, Submission.archive_sha.is_not(None), condition, ~is_open)
        .order_by(Submission.id)
        .limit(TOGETHER)
    ).all()
    if ids:
        drop_work(session, ids)
        audit.note(session, None, "retention", whose, submissions=len(ids))
    return ids


def drop_work(session: Session, submission_ids: Any) -> None:
    """Remove files, names and reports of some submissions, or of a query's; verdicts stay."""
    quietly = {"synchronize_session": False}
    session.execute(
        update(Submission)
        .where(Submission.id.in_(submission_ids))
        .values(archive_sha=None, archive_name="", name="", manifest=[])
        .execution_options(**quietly)
    )
    runs = select(GradingRun.id).where(GradingRun.submission_id.in_(submission_ids))
    session.execute(
        update(CheckOutcome)
        .where(CheckOutcome.run_id.in_(runs), CheckOutcome.mistake != "")
        .values(mistake="")
        .execution_options(**quietly)
    )
    session.execute(
        update(GradingRun)
        .where(GradingRun.submission_id.in_(submission_ids))
        .values(student_report_sha=None, staff_report_sha=None, fault="")
        .execution_options(**quietly)
    )


def drop_unused_blobs(store: Store) -> int:
    """Remove all bytes that nothing names any more."""
    count, last = 0, ""
    while True:
        names = store.attempt(partial(_find_and_drop, after=last))
        if not names:
            return count
        count, last = count + len(names), names[-1]


def _find_and_drop(session: Session, after: str) -> Sequence[str]:
    names = session.scalars(
        select(Blob.sha256)
        .where(Blob.sha256 > after, *_is_unused())
        .order_by(Blob.sha256)
        .limit(TOGETHER)
    ).all()
    drop_blobs(session, names)
    return names


def drop_blobs(session: Session, names: Sequence[str]) -> None:
    """Remove these bytes, except for what something names."""
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        # Locked, so that what is named from now on waits; what was before is seen below.
        wanted = select(Blob.sha256).where(Blob.sha256.in_(some)).order_by(Blob.sha256)
        session.execute(wanted.with_for_update())
        session.execute(
            delete(Blob)
            .where(Blob.sha256.in_(some), *_is_unused())
            .execution_options(synchronize_session=False)
        )


def _is_unused() -> list[Any]:
    columns = (
        Submission.archive_sha,
        ProblemVersion.bundle_sha,
        GradingRun.student_report_sha,
        GradingRun.staff_report_sha,
    )
    return [~exists().where(column == Blob.sha256) for column in columns]
