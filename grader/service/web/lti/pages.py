"""What a platform and its people come to: login, launch, a new window, deep linking, keys."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import NotAllowed, NotFound
from grader.service.authorising import Action, Thing, may
from grader.service.web.guarding import write_policy
from grader.service.web.lti.claims import CLAIM, DEEP_LINK
from grader.service.web.lti.keys import find_key, publish_keys
from grader.service.web.lti.launching import DEEP_LINKING, Launch, read_launch, read_token
from grader.service.web.lti.people import connect, expect_score, find_link, join, recognise
from grader.service.web.rendering import render
from grader.service.web.signing_in import begin
from grader.service.web.visiting import (
    Anybody,
    ForeignForm,
    PageForm,
    SignedIn,
    Visit,
    needs_https,
)
from grader.store import pending
from grader.store.catalogue import find_assignment, list_assignments
from grader.store.roster import recognise as recall
from grader.store.schema import Course, Platform, Role, User

router = APIRouter(prefix="/lti")
COOKIE = "grade_lti"
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
"""Nothing that ends it within a policy, where it is put."""


@router.get("/keys")
def read_keys(visit: Anybody) -> JSONResponse:
    """The service's public keys, for platforms."""
    return JSONResponse(publish_keys(visit.service.store))


@router.get("/login")
def log_in(request: Request, visit: Anybody) -> Response:
    """A platform begins a sign-in."""
    return _log_in(request, visit, dict(request.query_params))


@router.post("/login")
def log_in_posted(request: Request, visit: Anybody, form: ForeignForm) -> Response:
    """The same, from a platform that posts."""
    return _log_in(request, visit, dict(form))


def _log_in(request: Request, visit: Visit, said: dict[str, str]) -> Response:
    browser = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    nonce = secrets.token_urlsafe(24)

    def work(session: Session) -> tuple[Platform, str]:
        platform = _find_platform(session, said.get("iss", ""), said.get("client_id", ""))
        return platform, pending.begin(
            session, "lti", browser=browser, nonce=nonce, platform=platform.id
        )

    platform, state = visit.service.store.attempt(work)
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": _own_url(request, visit, "/lti/launch"),
        "login_hint": said.get("login_hint", ""),
        "state": state,
        "nonce": nonce,
    }
    if "lti_message_hint" in said:
        asked["lti_message_hint"] = said["lti_message_hint"]
    joint = "&" if urlsplit(platform.login_url).query else "?"
    response = RedirectResponse(f"{platform.login_url}{joint}{urlencode(asked)}", 303)
    is_secure = needs_https(request)
    response.set_cookie(
        COOKIE, browser, max_age=600, httponly=True, secure=is_secure,
        # The platform posts back from its own site.
        samesite="none" if is_secure else "lax",
    )  # fmt: skip
    return response


@router.post("/launch")
def launch(request: Request, visit: Anybody, form: ForeignForm) -> Response:
    """A platform sends somebody here, signed."""
    if form.get("error"):
        raise NotAllowed(f"the platform refused: {form.read('error_description') or form['error']}")

    def take(session: Session) -> tuple[bool, dict[str, Any], Platform]:
        found = pending.take_up(session, "lti", form.read("state", 200))
        platform = session.get_one(Platform, found.document["platform"])
        same = pending.is_same_browser(found, request.cookies.get(COOKIE, ""))
        return same, dict(found.document), platform

    is_same, kept, platform = visit.service.store.attempt(take)
    claims = read_token(
        form.get("id_token", ""), platform.keys_url, platform.issuer, platform.client_id,
        kept["nonce"],
    )  # fmt: skip
    launched = read_launch(claims, platform)

    def settle(session: Session) -> tuple[User, str, str]:
        return _settle(session, platform, launched)

    user, place, title = visit.service.store.attempt(settle)
    is_framed = request.headers.get("sec-fetch-dest") in ("iframe", "frame")
    if is_same and not is_framed:
        return begin(request, visit.service, user.id, place, platform.issuer)
    ticket = visit.service.store.attempt(
        lambda session: pending.begin(
            session, "ticket", user=user.id, place=place, how=platform.issuer
        )
    )
    # Inside the platform's page a browser keeps no cookies of ours: a window of its own does.
    origin = _name_origin(platform.login_url)
    return render(
        visit, "lti_window.html", ticket=ticket, title=title,
        headers={"Content-Security-Policy": write_policy(frame_ancestors=origin)},
    )  # fmt: skip


def _settle(session: Session, platform: Platform, launch: Launch) -> tuple[User, str, str]:
    """Who it is, where they go, and what that is called."""
    user = recognise(session, platform.issuer, launch.subject, launch.name, launch.email)
    if user.disabled_at or user.erased_at:
        raise NotAllowed("this account is closed")
    context = connect(session, platform, launch)
    if context is None or context.course_id is None:
        return user, "/lti/unconnected", launch.context_title
    join(session, context.course_id, user, launch.role, launch.external_id, launch.subject)
    course = session.get_one(Course, context.course_id)
    if launch.message == DEEP_LINKING:
        return user, _begin_deep_link(session, platform, launch, user, course), course.title
    assignment = find_link(session, platform, launch, course.id)
    if assignment is None:
        return user, f"/courses/{course.slug}", course.title
    known = recall(session, user)
    if launch.scores_url and known.roles.get(course.id) is Role.STUDENT:
        expect_score(session, assignment, user.id)
    return user, f"/courses/{course.slug}/assignments/{assignment.slug}", assignment.title


