"""Learning platforms for operators and instructors: registering, connecting, what was sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound, UsageError
from grader.service.api.finding import bound_id
from grader.service.authorising import Action, Thing, require
from grader.service.web.lti.keys import find_key
from grader.service.web.lti.people import read_roster
from grader.service.web.lti.services import PlatformClient, PlatformRefused, require_safe
from grader.service.web.opening import open_for
from grader.service.web.rendering import render
from grader.service.web.visiting import Form, PageForm, SignedIn, Visit
from grader.store import audit
from grader.store.catalogue import find_course
from grader.store.schema import (
    Assignment,
    Course,
    Passback,
    Platform,
    PlatformContext,
    PlatformLink,
    User,
)

router = APIRouter()
URLS = ("login_url", "token_url", "keys_url")


@router.get("/operator/platforms")
def show_platforms(request: Request, visit: SignedIn) -> Response:
    """Registered platforms, and their courses to be connected."""
    require(visit.person, Action.OPERATE, Thing(None))
    with visit.service.store.read() as session:
        platforms = session.scalars(select(Platform).order_by(Platform.name)).all()
        contexts = session.execute(
            select(PlatformContext, Platform.name, Course.slug)
            .join(Platform, Platform.id == PlatformContext.platform_id)
            .outerjoin(Course, Course.id == PlatformContext.course_id)
            .order_by(Platform.name, PlatformContext.title)
        ).all()
        courses = session.scalars(select(Course.slug).order_by(Course.slug)).all()
    base = (visit.service.settings.public_url or str(request.base_url)).rstrip("/")
    return render(
        visit, "platforms.html", platforms=platforms, contexts=contexts, courses=courses, base=base
    )


@router.post("/operator/platforms")
def register(visit: SignedIn, form: PageForm) -> Response:
    """Register a platform."""
    require(visit.person, Action.OPERATE, Thing(None))
    given = {name: form.read(name, 300) for name in ("name", "issuer", "client_id")}
    given |= {name: _read_url(form, name) for name in URLS}
    deployments = [each.strip() for each in form.read("deployments").split(",") if each.strip()]
    if not all(given.values()) or not deployments:
        raise UsageError("every field is needed; the platform shows them when it registers a tool")

    def work(session: Session) -> None:
        known = session.scalar(
            select(Platform.id).where(
                Platform.issuer == given["issuer"], Platform.client_id == given["client_id"]
            )
        )
        if known is not None:
            raise Conflict("this platform is registered already")
        platform = Platform(deployments=deployments, **given)
        session.add(platform)
        session.flush()
        audit.note(
            session, visit.person.user_id, "register platform", f"platform {platform.id}",
            issuer=platform.issuer,
        )  # fmt: skip

    visit.service.store.attempt(work)
    return RedirectResponse("/operator/platforms", 303)


@router.post("/operator/contexts/{context_id}")
def connect(visit: SignedIn, form: PageForm, context_id: int) -> Response:
    """Say which course of ours a platform's course is."""
    require(visit.person, Action.OPERATE, Thing(None))

    def work(session: Session) -> None:
        context = session.get(PlatformContext, bound_id(context_id))
        if context is None:
            raise NotFound("there is no such course of a platform")
        course = find_course(session, form.read("course", 64))
        context.course_id = course.id
        audit.note(
            session, visit.person.user_id, "connect", f"context {context.id}", course=course.slug
        )

    visit.service.store.attempt(work)
    return RedirectResponse("/operator/platforms", 303)


@router.get("/courses/{course}/platform")
def show_course_platform(visit: SignedIn, course: str) -> Response:
    """A course's connections, and the scores that have not arrived."""
    with visit.service.store.read() as session:
        found = open_for(session, visit, course, Action.MANAGE_COURSE)
        contexts = session.execute(
            select(PlatformContext, Platform.name)
            .join(Platform, Platform.id == PlatformContext.platform_id)
            .where(PlatformContext.course_id == found.id)
        ).all()
        links = session.execute(
            select(PlatformLink, Assignment.title, Platform.name)
            .join(Assignment, Assignment.id == PlatformLink.assignment_id)
            .join(Platform, Platform.id == PlatformLink.platform_id)
            .where(Assignment.course_id == found.id)
        ).all()
        late = session.execute(
            select(Passback, Assignment.title, User.name)
            .join(Assignment, Assignment.id == Passback.assignment_id)
            .join(User, User.id == Passback.user_id)
            .where(Assignment.course_id == found.id, Passback.version > Passback.sent_version)
            .order_by(Passback.changed_at)
            .limit(500)
        ).all()
    return render(
        visit, "course_platform.html", course=found, contexts=contexts, links=links, late=late,
        zone_name=visit.timezone or found.timezone,
    )  # fmt: skip


@router.post("/courses/{course}/platform/{context_id}/roster")
def fetch_roster(visit: SignedIn, form: PageForm, course: str, context_id: int) -> Response:
    """Enrol everybody whom the platform has in its course."""
    store = visit.service.store
    members: list[dict[str, Any]] = []
    fault = ""
    with store.read() as session:
        context, platform = _open_roster(session, visit, course, context_id)
    client = PlatformClient(find_key(store))
    try:
        # Asked before anything is written: while one writes, nobody else may.
        members = list(client.read_members(platform, context.members_url))
    except PlatformRefused as refused:
        fault = str(refused)[:2000]
    finally:
        client.close()

    def work(session: Session) -> None:
        context, platform = _open_roster(session, visit, course, context_id)
        context.last_error = fault
        if fault:
            return
        count = read_roster(session, platform, context, members)
        audit.note(
            session, visit.person.user_id, "read roster", f"context {context.id}", people=count
        )

    store.attempt(work)
    return RedirectResponse(f"/courses/{course}/platform", 303)


def _open_roster(
    session: Session, visit: Visit, course: str, context_id: int
) -> tuple[PlatformContext, Platform]:
    found = open_for(session, visit, course, Action.MANAGE_PEOPLE)
    context = session.get(PlatformContext, bound_id(context_id))
    if context is None or context.course_id != found.id or not context.members_url:
        raise NotFound("this platform gives no roster here")
    return context, session.get_one(Platform, context.platform_id)


@router.post("/courses/{course}/platform/retry")
def retry(visit: SignedIn, form: PageForm, course: str) -> Response:
    """Try all scores that have not arrived now."""

    def work(session: Session) -> None:
        found = open_for(session, visit, course, Action.MANAGE_COURSE)
        for passback in session.scalars(
            select(Passback)
            .join(Assignment, Assignment.id == Passback.assignment_id)
            .where(Assignment.course_id == found.id, Passback.version > Passback.sent_version)
        ):
            passback.next_try_at = None

    visit.service.store.attempt(work)
    return RedirectResponse(f"/courses/{course}/platform", 303)


def _read_url(form: Form, name: str) -> str:
    url = form.read(name, 500)
    if url and not urlsplit(url).hostname:
        raise UsageError(f"'{url[:80]}' is no address; write it whole, with https://")
    if url:
        try:
            require_safe(url)
        except PlatformRefused as refused:
            raise UsageError(str(refused)) from None
    return url
