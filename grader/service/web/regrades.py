"""Regrading: a dry run, who would move and why, then all at once."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import NotFound, UsageError
from grader.service.api.finding import bound_id
from grader.service.authorising import Action
from grader.service.web.opening import PLACE, open_assignment_for, read_reason
from grader.service.web.rendering import render
from grader.service.web.visiting import PageForm, SignedIn, Visit
from grader.store import regrading
from grader.store.schema import Assignment, GradingRun, ProblemVersion, Regrade

router = APIRouter(prefix=PLACE + "/regrades")
SAMPLE = 20


@router.get("")
def show_regrades(visit: SignedIn, course: str, assignment: str) -> Response:
    """Versions, regrades, and the form for another."""
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(session, visit, course, assignment, Action.REGRADE)
        versions = session.scalars(
            select(ProblemVersion)
            .where(ProblemVersion.assignment_id == wanted.id)
            .order_by(ProblemVersion.id.desc())
        ).all()
        regrades = session.scalars(
            select(Regrade).where(Regrade.assignment_id == wanted.id).order_by(Regrade.id.desc())
        ).all()
        progress = {each.id: regrading.measure_progress(session, each) for each in regrades}
    return render(
        visit, "regrades.html", course=found, assignment=wanted, versions=versions,
        regrades=regrades, progress=progress, sample=SAMPLE,
        zone_name=visit.timezone or found.timezone,
    )  # fmt: skip


@router.post("")
def begin(visit: SignedIn, form: PageForm, course: str, assignment: str) -> Response:
    """Begin a dry run over a sample; nothing counts."""
    reason = read_reason(form)
    version = form.read("version", 12)
    if version and not version.isdecimal():
        raise UsageError(f"there is no version '{version}'")

    def work(session: Session) -> int:
        _, wanted = open_assignment_for(session, visit, course, assignment, Action.REGRADE)
        regrade, runs = regrading.begin_regrade(
            session,
            wanted,
            version_id=int(version) if version else None,
            reason=reason,
            author_id=visit.person.user_id,
            never_lowers=bool(form.get("never-lowers")),
            sample=None if form.get("everybody") else SAMPLE,
        )
        visit.service.engine.enqueue(session, runs)
        return regrade.id

    regrade_id = visit.service.store.attempt(work)
    visit.service.engine.wake()
    return _go(course, assignment, regrade_id)


@router.get("/{regrade_id}")
def show_regrade(visit: SignedIn, course: str, assignment: str, regrade_id: int) -> Response:
    """How far it is, and what it would change."""
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(session, visit, course, assignment, Action.REGRADE)
        regrade = _find(session, wanted, regrade_id)
        progress = regrading.measure_progress(session, regrade)
        moves = regrading.find_moves(session, regrade)
        version = session.get_one(ProblemVersion, regrade.version_id)
    return render(
        visit, "regrade.html", course=found, assignment=wanted, regrade=regrade,
        progress=progress, moves=moves, version=version,
        zone_name=visit.timezone or found.timezone,
    )  # fmt: skip


@router.post("/{regrade_id}/{step}")
def go_on(
    visit: SignedIn, form: PageForm, course: str, assignment: str, regrade_id: int, step: str
) -> Response:
    """Apply, publish or abandon."""
    if step not in _STEPS:
        raise NotFound

    def work(session: Session) -> None:
        _, wanted = open_assignment_for(session, visit, course, assignment, Action.REGRADE)
        regrade = _find(session, wanted, regrade_id)
        _STEPS[step](session, regrade, visit)

    visit.service.store.attempt(work)
    visit.service.engine.wake()
    return _go(course, assignment, regrade_id)


def _apply(session: Session, regrade: Regrade, visit: Visit) -> None:
    runs: list[GradingRun] = regrading.apply_regrade(session, regrade, visit.person.user_id)
    if runs:
        visit.service.engine.enqueue(session, runs)


def _publish(session: Session, regrade: Regrade, visit: Visit) -> None:
    regrading.publish_regrade(session, regrade, visit.person.user_id)


def _abandon(session: Session, regrade: Regrade, visit: Visit) -> None:
    regrading.abandon_regrade(session, regrade, visit.person.user_id)


_STEPS: dict[str, Callable[[Session, Regrade, Visit], None]] = {
    "apply": _apply,
    "publish": _publish,
    "abandon": _abandon,
}


def _find(session: Session, assignment: Assignment, regrade_id: int) -> Regrade:
    regrade = session.get(Regrade, bound_id(regrade_id))
    if regrade is None or regrade.assignment_id != assignment.id:
        raise NotFound("there is no such regrade")
    return regrade


def _go(course: str, assignment: str, regrade_id: int) -> Response:
    return RedirectResponse(
        f"/courses/{course}/assignments/{assignment}/regrades/{regrade_id}", 303
    )
