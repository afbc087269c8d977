"""Taking a submission: who may hand in now, what is the same again, and how urgent it is."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotAllowed, TooMany
from grader.store.blobs import keep_blob
from grader.store.schema import (
    Assignment,
    Blob,
    Course,
    Extension,
    GradingRun,
    Purpose,
    RunState,
    Submission,
)
from grader.store.situation import Situation, find_situation
from grader.store.standing import say_moment
from grader.store.types import now

URGENCY = {Purpose.INTERACTIVE: 2_000_000, Purpose.PRACTICE: 1_000_000, Purpose.REGRADE: 0}
"""Apart by more than any course ever has waiting, so that a class never overtakes another."""
LAST_HOUR = 100_000
"""What the hour before the due time adds: a student can't wait then."""

SMALL_BYTES = 1 << 20
DAY_BYTES = 256 << 20
"""Of one student's archives: they stay for years, with whatever is packed in beside homework."""

Row = TypeVar("Row", Submission, GradingRun)
_INSERTS: dict[type, Any] = {
    Submission: insert(Submission.__table__),  # type: ignore[arg-type]
    GradingRun: insert(GradingRun.__table__),  # type: ignore[arg-type]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What came in, looked at but not yet taken."""

    archive: bytes
    archive_name: str
    name: str
    content_hash: str
    manifest: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one student may ask for, on one assignment."""

    per_hour: int = 30
    """Submissions; one every two minutes leaves time to read a report."""
    waiting: int = 3
    """Submissions of one student that wait or run, over all assignments."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A submission in the store, and its grading."""

    submission: Submission
    run: GradingRun
    is_new: bool


def take_submission(
    session: Session,
    assignment: Assignment,
    user_id: int,
    handed_in: HandedIn,
    *,
    limits: Limits,
    is_practice: bool = False,
    source: str = "api",
    request_id: str = "",
    at: dt.datetime | None = None,
) -> Taken:
    """Take a submission and queue its grading; the same again is the same one, if not cancelled.

    Errors   NotAllowed outside the assignment's time; TooMany beyond the limits; Conflict when
             the assignment has no problems yet.
    """
    at = at or now()
    hour_ago = at - dt.timedelta(hours=1)
    here = find_situation(session, assignment.id, assignment.course_id, user_id, hour_ago)
    if here.content_hash == handed_in.content_hash and here.is_practice == is_practice:
        latest = session.get_one(Submission, here.latest_id)
        run = find_run(session, latest.id)
        if run is not None and run.state != RunState.CANCELLED:
            return Taken(latest, run, is_new=False)
    if here.archived_at:
        raise NotAllowed(f"the course of {assignment.slug} is archived: it takes nothing any more")
    _require_open(session, assignment, user_id, at)
    attempts = (assignment.policies or {}).get("attempts") or {}
    if is_practice and (attempts.get("most") or attempts.get("free")):
        # What is graded without being an attempt would be one more, as often as wanted.
        raise NotAllowed(f"{assignment.slug} counts attempts; there is no practice, hand it in")
    if not is_practice:
        _require_attempt(session, assignment, user_id)
    _require_room(here, assignment, limits, hour_ago)
    _require_space(session, user_id, len(handed_in.archive), at)
    submission = _insert(
        session,
        Submission,
        {
            "assignment_id": assignment.id,
            "user_id": user_id,
            "ordinal": (here.ordinal or 0) + 1,
            "content_hash": handed_in.content_hash,
            "archive_sha": keep_blob(session, handed_in.archive),
            "archive_name": handed_in.archive_name,
            "name": handed_in.name,
            "manifest": list(handed_in.manifest),
            "is_practice": is_practice,
            "source": source,
            "received_at": at,
        },
    )
    waiting = here.course_waiting
    if here.latest_id is not None:
        waiting -= supersede(session, assignment.id, user_id, practice_only=is_practice)
    purpose = Purpose.PRACTICE if is_practice else Purpose.INTERACTIVE
    run = _insert_run(
        session,
        assignment,
        purpose,
        submission_id=submission.id,
        version_id=_require_version(assignment),
        priority=_weigh(assignment, purpose, waiting, here.share),
        request_id=request_id,
    )
    return Taken(submission, run, is_new=True)


def add_run(
    session: Session,
    submission: Submission,
    assignment: Assignment,
    purpose: Purpose,
    *,
    version_id: int | None = None,
    regrade_id: int | None = None,
    request_id: str = "",
) -> GradingRun:
    """Queue a grading of a submission; another generation where there is one already."""
    version_id = version_id or _require_version(assignment)
    generation = session.scalar(
        select(func.max(GradingRun.generation)).where(
            GradingRun.submission_id == submission.id,
            GradingRun.version_id == version_id,
            GradingRun.purpose == purpose,
        )
    )
    return _insert_run(
        session,
        assignment,
        purpose,
        submission_id=submission.id,
        version_id=version_id,
        generation=0 if generation is None else generation + 1,
        regrade_id=regrade_id,
        priority=find_priority(session, assignment, purpose),
        request_id=request_id,
    )


def _require_version(assignment: Assignment) -> int:
    if assignment.version_id is None:
        raise Conflict(f"{assignment.slug} has no problems yet; its instructor must register them")
    return assignment.version_id


def _insert_run(
    session: Session, assignment: Assignment, purpose: Purpose, **values: Any
) -> GradingRun:
    values |= {
        "course_id": assignment.course_id,
        "purpose": purpose,
        "state": RunState.QUEUED,
        "queue": assignment.queue,
        "environment": {},
        "queued_at": now(),
    }
    return _insert(session, GradingRun, values)


def _insert(session: Session, mapped: type[Row], values: dict[str, Any]) -> Row:
    """Insert one row past the unit of work, which costs more than the row; it is not tracked."""
    done: Any = session.connection().execute(_INSERTS[mapped], values)
    return mapped(**_find_defaults(mapped) | values, id=done.inserted_primary_key[0])


@functools.cache
def _find_defaults(mapped: type) -> dict[str, Any]:
    columns: Any = mapped.__table__.columns  # type: ignore[attr-defined]
    return {
        column.name: column.default.arg
        for column in columns
        if column.default is not None and column.default.is_scalar
    }


def find_priority(session: Session, assignment: Assignment, purpose: Purpose) -> int:
    """Urgency, less what the course has waiting already: nobody's thousand delays another's one."""
    waiting = session.scalar(
        select(func.count()).where(
            GradingRun.course_id == assignment.course_id, GradingRun.state == RunState.QUEUED
        )
    )
    share = session.scalar(select(Course.share).where(Course.id == assignment.course_id))
    return _weigh(assignment, purpose, waiting or 0, share)


def _weigh(assignment: Assignment, purpose: Purpose, waiting: int, share: int | None) -> int:
    rush = 0
    if purpose is Purpose.INTERACTIVE and assignment.due_at:
        left = assignment.due_at - now()
        rush = LAST_HOUR if dt.timedelta(0) <= left <= dt.timedelta(hours=1) else 0
    return URGENCY[purpose] + rush - waiting // max(1, share or 1)


def supersede(
    session: Session, assignment_id: int, user_id: int, *, practice_only: bool = False
) -> int:
    """Take a student's older waiting gradings of an assignment off the queue.

    What counts is never given up for practice.
    """
    older = select(Submission.id).where(
        Submission.assignment_id == assignment_id, Submission.user_id == user_id
    )
    if practice_only:
        older = older.where(Submission.is_practice)
    done: Any = session.execute(
        update(GradingRun)
        .where(
            GradingRun.submission_id.in_(older),
            GradingRun.state == RunState.QUEUED,
            GradingRun.purpose != Purpose.REGRADE,
        )
        .values(state=RunState.SUPERSEDED, finished_at=now())
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)


def find_latest(session: Session, assignment_id: int, user_id: int) -> Submission | None:
    """A student's latest submission to an assignment."""
    return session.scalar(
        select(Submission)
        .where(Submission.assignment_id == assignment_id, Submission.user_id == user_id)
        .order_by(Submission.ordinal.desc())
        .limit(1)
    )


def find_run(session: Session, submission_id: int) -> GradingRun | None:
    """The latest grading of a submission that is no regrade's: the one its student follows."""
    return session.scalar(
        select(GradingRun)
        .where(GradingRun.submission_id == submission_id, GradingRun.regrade_id.is_(None))
        .order_by(GradingRun.id.desc())
        .limit(1)
    )


def find_extension(session: Session, assignment_id: int, user_id: int) -> Extension | None:
    """The extension that counts for a student; None where there is none."""
    latest = session.scalar(
        select(Extension)
        .where(Extension.assignment_id == assignment_id, Extension.user_id == user_id)
        .order_by(Extension.id.desc())
        .limit(1)
    )
    return latest if latest and latest.due_at else None


def find_zone(session: Session, course_id: int) -> str:
    """The time zone of a course."""
    return session.scalar(select(Course.timezone).where(Course.id == course_id)) or "UTC"


def _require_open(session: Session, assignment: Assignment, user_id: int, at: dt.datetime) -> None:
    if assignment.opens_at and at < assignment.opens_at:
        moment = say_moment(assignment.opens_at, find_zone(session, assignment.course_id))
        raise NotAllowed(f"{assignment.slug} opens {moment}")
    closes_at = assignment.closes_at
    if closes_at and at > closes_at:
        extension = find_extension(session, assignment.id, user_id)
        if extension is None or extension.due_at is None or at > extension.due_at:
            moment = say_moment(closes_at, find_zone(session, assignment.course_id))
            raise NotAllowed(f"{assignment.slug} closed {moment}")


def count_attempts(session: Session, assignment: Assignment, user_id: int) -> int:
    """The attempts that a student has used: what never began to be graded is none."""
    # What waits though it had begun was taken back by us, and this one will supersede it.
    began = select(GradingRun.submission_id).where(
        GradingRun.starts > 0, GradingRun.state.not_in((RunState.QUEUED, RunState.SUPERSEDED))
    )
    used = select(func.count()).where(
        Submission.assignment_id == assignment.id,
        Submission.user_id == user_id,
        Submission.is_practice.is_(False),
        Submission.id.in_(began),
    )
    return session.scalar(used) or 0


def find_most_attempts(assignment: Assignment) -> int | None:
    """How many attempts count; None for any number."""
    attempts = (assignment.policies or {}).get("attempts") or {}
    return attempts.get("most")


def _require_attempt(session: Session, assignment: Assignment, user_id: int) -> None:
    most = find_most_attempts(assignment)
    if most is None:
        return
    used = count_attempts(session, assignment, user_id)
    if used >= most:
        raise NotAllowed(
            f"{used} of at most {most} attempts at {assignment.slug} are used; nothing more is"
            " taken, and what counts stays"
        )


def _require_space(session: Session, user_id: int, size: int, at: dt.datetime) -> None:
    """Errors   TooMany for what one student hands in within a day, altogether."""
    if size <= SMALL_BYTES:
        # Nearly all homework; so many of these are few enough to keep.
        return
    kept = select(func.coalesce(func.sum(Blob.size), 0)).where(
        Blob.sha256.in_(
            select(Submission.archive_sha).where(
                Submission.user_id == user_id, Submission.received_at > at - dt.timedelta(days=1)
            )
        )
    )
    if (session.scalar(kept) or 0) + size > DAY_BYTES:
        raise TooMany(
            "your submissions of one day are larger than what is kept of anybody's; hand in code"
            " and answers only, without data and pictures",
            3600,
        )


def _require_room(
    here: Situation, assignment: Assignment, limits: Limits, hour_ago: dt.datetime
) -> None:
    allowed = assignment.per_hour if assignment.per_hour is not None else limits.per_hour
    if here.recent >= allowed:
        wait_s = 3600
        if here.first_recent_at:
            wait_s = max(1, int((here.first_recent_at - hour_ago).total_seconds()) + 1)
        raise TooMany(
            f"{here.recent} submissions of {assignment.slug} within an hour, and {allowed} are"
            f" allowed; the next can come in {-(-wait_s // 60)} minutes",
            wait_s,
        )
    if here.occupied >= limits.waiting:
        raise TooMany(
            f"{here.occupied} of your submissions are being graded; hand in the next when one is"
            " done",
            30,
        )
