"""Who is in a course, and as what."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import NotAllowed, NotFound
from grader.service.acting import Asker
from grader.service.api.finding import open_course
from grader.service.api.shapes import Given, Id, Name
from grader.service.authorising import Action, Thing, require
from grader.service.running import find_service
from grader.store import audit, roster
from grader.store.schema import Enrolment, Role, User
from grader.store.types import now

router = APIRouter(tags=["people"])

_SIGN = r"[^@\s\x00-\x1f]"
Email = Annotated[str, Field(max_length=254, pattern=rf"^{_SIGN}+@{_SIGN}+$")]


class PersonGiven(Given):
    """Somebody to enrol; known by their address, or new."""

    email: Email
    name: Name = ""
    """For a person who is new here, or whom nobody but this course names."""
    role: Literal["student", "grader", "instructor", "operator"]
    section: Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")] = ""
    external_id: Annotated[str, Field(max_length=120, pattern=r"^[^\x00]*$")] = ""
    """What a learning platform calls them."""


class PersonView(BaseModel):
    """Somebody in a course."""

    user_id: int
    name: str
    email: str
    role: str
    section: str
    external_id: str


@router.get("/courses/{course}/people")
def read_all(request: Request, known: Asker, course: str) -> list[PersonView]:
    """Everybody in a course, by name."""
    with find_service(request).store.read() as session:
        found = open_course(session, known, course)
        require(known, Action.SEE_PEOPLE, Thing(found.id))
        rows = session.execute(
            select(User, Enrolment)
            .join(Enrolment, Enrolment.user_id == User.id)
            .where(Enrolment.course_id == found.id, Enrolment.left_at.is_(None))
            .order_by(User.name, User.id)
        )
        return [_show(user, enrolment) for user, enrolment in rows]


@router.post("/courses/{course}/people", status_code=201)
def enrol(request: Request, known: Asker, course: str, given: PersonGiven) -> PersonView:
    """Give somebody a role, in place of any other."""

    def work(session: Session) -> PersonView:
        found = open_course(session, known, course)
        require(known, Action.MANAGE_PEOPLE, Thing(found.id))
        user = roster.find_user(session, given.email)
        if user is None:
            user = roster.add_user(session, given.email, given.name or given.email)
        elif user.id == known.user_id:
            raise NotAllowed("your own role is for somebody else to change")
        elif given.name and given.name != user.name:
            roster.correct_name(session, user, given.name, found.id, by=known.user_id)
        role = Role(given.role)
        roster.require_proven(session, user, role)
        enrolment = roster.enrol(
            session, found, user, role, section=given.section, external_id=given.external_id
        )
        audit.note(
            session, known.user_id, "enrol", f"user {user.id}", course=found.slug, role=given.role
        )
        return _show(user, enrolment)

    return find_service(request).store.attempt(work)


@router.delete("/courses/{course}/people/{user_id}", status_code=204)
def remove(request: Request, known: Asker, course: str, user_id: Id) -> None:
    """Take somebody out of a course; what they handed in stays."""

    def work(session: Session) -> None:
        found = open_course(session, known, course)
        require(known, Action.MANAGE_PEOPLE, Thing(found.id))
        enrolment = session.get(Enrolment, (found.id, user_id))
        if enrolment is None or enrolment.left_at:
            raise NotFound("there is no such person in this course")
        if user_id == known.user_id:
            raise NotAllowed("your own role is for somebody else to change")
        enrolment.left_at = now()
        audit.note(session, known.user_id, "remove", f"user {user_id}", course=found.slug)

    find_service(request).store.attempt(work)


def _show(user: User, enrolment: Enrolment) -> PersonView:
    return PersonView(
        user_id=user.id,
        name=user.name,
        email=user.email or "",
        role=enrolment.role,
        section=enrolment.section,
        external_id=enrolment.external_id,
    )
