"""Handing in: a file or a whole upload, taken and queued in one transaction."""

from __future__ import annotations

from typing import IO, Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from grader.errors import SubmissionError, TooMany
from grader.service.acting import Asker
from grader.service.api.assignments import PLACE
from grader.service.api.finding import open_assignment
from grader.service.api.shapes import NO_NUL
from grader.service.api.showing import SubmissionView, show_submission
from grader.service.authorising import Action, Thing, require
from grader.service.intake import IN_MEMORY_BYTES, look_at_upload, make_spool, stream_to_spool
from grader.service.limiting import Buckets
from grader.service.running import Service, find_service
from grader.store.admission import HandedIn, take_submission
from grader.store.roster import Known
from grader.store.uploads import forget_upload, read_upload

router = APIRouter(tags=["submissions"])

REFUSED = Buckets(20)
"""Uploads of one person that could not be read; each may take a second to find that out."""


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
