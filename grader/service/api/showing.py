"""A submission and its grading, as one asker may see them."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel
from sqlalchemy.orm import Session

from grader.service.authorising import Action, Thing, may
from grader.service.running import Service
from grader.store.admission import find_run
from grader.store.facts import find_counting_runs
from grader.store.roster import Known
from grader.store.schema import Assignment, Course, GradingRun, RunState, Submission

OURS = "the grader failed on this three times; staff have been told, and no points are lost"


class RunView(BaseModel):
    """A grading, as its student may see it."""

    state: RunState
    position: int | None = None
    """In the queue, 1 for the next."""
    estimate_s: float | None = None
    queued_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    note: str = ""
    fault: str = ""
    """For staff."""


class SubmissionView(BaseModel):
    """A submission and how its grading stands."""

    id: int
    course: str
    assignment: str
    ordinal: int
    content: str
    name: str
    files: list[str]
    is_practice: bool
    received_at: dt.datetime
    run: RunView | None


def find_shown_run(session: Session, submission_id: int) -> GradingRun | None:
    """The finished grading whose report is shown: the newest that counts."""
    return find_counting_runs(session, [submission_id]).get(submission_id)


def show_submission(
    service: Service,
    session: Session,
    known: Known,
    submission: Submission,
    assignment: Assignment,
    run: GradingRun | None = None,
) -> SubmissionView:
    """A submission for one asker, with the grading that its student follows."""
    course = session.get_one(Course, assignment.course_id)
    run = run or find_run(session, submission.id)
    is_staff = may(known, Action.SEE_STAFF_REPORT, Thing(course.id, submission.user_id))
    return SubmissionView(
        id=submission.id,
        course=course.slug,
        assignment=assignment.slug,
        ordinal=submission.ordinal,
        content=submission.content_hash,
        name=submission.name,
        files=[file["name"] for file in submission.manifest],
        is_practice=submission.is_practice,
        received_at=submission.received_at,
        run=show_run(service, session, run, is_staff) if run else None,
    )


def show_run(service: Service, session: Session, run: GradingRun, is_staff: bool) -> RunView:
    """A grading; faults of ours in words for staff only."""
    wait = None
    if run.state == RunState.QUEUED:
        wait = service.estimator.estimate(session, service.engine, run)
    return RunView(
        state=RunState(run.state),
        position=wait.position if wait else None,
        estimate_s=wait.estimate_s if wait else None,
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        note=OURS if run.state == RunState.QUARANTINED else "",
        fault=run.fault if is_staff else "",
    )
