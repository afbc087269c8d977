"""What is kept of a person: all of it to take away, or to be erased."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from grader.store import audit
from grader.store.blobs import read_blob
from grader.store.commits import forget_repositories
from grader.store.retaining import NOT_OVER, drop_blobs, drop_work
from grader.store.schema import (
    ApiToken,
    Assignment,
    Base,
    Enrolment,
    Extension,
    GradingRun,
    Identity,
    RubricMark,
    RunEvent,
    RunState,
    ScoreOverride,
    SignIn,
    Standing,
    StudentRepository,
    Submission,
    UploadChunk,
    User,
)
from grader.store.scores import refresh
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
    What is being graded of theirs is stopped, and its result is not kept.
    """
    # First, so that whoever hands in or grades meanwhile finds it.
    user.name, user.email, user.password_hash, user.timezone = f"erased {user.id}", None, None, ""
    user.is_operator, user.erased_at = False, now()
    session.flush()
    stopped = _stop_gradings(session, user.id)
    theirs = select(Submission.id).where(Submission.user_id == user.id)
    blobs = _name_blobs(session, user.id)
    drop_work(session, theirs)
    session.execute(
        update(RubricMark)
        .where(RubricMark.submission_id.in_(theirs))
        .values(comment="", reason="")
        .execution_options(synchronize_session=False)
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
    drop_blobs(session, blobs)
    for assignment in session.scalars(select(Assignment).where(Assignment.id.in_(stopped))):
        # A score that waited for a grading waits no more.
        refresh(session, assignment, [user.id])
    audit.note(session, actor_id, "erase", f"user {user.id}")


def _stop_gradings(session: Session, user_id: int) -> set[int]:
    """End all gradings of a person's work that have not ended, and forget what they told.

    Whoever has one under way finds no lease, and stops. Gives whose assignments they were.
    """
    found = session.execute(
        select(GradingRun.id, Submission.assignment_id)
        .join(Submission, Submission.id == GradingRun.submission_id)
        .where(Submission.user_id == user_id, GradingRun.state.in_(NOT_OVER))
        .order_by(GradingRun.id)
        .with_for_update(of=GradingRun)
    ).all()
    moment = now()
    session.execute(
        update(GradingRun)
        .where(GradingRun.id.in_([run_id for run_id, _ in found]))
        .values(
            state=RunState.CANCELLED,
            lease_token=None,
            heartbeat_at=None,
            cancel_asked_at=moment,
            finished_at=moment,
        )
        .execution_options(synchronize_session=False)
    )
    runs = (
        select(GradingRun.id)
        .join(Submission, Submission.id == GradingRun.submission_id)
        .where(Submission.user_id == user_id)
    )
    session.execute(delete(RunEvent).where(RunEvent.run_id.in_(runs)))
    return {assignment_id for _, assignment_id in found}


def _name_blobs(session: Session, user_id: int) -> list[str]:
    """What is kept of a person's work, by the names of the bytes."""
    rows = session.execute(
        select(Submission.archive_sha, GradingRun.student_report_sha, GradingRun.staff_report_sha)
        .outerjoin(GradingRun, GradingRun.submission_id == Submission.id)
        .where(Submission.user_id == user_id)
    )
    return sorted({name for row in rows for name in row if name})


def _of(session: Session, table: type[Base], condition: Any) -> list[Any]:
    return list(session.scalars(select(table).where(condition)))


def _show(row: Any) -> dict[str, Any]:
    columns = row.__table__.columns.keys()
    return {name: getattr(row, name) for name in columns if name not in _NEVER_EXPORTED}
