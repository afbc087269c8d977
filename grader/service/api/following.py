"""Following a grading as it goes: server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from grader.errors import NotFound
from grader.service.acting import Asker
from grader.service.api.finding import open_submission
from grader.service.api.shapes import Id
from grader.service.authorising import Action
from grader.service.progress import Sight
from grader.service.running import Service, find_service
from grader.store.admission import find_run
from grader.store.roster import Known

router = APIRouter(tags=["submissions"])


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
