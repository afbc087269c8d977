"""One student in one assignment: the score with its reasons, overrides, an extension."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import Conflict, UsageError
from grader.service.authorising import Action, Thing, require
from grader.service.web.opening import (
    PLACE,
    find_member,
    open_assignment_for,
    read_points,
    read_reason,
)
from grader.service.web.rendering import find_zone, render
from grader.service.web.student import find_history
from grader.service.web.visiting import PageForm, SignedIn, Visit
from grader.store.admission import find_extension
from grader.store.deciding import extend, override
from grader.store.facts import find_overrides
from grader.store.schema import Assignment, Extension, ProblemVersion, ScoreOverride, User
from grader.store.scores import explain_standing, find_earned

router = APIRouter(prefix=PLACE + "/students/{user_id}")
KINDS = {
    "set": "Set to",
    "add": "Add or take off",
    "excuse": "Excuse",
    "withdraw": "Take earlier decisions back",
}


@router.get("")
def show_student(visit: SignedIn, course: str, assignment: str, user_id: int) -> Response:
    """All that makes this student's score."""
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(
            session, visit, course, assignment, Action.SEE_GRADEBOOK
        )
        student, enrolment = find_member(session, found.id, user_id)
        judged = explain_standing(session, wanted, user_id)
        submissions, runs, counting = find_history(session, wanted, user_id)
        earned = find_earned(session, wanted, user_id)
        counted = {each.id for each in find_overrides(session, wanted.id, user_id)}
        overrides = session.execute(
            select(ScoreOverride, User.name)
            .join(User, User.id == ScoreOverride.author_id)
            .where(ScoreOverride.assignment_id == wanted.id, ScoreOverride.user_id == user_id)
            .order_by(ScoreOverride.id.desc())
        ).all()
        extensions = session.execute(
            select(Extension, User.name)
            .join(User, User.id == Extension.author_id)
            .where(Extension.assignment_id == wanted.id, Extension.user_id == user_id)
            .order_by(Extension.id.desc())
        ).all()
        current = find_extension(session, wanted.id, user_id)
        version = session.get(ProblemVersion, wanted.version_id) if wanted.version_id else None
    return render(
        visit, "student.html", course=found, assignment=wanted, student=student,
        enrolment=enrolment, judged=judged, submissions=submissions, runs=runs, counting=counting,
        earned=earned,
        overrides=overrides, counted=counted, extensions=extensions, current=current,
        outline=version.outline if version else [], kinds=KINDS,
        zone_name=visit.timezone or found.timezone, course_zone=found.timezone,
    )  # fmt: skip


@router.post("/override")
def add_override(
    visit: SignedIn, form: PageForm, course: str, assignment: str, user_id: int
) -> Response:
    """Say what it counts, whatever the grader found."""
    kind = form.read("kind", 12)
    if kind not in KINDS:
        raise UsageError(f"'{kind}' is none of: {', '.join(KINDS)}")
    needs_points = kind in ("set", "add")
    points = read_points(form, "points") if needs_points else None
    if needs_points and points is None:
        raise UsageError("say how many points")
    reason = read_reason(form)

    def work(session: Session) -> None:
        wanted = _open(session, visit, course, assignment, user_id, Action.OVERRIDE)
        override(
            session,
            wanted,
            user_id,
            kind=kind,
            part=form.read("part", 80),
            points=points,
            reason=reason,
            author_id=visit.person.user_id,
        )

    visit.service.store.attempt(work)
    return _go_back(course, assignment, user_id)


@router.post("/extension")
def add_extension(
    visit: SignedIn, form: PageForm, course: str, assignment: str, user_id: int
) -> Response:
    """Give more time, or take it back."""
    reason = read_reason(form)
    text = form.read("due", 30)

    def work(session: Session) -> None:
        wanted = _open(session, visit, course, assignment, user_id, Action.EXTEND)
        zone = visit.timezone or form.read("zone", 64)
        due_at = None if form.get("take-back") else read_local(text, zone)
        if due_at and wanted.due_at and due_at <= wanted.due_at:
            raise Conflict("an extension is later than the due date")
        extend(
            session, wanted, user_id, due_at=due_at, reason=reason, author_id=visit.person.user_id
        )

    visit.service.store.attempt(work)
    return _go_back(course, assignment, user_id)


def read_local(text: str, zone: str) -> dt.datetime:
    """A time as a form's field gives it, in the zone that the page named.

    Errors   UsageError.
    """
    try:
        local = dt.datetime.fromisoformat(text)
        return local.replace(tzinfo=find_zone(zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"'{text}' is no time; write it as 2026-10-12T23:59") from None


def _open(
    session: Session, visit: Visit, course: str, assignment: str, user_id: int, action: Action
) -> Assignment:
    found, wanted = open_assignment_for(session, visit, course, assignment, action)
    require(visit.person, action, Thing(found.id, user_id))
    find_member(session, found.id, user_id)
    return wanted


def _go_back(course: str, assignment: str, user_id: int) -> Response:
    return RedirectResponse(f"/courses/{course}/assignments/{assignment}/students/{user_id}", 303)