def _begin_deep_link(
    session: Session, platform: Platform, launch: Launch, user: User, course: Course
) -> str:
    settings = launch.claims.get(DEEP_LINK + "deep_linking_settings")
    settings = settings if isinstance(settings, dict) else {}
    address = str(settings.get("deep_link_return_url") or "")
    if not _ORIGIN.fullmatch(_name_origin(address)):
        raise NotAllowed("the platform did not say where the link is to go")
    state = pending.begin(
        session, "deep-link", platform=platform.id, course=course.id, user=user.id,
        address=address, data=settings.get("data"),
        deployment=launch.claims.get(CLAIM + "deployment_id"),
    )  # fmt: skip
    return f"/lti/deep-link?state={state}"


@router.get("/unconnected")
def show_unconnected(visit: Anybody) -> Response:
    """For somebody from a platform's course that is none of ours yet."""
    return render(
        visit, "problem.html", 409, title="This course is not connected yet", request_id="",
        detail="The operator of this service says which course it is; then this link works.",
        way=("/", "Go to your courses"),
    )  # fmt: skip


@router.get("/enter")
def show_entry(visit: Anybody, ticket: str) -> Response:
    """The new window, before it is entered: another site may lead here, not press the button."""
    return render(visit, "lti_enter.html", ticket=ticket)


@router.post("/enter")
def enter(request: Request, visit: Anybody, form: ForeignForm) -> Response:
    """Take up the ticket that the launch gave."""
    _require_own_page(request)

    def work(session: Session) -> dict[str, Any]:
        return dict(pending.take_up(session, "ticket", form.read("ticket", 200)).document)

    kept = visit.service.store.attempt(work)
    return begin(request, visit.service, kept["user"], kept["place"], kept["how"])


def _require_own_page(request: Request) -> None:
    """Errors   NotAllowed for a form that another site sent."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("this came from a page of another site; nothing was done")


@router.get("/deep-link")
def choose_assignment(visit: SignedIn, state: str) -> Response:
    """An instructor chooses what the platform's link leads to."""
    with visit.service.store.read() as session:
        from grader.store.federation import PendingSignIn
        from grader.store.roster import hash_secret

        found = session.get(PendingSignIn, hash_secret(state))
        if found is None or found.kind != "deep-link":
            raise NotFound("this choice was made already, or took too long; begin again")
        course = _require_manager(session, visit, found.document)
        assignments = list_assignments(session, course.id)
    return render(visit, "lti_choose.html", state=state, course=course, assignments=assignments)


@router.post("/deep-link")
def send_link(request: Request, visit: SignedIn, form: PageForm) -> Response:
    """Sign the choice, for the browser to take back to the platform."""
    key = find_key(visit.service.store)

    def work(session: Session) -> tuple[str, str, str]:
        kept = pending.take_up(session, "deep-link", form.read("state", 200)).document
        course = _require_manager(session, visit, kept)
        assignment = find_assignment(session, course, form.read("assignment", 64))
        platform = session.get_one(Platform, kept["platform"])
        moment = int(time.time())
        claims: dict[str, Any] = {
            "iss": platform.client_id,
            "aud": platform.issuer,
            "iat": moment,
            "exp": moment + 300,
            "nonce": secrets.token_urlsafe(16),
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": kept["deployment"],
            DEEP_LINK + "content_items": [
                {
                    "type": "ltiResourceLink",
                    "title": assignment.title,
                    "url": _own_url(request, visit, "/lti/launch"),
                    "custom": {"assignment": assignment.slug},
                    "lineItem": {
                        "scoreMaximum": float(assignment.max_points),
                        "label": assignment.title,
                        "resourceId": assignment.slug,
                    },
                }
            ],
        }
        if kept["data"] is not None:
            claims[DEEP_LINK + "data"] = kept["data"]
        token = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        return token, kept["address"], platform.name

    token, address, name = visit.service.store.attempt(work)
    origin = _name_origin(address)
    return render(
        visit, "lti_return.html", signed=token, address=address, name=name,
        headers={"Content-Security-Policy": write_policy(form_action=f"'self' {origin}")},
    )  # fmt: skip


def _require_manager(session: Session, visit: Visit, kept: dict[str, Any]) -> Course:
    course = session.get_one(Course, kept["course"])
    is_theirs = kept["user"] == visit.person.user_id
    if not is_theirs or not may(visit.person, Action.MANAGE_COURSE, Thing(course.id)):
        raise NotAllowed("only an instructor of the course links its assignments")
    return course


def _find_platform(session: Session, issuer: str, client_id: str) -> Platform:
    wanted = select(Platform).where(Platform.issuer == issuer)
    if client_id:
        wanted = wanted.where(Platform.client_id == client_id)
    found = session.scalars(wanted.limit(2)).all()
    if len(found) != 1:
        raise NotAllowed("this platform is not registered here; an operator does that")
    return found[0]


def _name_origin(address: str) -> str:
    try:
        return "{0.scheme}://{0.netloc}".format(urlsplit(address))
    except ValueError:
        return ""


def _own_url(request: Request, visit: Visit, path: str) -> str:
    base = visit.service.settings.public_url or str(request.base_url)
    return base.rstrip("/") + path
