"""Submissions: handing in, following the grading, reading the report."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from grader.errors import Conflict, NotFound, SubmissionError, TooMany
from grader.service.acting import Asker
from grader.service.api.assignments import PLACE
from grader.service.api.finding import open_assignment, open_submission
from grader.service.api.shapes import NO_NUL, Id
from grader.service.authorising import Action, Thing, may, require
from grader.service.intake import IN_MEMORY_BYTES, look_at_upload, make_spool, stream_to_spool
from grader.service.limiting import Buckets
from grader.service.marked import read_marked_report
from grader.service.progress import Sight
from grader.service.running import Service, find_service
from grader.store import audit, runs
from grader.store.admission import HandedIn, add_run, find_run, take_submission
from grader.store.blobs import read_blob
from grader.store.facts import find_counting_runs
from grader.store.roster import Known
from grader.store.schema import Assignment, Course, GradingRun, Purpose, RunState, Submission
from grader.store.uploads import forget_upload, read_upload

router = APIRouter(tags=["submissions"])

REFUSED = Buckets(20)
"""Uploads of one person that could not be read; each may take a second to find that out."""
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


@router.post(PLACE + "/submissions", status_code=201)
async def hand_in(
    request: Request,
    response: Response,
    known: Asker,
    course: str,
    assignment: str,
    file: Annotated[
        str, Query(max_length=200, pattern=NO_NUL, description="The file's name: `hw2.zip`.")
    ],
    name: Annotated[
        str, Query(max_length=200, pattern=NO_NUL, description="What to call it.")
    ] = "",
    practice: Annotated[bool, Query(description="Grade it, and never count it.")] = False,
    upload: Annotated[
        str | None,
        Query(pattern=r"^[0-9a-f]{64}$", description="A whole upload's name, in place of a body."),
    ] = None,
) -> SubmissionView:
    """Hand in: the body is the file itself, a .zip, .tar.gz, .ipynb, .py or .md.

    The same files as in your latest submission are that submission: status 200, and nothing is
    graded twice.
    """
    service = find_service(request)
    wait_s = REFUSED.look(str(known.user_id))
    if wait_s:
        raise TooMany(f"too many uploads that cannot be read; wait {wait_s} s", wait_s)
    if upload is not None or _is_large(request):
        # What is small is quicker taken in than asked about; it is judged with all the rest.
        await run_in_threadpool(_require_may_submit, service, known, course, assignment)
    with make_spool(service.settings.folder) as body:
        if upload is None:
            await stream_to_spool(request.stream(), body, service.settings.upload_bytes)

        def work() -> tuple[SubmissionView, bool]:
            if upload is not None:
                _fetch_upload(service, known, upload, body)
            try:
                handed_in = look_at_upload(body, service.settings.folder, file, name or file)
            except SubmissionError:
                # Whoever may not hand in here hears nothing else.
                _require_may_submit(service, known, course, assignment)
                REFUSED.take(str(known.user_id))
                raise
            taken = take(
                service, known, course, assignment, handed_in, practice, request.state.request_id
            )
            if upload is not None:
                _forget_upload(service, known, upload)
            return taken

        view, is_new = await run_in_threadpool(work)
    response.status_code = 201 if is_new else 200
    return view


def _is_large(request: Request) -> bool:
    length = request.headers.get("content-length", "")
    return not length.isdigit() or int(length) > IN_MEMORY_BYTES


def _fetch_upload(service: Service, known: Known, sha256: str, body: IO[bytes]) -> None:
    with service.store.read() as session:
        body.write(read_upload(session, known.user_id, sha256))


def _forget_upload(service: Service, known: Known, sha256: str) -> None:
    service.store.attempt(lambda session: forget_upload(session, known.user_id, sha256))


def _require_may_submit(service: Service, known: Known, course: str, assignment: str) -> None:
    with service.store.read() as session:
        found, _ = open_assignment(session, known, course, assignment)
        require(known, Action.SUBMIT, Thing(found.id, known.user_id))


def take(
    service: Service,
    known: Known,
    course: str,
    assignment: str,
    handed_in: HandedIn,
    practice: bool,
    request_id: str,
    source: str = "api",
) -> tuple[SubmissionView, bool]:
    """Take a submission and let it be graded; whether it is new."""

    def work(session: Session) -> tuple[SubmissionView, bool]:
        found, wanted = open_assignment(session, known, course, assignment)
        require(known, Action.SUBMIT, Thing(found.id, known.user_id))
        taken = take_submission(
            session,
            wanted,
            known.user_id,
            handed_in,
            limits=service.settings.limits,
            is_practice=practice,
            source=source,
            request_id=request_id,
        )
        if taken.is_new:
            service.engine.enqueue(session, [taken.run])
        view = show_submission(service, session, known, taken.submission, wanted, taken.run)
        return view, taken.is_new

    view, is_new = service.store.attempt(work)
    if is_new:
        service.engine.wake()
    return view, is_new


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
        submission, _ = open_submission(session, known, submission_id, Action.CANCEL)
        run = find_run(session, submission.id)
        if run is None:
            raise Conflict("there is nothing to cancel")
        runs.cancel(session, run.id)

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


@router.get("/submissions/{submission_id}/events")
async def follow(request: Request, known: Asker, submission_id: Id) -> Response:
    """Server-sent events: `status`, a `part` as each is graded, and `over` at the end.

    With the header `Last-Event-ID` parts go on after that one.
    """
    service = find_service(request)
    service.watcher.require_room(known.user_id)
    run_id = await run_in_threadpool(_find_followed, service, known, submission_id)
    last = request.headers.get("last-event-id", "0")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else 0
    return StreamingResponse(
        _tell(service, known, run_id, after, request),
        media_type="text/event-stream",
        # A proxy that gathers a page before it passes it on would show nothing until the end.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _find_followed(service: Service, known: Known, submission_id: int) -> int:
    with service.store.read() as session:
        submission, _ = open_submission(session, known, submission_id, Action.SEE_SUBMISSION)
        run = find_run(session, submission.id)
        if run is None:
            raise NotFound("nothing is graded here")
        return run.id


async def _tell(
    service: Service, known: Known, run_id: int, after: int, request: Request
) -> AsyncIterator[str]:
    told: tuple[object, ...] = ()
    async for sight in service.watcher.watch_for(known.user_id, run_id, after):
        if await request.is_disconnected():
            return
        for number, part in sight.parts:
            yield f"id: {number}\nevent: part\ndata: {json.dumps(part)}\n\n"
        status = (sight.state, sight.starts, sight.position)
        if status != told:
            told = status
            yield f"event: status\ndata: {json.dumps(_show_sight(sight))}\n\n"
        if sight.is_over:
            yield f"event: over\ndata: {json.dumps({'state': sight.state})}\n\n"


def _show_sight(sight: Sight) -> dict[str, object]:
    return {
        "state": sight.state,
        "try": sight.starts,
        "position": sight.position,
        "estimate_s": sight.estimate_s,
    }


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
