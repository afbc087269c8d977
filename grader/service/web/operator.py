"""For whoever runs the service: workers, queues, quarantine, disk."""

from __future__ import annotations

import shutil

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from grader.service.api.finding import bound_id
from grader.service.authorising import Action, Thing, require
from grader.service.web.rendering import render
from grader.service.web.visiting import PageForm, SignedIn
from grader.store import audit
from grader.store.operations import measure_store, read_quarantine, read_queues, read_workers
from grader.store.runs import release_from_quarantine

router = APIRouter(prefix="/operator")


@router.get("")
def show_service(visit: SignedIn) -> Response:
    """How the service does."""
    require(visit.person, Action.OPERATE, Thing(None))
    settings = visit.service.settings
    disk = shutil.disk_usage(settings.folder)
    with visit.service.store.read() as session:
        return render(
            visit, "operator.html", queues=read_queues(session),
            workers=read_workers(session, settings.stale_s),
            quarantine=read_quarantine(session), kept=measure_store(session), disk=disk,
        )  # fmt: skip


@router.post("/quarantine/{run_id}/release")
def release(visit: SignedIn, form: PageForm, run_id: int) -> Response:
    """Try a grading again that was set aside."""
    require(visit.person, Action.OPERATE, Thing(None))

    def work(session: Session) -> None:
        run = release_from_quarantine(session, bound_id(run_id))
        visit.service.engine.enqueue(session, [run])
        audit.note(session, visit.person.user_id, "release", f"run {run.id}")

    visit.service.store.attempt(work)
    visit.service.engine.wake()
    return RedirectResponse("/operator", 303)
