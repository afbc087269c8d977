"""Who is in a course: adding, inviting, removing."""

from __future__ import annotations

import csv
import datetime as dt

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound, UsageError
from grader.service.authorising import Action
from grader.service.web.opening import find_member, open_for
from grader.service.web.rendering import render
from grader.service.web.visiting import PageForm, SignedIn
from grader.store import audit
from grader.store.roster import add_user, enrol, find_user, require_proven
from grader.store.schema import Enrolment, Identity, Role, User
from grader.store.sessions import INVITED, begin_session
from grader.store.types import now

router = APIRouter(prefix="/courses/{course}/people")
INVITATION = dt.timedelta(days=14)
MOST_AT_ONCE = 500
LONGEST_LINE = 1_000
"""An address, a name and a section."""
ROLES = (Role.STUDENT, Role.GRADER, Role.INSTRUCTOR)


@router.get("")
def show_people(request: Request, visit: SignedIn, course: str) -> Response:
    """Everybody, by role and name."""
    return _show(request, visit, course)


def _show(
    request: Request, visit: SignedIn, course: str, invited: list[tuple[str, str]] | None = None
) -> Response:
    with visit.service.store.read() as session:
        found = open_for(session, visit, course, Action.SEE_PEOPLE)
        people = session.execute(
            select(User, Enrolment)
            .join(Enrolment, Enrolment.user_id == User.id)
            .where(Enrolment.course_id == found.id, Enrolment.left_at.is_(None))
            .order_by(Enrolment.role, User.name)
        ).all()
    return render(
        visit, "people.html", course=found, people=people, roles=ROLES, invited=invited or []
    )


@router.post("")
def add_people(request: Request, visit: SignedIn, form: PageForm, course: str) -> Response:
    """Enrol people, one a line: address, name, section; and show a link for each new account."""
    role = form.read("role", 16)
    if role not in ROLES:
        raise UsageError(f"'{role}' is none of: {', '.join(ROLES)}")
    wanted = read_people(form.get("people", ""))

    def work(session: Session) -> list[tuple[str, str]]:
        found = open_for(session, visit, course, Action.MANAGE_PEOPLE)
        invited = []
        for email, name, section in wanted:
            user = find_user(session, email) or add_user(session, email, name or email)
            existing = session.get(Enrolment, (found.id, user.id))
            if user.id == visit.person.user_id and existing and existing.role != role:
                raise Conflict("nobody changes their own role; ask another instructor")
            require_proven(session, user, Role(role))
            enrol(session, found, user, Role(role), section=section)
            audit.note(
                session, visit.person.user_id, "enrol", f"user {user.id}",
                course=found.slug, role=role,
            )  # fmt: skip
            if _may_be_invited(session, user, found.id):
                secret = begin_session(session, user, how=INVITED, lifetime=INVITATION)
                invited.append((user.name, _link(request, visit, secret)))
        return invited

    return _show(request, visit, course, visit.service.store.attempt(work))


def read_people(text: str) -> list[tuple[str, str, str]]:
    """Lines of address, name and section, apart by commas.

    Errors   UsageError naming the line.
    """
    found = []
    # By lines first: a quote left open reaches no further, and no cell is longer than is read.
    lines = [line[:LONGEST_LINE] for line in text.strip().splitlines()]
    for number, row in enumerate(csv.reader(lines), 1):
        cells = [cell.strip() for cell in row] + ["", "", ""]
        email = cells[0].lower()
        if not any(cells):
            continue
        if email.count("@") != 1 or " " in email or len(email) > 254:
            raise UsageError(
                f"line {number}: '{email[:60]}' is no address; write ada@example.edu, Ada"
            )
        found.append((email, cells[1][:200], cells[2][:80]))
    if not found or len(found) > MOST_AT_ONCE:
        raise UsageError(f"write from 1 to {MOST_AT_ONCE} people, one a line")
    return found


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

    def work(session: Session) -> list[tuple[str, str]]:
        found = open_for(session, visit, course, Action.MANAGE_PEOPLE)
        user, _ = find_member(session, found.id, user_id)
        if not _may_be_invited(session, user, found.id):
            raise NotFound("this person has an account; an operator sets a new password")
        secret = begin_session(session, user, how=INVITED, lifetime=INVITATION)
        audit.note(session, visit.person.user_id, "invite", f"user {user.id}")
        return [(user.name, _link(request, visit, secret))]

    return _show(request, visit, course, visit.service.store.attempt(work))


def _link(request: Request, visit: SignedIn, secret: str) -> str:
    base = visit.service.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/welcome/{secret}"


def _may_be_invited(session: Session, user: User, course_id: int) -> bool:
    """An invitation opens the account: never one that was used, or that another course knows."""
    if user.password_hash or user.is_operator or user.disabled_at or user.erased_at:
        return False
    elsewhere = select(Enrolment.course_id).where(
        Enrolment.user_id == user.id, Enrolment.course_id != course_id
    )
    identities = select(Identity.id).where(Identity.user_id == user.id)
    return (
        session.scalar(elsewhere.limit(1)) is None and session.scalar(identities.limit(1)) is None
    )
