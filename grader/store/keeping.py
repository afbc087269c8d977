"""What is kept of a person, for how long; all of it to take away, or to be erased."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from grader.store import audit
from grader.store.blobs import read_blob
from grader.store.commits import forget_repositories
from grader.store.schema import (
    ApiToken,
    Assignment,
    Base,
    Blob,
    CheckOutcome,
    Course,
    Enrolment,
    Extension,
    GradingRun,
    Identity,
    ProblemVersion,
    RubricMark,
    ScoreOverride,
    SignIn,
    Standing,
    StudentRepository,
    Submission,
    UploadChunk,
    User,
)
from grader.store.types import now

_NEVER_EXPORTED = {"password_hash", "secret_hash", "lease_token", "fault", "staff_report_sha"}


def export_person(session: Session, user: User) -> bytes:
    """Everything that is kept of a person, as a zip: tables as JSON, files, reports."""
    submissions = session.scalars(
        select(Submission).where(Submission.user_id == user.id).order_by(Submission.id)
    ).all()
    ids = [submission.id for submission in submissions]
    runs = session.scalars(select(GradingRun).where(GradingRun.submission_id.in_(ids))).all()
    tables: dict[str, Any] = {
        "person": [user],
        "identities": _of(session, Identity, Identity.user_id == user.id),
        "enrolments": _of(session, Enrolment, Enrolment.user_id == user.id),
        "sign_ins": _of(session, SignIn, SignIn.user_id == user.id),
        "tokens": _of(session, ApiToken, ApiToken.user_id == user.id),
        "repositories": _of(session, StudentRepository, StudentRepository.user_id == user.id),
        "submissions": submissions,
        "gradings": runs,
        "marks": _of(session, RubricMark, RubricMark.submission_id.in_(ids)),
        "overrides": _of(session, ScoreOverride, ScoreOverride.user_id == user.id),
        "extensions": _of(session, Extension, Extension.user_id == user.id),
        "scores": _of(session, Standing, Standing.user_id == user.id),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        document = {name: [_show(row) for row in rows] for name, rows in tables.items()}
        archive.writestr("data.json", json.dumps(document, indent=2, default=str))
        for submission in submissions:
            if submission.archive_sha:
                name = f"submissions/{submission.id}/{submission.archive_name}"
                archive.writestr(name, read_blob(session, submission.archive_sha))
        for run in runs:
            # The student's own report: what is hidden in it stays the course's.
            if run.student_report_sha:
                name = f"reports/{run.submission_id}-{run.id}.json"
                archive.writestr(name, read_blob(session, run.student_report_sha))
    return content.getvalue()


def erase_person(session: Session, user: User, actor_id: int | None) -> None:
    """Remove what names a person and what they wrote; numbers that others' figures rest on stay.

    Scores, verdicts and the audit trail keep the person's number, which nothing links to anybody.
    """
    ids = list(session.scalars(select(Submission.id).where(Submission.user_id == user.id)))
    _drop_work(session, ids)
    session.execute(
        update(RubricMark).where(RubricMark.submission_id.in_(ids)).values(comment="", reason="")
    )
    for table in (ScoreOverride, Extension):
        session.execute(update(table).where(table.user_id == user.id).values(reason="erased"))
    for owned in (Identity, SignIn, ApiToken, UploadChunk):
        session.execute(delete(owned).where(owned.user_id == user.id))
    repositories = select(StudentRepository.id).where(StudentRepository.user_id == user.id)
    forget_repositories(session, list(session.scalars(repositories)))
    session.execute(
        update(Enrolment)
        .where(Enrolment.user_id == user.id)
        .values(left_at=now(), section="", external_id="")
    )
    user.name, user.email, user.password_hash, user.timezone = f"erased {user.id}", None, None, ""
    user.is_operator, user.erased_at = False, now()
    session.flush()
    audit.note(session, actor_id, "erase", f"user {user.id}")
    drop_unused_blobs(session)


def apply_retention(session: Session) -> int:
    """Remove the files and reports of submissions that are older than their course keeps them."""
    count = 0
    for course in session.scalars(select(Course).where(Course.keep_days.is_not(None))):
        before = now() - dt.timedelta(days=course.keep_days or 0)
        ids = list(
            session.scalars(
                select(Submission.id)
                .join(Assignment, Assignment.id == Submission.assignment_id)
                .where(
                    Assignment.course_id == course.id,
                    Submission.received_at < before,
                    Submission.archive_sha.is_not(None),
                )
            )
        )
        _drop_work(session, ids)
        if ids:
            audit.note(session, None, "retention", f"course {course.id}", submissions=len(ids))
        count += len(ids)
    drop_unused_blobs(session)
    return count


def drop_unused_blobs(session: Session) -> int:
    """Remove bytes that nothing names any more."""
    session.flush()
    used = [
        select(column).where(column.is_not(None))
        for column in (
            Submission.archive_sha,
            ProblemVersion.bundle_sha,
            GradingRun.student_report_sha,
            GradingRun.staff_report_sha,
        )
    ]
    unused = select(Blob.sha256)
    for column in used:
        unused = unused.where(Blob.sha256.not_in(column))
    done: Any = session.execute(
        delete(Blob)
        .where(Blob.sha256.in_(unused.scalar_subquery()))
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)


def _drop_work(session: Session, submission_ids: list[int]) -> None:
    """Remove files, names and reports; verdicts and points stay."""
    session.execute(
        update(Submission)
        .where(Submission.id.in_(submission_ids))
        .values(archive_sha=None, name="", manifest=[])
    )
    runs = select(GradingRun.id).where(GradingRun.submission_id.in_(submission_ids))
    session.execute(
        update(GradingRun)
        .where(GradingRun.submission_id.in_(submission_ids))
        .values(student_report_sha=None, staff_report_sha=None, fault="")
    )
    session.execute(update(CheckOutcome).where(CheckOutcome.run_id.in_(runs)).values(mistake=""))


def _of(session: Session, table: type[Base], condition: Any) -> list[Any]:
    return list(session.scalars(select(table).where(condition)))


def _show(row: Any) -> dict[str, Any]:
    columns = row.__table__.columns.keys()
    return {name: getattr(row, name) for name in columns if name not in _NEVER_EXPORTED}
