"""Who is in a course: adding, inviting, removing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound, UsageError
from grader.service.authorising import Action
from grader.service.web.opening import find_member, open_for
from grader.service.web.pasted import Pasted, read_people
from grader.service.web.rendering import render
from grader.service.web.visiting import Form, PageForm, SignedIn, Visit
from grader.store import audit
from grader.store.roster import (
    add_user,
    correct_name,
    enrol,
    find_user,
    is_known_elsewhere,
    require_proven,
)
from grader.store.schema import Course, Enrolment, Role, User
from grader.store.sessions import INVITED, begin_session
from grader.store.types import now

router = APIRouter(prefix="/courses/{course}/people")
INVITATION = dt.timedelta(days=14)
ROLES = (Role.STUDENT, Role.GRADER, Role.INSTRUCTOR)


@dataclass(slots=True)
class Added:
    """What came of a list of people."""

    new: int = 0
    known: int = 0
    invited: list[tuple[str, str]] = field(default_factory=list)
    """Name and link."""
    notes: list[str] = field(default_factory=list)
    """What was changed beside that, or left as it is."""


@router.get("")
def show_people(request: Request, visit: SignedIn, course: str) -> Response:
    """Everybody, by role and name."""
    return _show(request, visit, course)


def _show(request: Request, visit: SignedIn, course: str, done: Added | None = None) -> Response:
    with visit.service.store.read() as session:
        found = open_for(session, visit, course, Action.SEE_PEOPLE)
        people = session.execute(
            select(User, Enrolment)
            .join(Enrolment, Enrolment.user_id == User.id)
            .where(Enrolment.course_id == found.id, Enrolment.left_at.is_(None))
            .order_by(Enrolment.role, User.name)
        ).all()
    return render(
        visit, "people.html", course=found, people=people, roles=ROLES, done=done or Added(),
        has_numbers=any(enrolment.external_id for _, enrolment in people),
    )  # fmt: skip


@router.post("")
def add_people(request: Request, visit: SignedIn, form: PageForm, course: str) -> Response:
    """Enrol people, one a line, and show a link for each new account."""
    role = _read_role(form)
    wanted = read_people(form.get("people", ""))

    def work(session: Session) -> Added:
        found = open_for(session, visit, course, Action.MANAGE_PEOPLE)
        done = Added()
        for person in wanted:
            user = _add(session, visit, found, person, role, done)
            if user is not None and _may_be_invited(session, user, found.id):
                secret = begin_session(session, user, how=INVITED, lifetime=INVITATION)
                done.invited.append((user.name, _link(request, visit, secret)))
        return done

    return _show(request, visit, course, visit.service.store.attempt(work))


def _read_role(form: Form) -> Role:
    role = form.read("role", 16)
    if role not in ROLES:
        raise UsageError(f"'{role}' is none of: {', '.join(ROLES)}")
    return Role(role)


def _add(
    session: Session, visit: Visit, course: Course, person: Pasted, role: Role, done: Added
) -> User | None:
    """Enrol one person; None where that is left as it is, which is noted."""
    user = find_user(session, person.email)
    existing = session.get(Enrolment, (course.id, user.id)) if user else None
    is_member = existing is not None and existing.left_at is None
    if is_member and existing and existing.role != role:
        article = "an" if existing.role[0] in "aeiou" else "a"
        done.notes.append(
            f"{person.email} is already {article} {existing.role}: change the role in their row"
        )
        return None
    if user is None:
        user = add_user(session, person.email, person.name or person.email)
    elif person.name and user.name != person.name:
        before = user.name
        if correct_name(session, user, person.name, course.id, by=visit.person.user_id):
            done.notes.append(f"{person.email}: '{before}' is now called '{person.name}'")
        else:
            done.notes.append(
                f"{person.email} stays '{before}': it is not this course alone that names them"
            )
    require_proven(session, user, role)
    enrol(session, course, user, role, section=person.section, external_id=person.number)
    audit.note(
        session, visit.person.user_id, "enrol", f"user {user.id}", course=course.slug, role=role
    )
    done.known += is_member
    done.new += not is_member
    return user


@router.post("/{user_id}/role")
def change_role(visit: SignedIn, form: PageForm, course: str, user_id: int) -> Response:
    """Give a member another role; what they handed in stays."""
    role = _read_role(form)

    def work(session: Session) -> None:
        found = open_for(session, visit, course, Action.MANAGE_PEOPLE)
        user, enrolment = find_member(session, found.id, user_id)
        if user.id == visit.person.user_id:
            raise Conflict("nobody changes their own role; ask another instructor")
        if enrolment.left_at is not None:
            raise Conflict(f"{user.name} has left the course; add them again")
        require_proven(session, user, role)
        enrol(session, found, user, role)
        audit.note(
            session, visit.person.user_id, "enrol", f"user {user.id}", course=found.slug, role=role
        )

    visit.service.store.attempt(work)
    return RedirectResponse(f"/courses/{course}/people", 303)


@router.post("/{user_id}/remove")
def remove(visit: SignedIn, form: PageForm, course: str, user_id: int) -> Response:
    """Take somebody out of the course; their work stays."""

    def work(session: Session) -> None:
        found = open_for(session, visit, course, Action.MANAGE_PEOPLE)
        user, enrolment = find_member(session, found.id, user_id)
        if user.id == visit.person.user_id:
            raise Conflict("nobody removes themselves; ask another instructor")
        enrolment.left_at = now()
        audit.note(session, visit.person.user_id, "remove", f"user {user.id}", course=found.slug)

    visit.service.store.attempt(work)
    return RedirectResponse(f"/courses/{course}/people", 303)


@router.post("/{user_id}/invite")
def invite(
    request: Request, visit: SignedIn, form: PageForm, course: str, user_id: int
) -> Response:
    """A new invitation for somebody who has no password yet."""

    def work(session: Session) -> Added:
        found = open_for(session, visit, course, Action.MANAGE_PEOPLE)
        user, _ = find_member(session, found.id, user_id)
        if not _may_be_invited(session, user, found.id):
            raise NotFound("this person has an account; an operator sets a new password")
        secret = begin_session(session, user, how=INVITED, lifetime=INVITATION)
        audit.note(session, visit.person.user_id, "invite", f"user {user.id}")
        return Added(invited=[(user.name, _link(request, visit, secret))])

    return _show(request, visit, course, visit.service.store.attempt(work))


def _link(request: Request, visit: SignedIn, secret: str) -> str:
    base = visit.service.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/welcome/{secret}"


def _may_be_invited(session: Session, user: User, course_id: int) -> bool:
    """An invitation opens the account: never one that was used, or that another course knows."""
    if user.password_hash or user.is_operator or user.disabled_at or user.erased_at:
        return False
    return not is_known_elsewhere(session, user, course_id)
