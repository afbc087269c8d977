"""Submissions that were handed in: their reports and files, and what may be done with them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound
from grader.service.acting import Asker
from grader.service.api.assignments import PLACE
from grader.service.api.finding import open_assignment, open_submission
from grader.service.api.shapes import Id
from grader.service.api.showing import SubmissionView, find_shown_run, show_submission
from grader.service.authorising import Action, Thing, require
from grader.service.marked import read_marked_report
from grader.service.running import Service, find_service
from grader.store import audit, runs
from grader.store.admission import add_run, find_run
from grader.store.blobs import read_blob
from grader.store.roster import Known
from grader.store.schema import Assignment, Purpose, RunState, Submission
from grader.store.withdrawing import withdraw

router = APIRouter(tags=["submissions"])


@router.get(PLACE + "/submissions")
def read_submissions(
    request: Request,
    known: Asker,
    course: str,
    assignment: str,
    user: Annotated[
        int | None, Query(ge=1, lt=2**53, description="Whose; yours if left out.")
    ] = None,
) -> list[SubmissionView]:
    """Submissions of one person, the latest first."""
    service = find_service(request)
    with service.store.read() as session:
        found, wanted = open_assignment(session, known, course, assignment)
        owner = known.user_id if user is None else user
        require(known, Action.SEE_SUBMISSION, Thing(found.id, owner))
        submissions = session.scalars(
            select(Submission)
            .where(Submission.assignment_id == wanted.id, Submission.user_id == owner)
            .order_by(Submission.ordinal.desc())
            .limit(500)
        ).all()
        return [show_submission(service, session, known, each, wanted) for each in submissions]


@router.get("/submissions/{submission_id}")
def read_one(request: Request, known: Asker, submission_id: Id) -> SubmissionView:
    """One submission, and how its grading stands."""
    service = find_service(request)
    with service.store.read() as session:
        submission, assignment = open_submission(
            session, known, submission_id, Action.SEE_SUBMISSION
        )
        return show_submission(service, session, known, submission, assignment)


@router.get("/submissions/{submission_id}/report")
def read_report(
    request: Request,
    known: Asker,
    submission_id: Id,
    audience: Literal["student", "staff"] = "student",
) -> Response:
    """The report, the same as `grade submit` writes on your machine, and what people marked."""
    from grader.report.json import render

    action = Action.SEE_STAFF_REPORT if audience == "staff" else Action.SEE_SUBMISSION
    with find_service(request).store.read() as session:
        submission, _ = open_submission(session, known, submission_id, action)
        run = find_shown_run(session, submission.id)
        if run is None:
            raise Conflict("this is not graded yet; follow it at /events")
        report = read_marked_report(session, run, audience)
    if report is None:
        raise NotFound("this report was removed")
    return Response(render(report), media_type="application/json")


@router.post("/submissions/{submission_id}/cancel")
def cancel(request: Request, known: Asker, submission_id: Id) -> SubmissionView:
    """Cancel a grading that waits or runs."""
    service = find_service(request)

    def work(session: Session) -> None:
        submission, assignment = open_submission(session, known, submission_id, Action.CANCEL)
        withdraw(session, submission, assignment, by=known.user_id)

    service.store.attempt(work)
    return _show_anew(service, known, submission_id)


def _show_anew(service: Service, known: Known, submission_id: int) -> SubmissionView:
    with service.store.read() as session:
        submission = session.get_one(Submission, submission_id)
        assignment = session.get_one(Assignment, submission.assignment_id)
        return show_submission(service, session, known, submission, assignment)


@router.get("/submissions/{submission_id}/files/{name:path}")
def read_handed_in_file(request: Request, known: Asker, submission_id: Id, name: str) -> Response:
    """One file as it was handed in; always plain text, whatever it says it is."""
    with find_service(request).store.read() as session:
        submission, _ = open_submission(session, known, submission_id, Action.SEE_SUBMISSION)
        content = read_source(session, submission, name)
    return Response(
        content,
        media_type="text/plain; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"},
    )


def read_source(session: Session, submission: Submission, name: str) -> bytes:
    """One of a submission's files.

    Errors   NotFound for a file that is not in its manifest, or was removed.
    """
    from grader.submission.read import read_files

    if submission.archive_sha is None:
        raise NotFound("the files of this submission were removed")
    if all(file["name"] != name for file in submission.manifest):
        raise NotFound("there is no such file in this submission")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / submission.archive_name
        path.write_bytes(read_blob(session, submission.archive_sha))
        return next(file.content for file in read_files(path) if file.name == name)


@router.post("/submissions/{submission_id}/retry")
def retry(request: Request, known: Asker, submission_id: Id) -> SubmissionView:
    """For staff: grade it anew, out of quarantine or after a fault of ours."""
    service = find_service(request)

    def work(session: Session) -> None:
        submission, assignment = open_submission(
            session, known, submission_id, Action.SEE_STAFF_REPORT
        )
        run = find_run(session, submission.id)
        if run is not None and RunState(run.state).is_open:
            raise Conflict("it is being graded already")
        if run is not None and run.state == RunState.QUARANTINED:
            run = runs.release_from_quarantine(session, run.id)
        else:
            run = add_run(
                session,
                submission,
                assignment,
                Purpose.INTERACTIVE,
                request_id=request.state.request_id,
            )
        audit.note(session, known.user_id, "grade anew", f"submission {submission.id}")
        service.engine.enqueue(session, [run])

    service.store.attempt(work)
    service.engine.wake()
    return _show_anew(service, known, submission_id)
