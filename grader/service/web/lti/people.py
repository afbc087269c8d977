"""People as a platform knows them, and as this service does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.service.web.lti.claims import read_role
from grader.service.web.lti.launching import Launch
from grader.store.roster import enrol, find_user
from grader.store.schema import (
    Assignment,
    Course,
    Enrolment,
    Identity,
    Passback,
    Platform,
    PlatformContext,
    PlatformLink,
    Role,
    User,
)
from grader.store.types import now


def recognise(session: Session, issuer: str, subject: str, name: str, email: str) -> User:
    """Whoever an issuer names; a new person where nobody is known by that name.

    An address alone proves nothing: somebody who is known by it already stays another person.
    """
    user = session.scalar(
        select(User)
        .join(Identity, Identity.user_id == User.id)
        .where(Identity.issuer == issuer, Identity.subject == subject)
    )
    if user is None:
        is_free = email.count("@") == 1 and find_user(session, email) is None
        user = User(name=name or "Student", email=email if is_free else None)
        session.add(user)
        session.flush()
        session.add(Identity(user_id=user.id, issuer=issuer, subject=subject))
    elif name and user.name != name:
        user.name = name
    session.flush()
    return user


def join(
    session: Session, course_id: int, user: User, role: Role | None, external_id: str, subject: str
) -> None:
    """Give somebody the role that the platform says, unless a person here gave another."""
    if role is None:
        return
    course = session.get_one(Course, course_id)
    known = session.get(Enrolment, (course_id, user.id))
    if known is not None and known.left_at is None and not known.external_id:
        return
    # A number that the course has for them is not given up for the platform's own.
    number = external_id or (known.external_id if known is not None else "") or subject[:120]
    enrol(session, course, user, role, external_id=number)


def connect(session: Session, platform: Platform, launch: Launch) -> PlatformContext | None:
    """The platform's course, noted when it is first seen."""
    if not launch.context:
        return None
    context = session.scalar(
        select(PlatformContext).where(
            PlatformContext.platform_id == platform.id, PlatformContext.context == launch.context
        )
    )
    if context is None:
        context = PlatformContext(platform_id=platform.id, context=launch.context)
        session.add(context)
    context.title = launch.context_title or context.title or ""
    context.members_url = launch.members_url or context.members_url or ""
    session.flush()
    return context


def find_link(
    session: Session, platform: Platform, launch: Launch, course_id: int
) -> Assignment | None:
    """The assignment that a link leads to; the link is noted with where its scores go."""
    link = session.scalar(
        select(PlatformLink).where(
            PlatformLink.platform_id == platform.id, PlatformLink.resource == launch.resource
        )
    )
    if link is None and launch.assignment and launch.resource:
        assignment = session.scalar(
            select(Assignment).where(
                Assignment.course_id == course_id, Assignment.slug == launch.assignment
            )
        )
        if assignment is None:
            return None
        link = PlatformLink(
            platform_id=platform.id, resource=launch.resource, assignment_id=assignment.id
        )
        session.add(link)
    if link is None:
        return None
    link.scores_url = launch.scores_url or link.scores_url or ""
    session.flush()
    found = session.get_one(Assignment, link.assignment_id)
    return found if found.course_id == course_id else None


def expect_score(session: Session, assignment: Assignment, user_id: int) -> None:
    """From now on this student's score is sent to the platform whenever it changes."""
    if session.get(Passback, (assignment.id, user_id)) is None:
        session.add(Passback(assignment_id=assignment.id, user_id=user_id, version=0))
        session.flush()


def read_roster(
    session: Session,
    platform: Platform,
    context: PlatformContext,
    members: Sequence[Mapping[str, Any]],
) -> int:
    """Enrol everybody whom the platform has in its course; how many there are."""
    assert context.course_id is not None
    links = session.scalars(
        select(Assignment)
        .join(PlatformLink, PlatformLink.assignment_id == Assignment.id)
        .where(PlatformLink.platform_id == platform.id, PlatformLink.scores_url != "")
    ).all()
    count = 0
    for member in members:
        subject = str(member.get("user_id") or "")[:300]
        role = read_role(member.get("roles") or ())
        if not subject or role is None or member.get("status", "Active") != "Active":
            continue
        user = recognise(
            session, platform.issuer, subject, str(member.get("name") or "")[:200],
            str(member.get("email") or "").strip().lower()[:254],
        )  # fmt: skip
        sourced = str(member.get("lis_person_sourcedid") or "")[:120]
        join(session, context.course_id, user, role, sourced, subject)
        count += 1
        if role is Role.STUDENT:
            for assignment in links:
                expect_score(session, assignment, user.id)
    context.read_at = now()
    return count
