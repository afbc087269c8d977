"""What there is to know before a submission is taken: one question to the database."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, bindparam, func, literal, or_, select, true
from sqlalchemy.orm import Session

from grader.store.schema import Course, GradingRun, Purpose, RunState, Submission
from grader.store.types import Moment


class Situation(NamedTuple):
    """One student, one assignment and its course, at the moment when something comes in."""

    latest_id: int | None
    """The student's latest submission to the assignment."""
    ordinal: int | None
    content_hash: str | None
    is_practice: bool | None
    recent: int
    """Submissions to the assignment within the hour, and when the first of them came."""
    first_recent_at: dt.datetime | None
    occupied: int
    """Gradings of the student under way, or waiting for other assignments."""
    course_waiting: int
    share: int | None
    archived_at: dt.datetime | None
    """When the course ended."""


def find_situation(
    session: Session, assignment_id: int, course_id: int, user_id: int, hour_ago: dt.datetime
) -> Situation:
    """How a student stands who hands in now."""
    row = (
        session.connection()
        .execute(
            _QUESTION,
            {
                "assignment_id": assignment_id,
                "course_id": course_id,
                "user_id": user_id,
                "hour_ago": hour_ago,
            },
        )
        .one()
    )
    return Situation._make(row)


def _ask() -> Any:
    """The question, made once: to put it together takes longer than to answer it."""
    submission, run, course = (_table(each) for each in (Submission, GradingRun, Course))
    assignment_id: Any = bindparam("assignment_id")
    user_id: Any = bindparam("user_id")
    of_student = and_(submission.c.assignment_id == assignment_id, submission.c.user_id == user_id)
    latest = (
        select(
            submission.c.id,
            submission.c.ordinal,
            submission.c.content_hash,
            submission.c.is_practice,
        )
        .where(of_student)
        .order_by(submission.c.ordinal.desc())
        .limit(1)
        .subquery()
    )
    is_recent = and_(of_student, submission.c.received_at > bindparam("hour_ago", type_=Moment))
    # What the new submission supersedes makes room for it.
    occupied = (
        select(func.count())
        .select_from(run.join(submission, submission.c.id == run.c.submission_id))
        .where(
            submission.c.user_id == user_id,
            run.c.purpose != Purpose.REGRADE,
            or_(
                run.c.state == RunState.RUNNING,
                and_(run.c.state == RunState.QUEUED, submission.c.assignment_id != assignment_id),
            ),
        )
    )
    waiting = select(func.count()).where(
        run.c.course_id == bindparam("course_id"), run.c.state == RunState.QUEUED
    )
    always = select(literal(1).label("one")).subquery()
    return select(
        latest.c.id,
        latest.c.ordinal,
        latest.c.content_hash,
        latest.c.is_practice,
        select(func.count()).where(is_recent).scalar_subquery(),
        select(func.min(submission.c.received_at)).where(is_recent).scalar_subquery(),
        occupied.scalar_subquery(),
        waiting.scalar_subquery(),
        select(course.c.share).where(course.c.id == bindparam("course_id")).scalar_subquery(),
        select(course.c.archived_at).where(course.c.id == bindparam("course_id")).scalar_subquery(),
    ).select_from(always.outerjoin(latest, true()))


def _table(mapped: Any) -> Table:
    table: Table = mapped.__table__
    return table


_QUESTION = _ask()
