"""Assignments: what they are called, when they are due, which parts they have."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from grader.service.acting import Asker
from grader.service.api.finding import is_open_yet, open_assignment, open_course
from grader.service.authorising import Action, Thing, may
from grader.service.running import find_service
from grader.store.admission import find_extension
from grader.store.catalogue import list_assignments
from grader.store.roster import Known
from grader.store.schema import Assignment, Course, ProblemVersion

router = APIRouter(tags=["assignments"])

PLACE = "/courses/{course}/assignments/{assignment}"


class PartView(BaseModel):
    """One part, as students see it before they answer."""

    id: str
    title: str
    kind: str
    points: float


class AssignmentView(BaseModel):
    """An assignment; `due_at` is the asker's own, with an extension."""

    course: str
    slug: str
    title: str
    opens_at: dt.datetime | None
    due_at: dt.datetime | None
    closes_at: dt.datetime | None
    is_extended: bool
    is_visible: bool
    counts: str
    max_points: float
    version: str | None
    parts: list[PartView]


@router.get("/courses/{course}/assignments")
def read_assignments(request: Request, known: Asker, course: str) -> list[AssignmentView]:
    """All assignments of a course that you may see."""
    with find_service(request).store.read() as session:
        found = open_course(session, known, course)
        sees_all = may(known, Action.SEE_UNPUBLISHED, Thing(found.id))
        return [
            show_assignment(session, known, found, each)
            for each in list_assignments(session, found.id)
            if each.is_visible or sees_all
        ]


@router.get(PLACE)
def read_assignment(request: Request, known: Asker, course: str, assignment: str) -> AssignmentView:
    """One assignment."""
    with find_service(request).store.read() as session:
        return show_assignment(session, known, *open_assignment(session, known, course, assignment))


def show_assignment(
    session: Session, known: Known, course: Course, assignment: Assignment
) -> AssignmentView:
    """An assignment for one asker."""
    extension = find_extension(session, assignment.id, known.user_id)
    version = session.get(ProblemVersion, assignment.version_id) if assignment.version_id else None
    return AssignmentView(
        course=course.slug,
        slug=assignment.slug,
        title=assignment.title,
        opens_at=assignment.opens_at,
        due_at=extension.due_at if extension else assignment.due_at,
        closes_at=assignment.closes_at,
        is_extended=extension is not None,
        is_visible=assignment.is_visible,
        counts=assignment.counts,
        max_points=float(assignment.max_points),
        version=version.content_hash if version else None,
        parts=[
            PartView(
                id=part["id"],
                title=part["title"],
                kind=part["kind"],
                points=read_points(part["points"]),
            )
            for part in (version.outline if version and is_open_yet(known, assignment) else ())
        ],
    )


def read_points(text: str) -> float:
    """Points as an outline keeps them, '1/3' among them."""
    from fractions import Fraction

    return float(Fraction(text))
