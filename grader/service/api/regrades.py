"""Regrades: a dry run, what it would change, apply, and publish at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import NotFound
from grader.service.acting import Asker
from grader.service.api.assignments import PLACE
from grader.service.api.finding import open_assignment
from grader.service.api.shapes import Given, Id, Words
from grader.service.authorising import Action, Thing, require
from grader.service.running import Service, find_service
from grader.store import regrading
from grader.store.roster import Known
from grader.store.schema import Assignment, GradingRun, ProblemVersion, Regrade

router = APIRouter(tags=["regrades"])


class RegradeGiven(Given):
    """A dry run to begin with."""

    reason: Words
    version: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The problem version's content hash; the current one if left out."""
    never_lowers: bool = False
    sample: Annotated[int, Field(ge=1, le=10_000)] | None = 20
    """How many submissions the dry run takes; null for all."""


class PartMoveView(BaseModel):
    """What changes in one part."""

    part: str
    before: float
    after: float
    verdict_before: str
    verdict_after: str


class MoveView(BaseModel):
    """What changes for one student."""

    user_id: int
    name: str
    before: float
    after: float
    parts: list[PartMoveView]
    lost_marks: int
    """Marks for rubric items that the new version doesn't have."""


class RegradeView(BaseModel):
    """A regrade and how far it is."""

    id: int
    version: str
    state: str
    never_lowers: bool
    reason: str
    total: int
    done: int
    open: int
    failed: int
    created_at: dt.datetime
    published_at: dt.datetime | None


@router.post(PLACE + "/regrades", status_code=201)
def begin(
    request: Request, known: Asker, course: str, assignment: str, given: RegradeGiven
) -> RegradeView:
    """Begin a dry run: it is graded at low priority, and counts for nobody."""
    service = find_service(request)

    def work(session: Session) -> RegradeView:
        found, wanted = open_assignment(session, known, course, assignment)
        require(known, Action.REGRADE, Thing(found.id))
        regrade, runs = regrading.begin_regrade(
            session,
            wanted,
            version_id=_find_version(session, wanted, given.version),
            reason=given.reason,
            author_id=known.user_id,
            never_lowers=given.never_lowers,
            sample=given.sample,
        )
        service.engine.enqueue(session, runs)
        return _show(session, regrade)

    view = service.store.attempt(work)
    service.engine.wake()
    return view


@router.get(PLACE + "/regrades")
def read_all(request: Request, known: Asker, course: str, assignment: str) -> list[RegradeView]:
    """All regrades of an assignment, the latest first."""
    with find_service(request).store.read() as session:
        found, wanted = open_assignment(session, known, course, assignment)
        require(known, Action.REGRADE, Thing(found.id))
        rows = session.scalars(
            select(Regrade).where(Regrade.assignment_id == wanted.id).order_by(Regrade.id.desc())
        ).all()
        return [_show(session, row) for row in rows]


@router.get("/regrades/{regrade_id}")
def read_one(request: Request, known: Asker, regrade_id: Id) -> RegradeView:
    """One regrade."""
    with find_service(request).store.read() as session:
        return _show(session, _open(session, known, regrade_id))


@router.get("/regrades/{regrade_id}/diff")
def read_diff(request: Request, known: Asker, regrade_id: Id) -> list[MoveView]:
    """Who would move, by how much and in which parts; the largest losses first."""
    with find_service(request).store.read() as session:
        regrade = _open(session, known, regrade_id)
        return [
            MoveView(
                user_id=move.user_id,
                name=move.name,
                before=move.before,
                after=move.after,
                parts=[
                    PartMoveView(
                        part=part.part,
                        before=part.before,
                        after=part.after,
                        verdict_before=part.verdict_before,
                        verdict_after=part.verdict_after,
                    )
                    for part in move.parts
                ],
                lost_marks=move.lost_marks,
            )
            for move in regrading.find_moves(session, regrade)
        ]


@router.post("/regrades/{regrade_id}/apply")
def apply(request: Request, known: Asker, regrade_id: Id) -> RegradeView:
    """Grade everybody else too; still nothing counts."""
    return _act(
        find_service(request),
        known,
        regrade_id,
        lambda session, regrade: regrading.apply_regrade(session, regrade, known.user_id),
    )


@router.post("/regrades/{regrade_id}/publish")
def publish(request: Request, known: Asker, regrade_id: Id) -> RegradeView:
    """Let it count, for everybody at once."""

    def work(session: Session, regrade: Regrade) -> None:
        regrading.publish_regrade(session, regrade, known.user_id)

    return _act(find_service(request), known, regrade_id, work)


@router.post("/regrades/{regrade_id}/abandon")
def abandon(request: Request, known: Asker, regrade_id: Id) -> RegradeView:
    """End it; nobody's score was touched."""

    def work(session: Session, regrade: Regrade) -> None:
        regrading.abandon_regrade(session, regrade, known.user_id)

    return _act(find_service(request), known, regrade_id, work)


def _act(
    service: Service,
    known: Known,
    regrade_id: int,
    step: Callable[[Session, Regrade], list[GradingRun] | None],
) -> RegradeView:
    def work(session: Session) -> RegradeView:
        regrade = _open(session, known, regrade_id)
        runs = step(session, regrade)
        if runs:
            service.engine.enqueue(session, runs)
        session.flush()
        return _show(session, regrade)

    view = service.store.attempt(work)
    service.engine.wake()
    return view


def _open(session: Session, known: Known, regrade_id: int) -> Regrade:
    regrade = session.get(Regrade, regrade_id)
    if regrade is None:
        raise NotFound("there is no such regrade")
    assignment = session.get_one(Assignment, regrade.assignment_id)
    require(known, Action.REGRADE, Thing(assignment.course_id))
    return regrade


def _find_version(session: Session, assignment: Assignment, name: str | None) -> int | None:
    if name is None:
        return None
    found = session.scalar(
        select(ProblemVersion.id).where(
            ProblemVersion.assignment_id == assignment.id, ProblemVersion.content_hash == name
        )
    )
    if found is None:
        raise NotFound(f"{assignment.slug} has no version {name[:12]}…")
    return found


def _show(session: Session, regrade: Regrade) -> RegradeView:
    progress = regrading.measure_progress(session, regrade)
    return RegradeView(
        id=regrade.id,
        version=session.get_one(ProblemVersion, regrade.version_id).content_hash,
        state=regrade.state,
        never_lowers=regrade.never_lowers,
        reason=regrade.reason,
        total=progress.total,
        done=progress.done,
        open=progress.open,
        failed=progress.failed,
        created_at=regrade.created_at,
        published_at=regrade.published_at,
    )
