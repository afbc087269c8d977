"""Signing in with a local account, accepting an invitation, signing out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from grader.errors import NotFound, UsageError
from grader.service.acting import COOKIE
from grader.service.running import Service
from grader.service.web.passwords import hash_password, is_password
from grader.service.web.rendering import find_zone, render
from grader.service.web.throttling import Throttle
from grader.service.web.visiting import (
    Anybody,
    PageForm,
    Visit,
    needs_https,
    set_cookie,
    show_to_stranger,
)
from grader.store import audit
from grader.store.roster import find_user
from grader.store.schema import User
from grader.store.sessions import (
    LIFETIME,
    begin_session,
    end_all_sessions,
    end_session,
    find_invitation,
)

router = APIRouter()

WRONG = "The address or the password is wrong."
FEW = Throttle(allowed=10, window_s=600)
"""Failures for one account from one address: nobody mistypes more often."""
MANY = Throttle(allowed=100, window_s=600)
"""Failures from one address, whoever it asks for: a classroom behind one router makes some. And
for one account from everywhere: guessing needs millions, and one place alone shuts nobody out."""


@router.get("/sign-in")
def show_sign_in(request: Request, visit: Anybody, next: str = "/") -> Response:
    """The form; whoever is signed in already goes on."""
    if visit.known is not None:
        return RedirectResponse(keep_here(next), 303)
    return _show_form(request, visit, keep_here(next))


@router.post("/sign-in")
def sign_in(request: Request, visit: Anybody, form: PageForm) -> Response:
    """Check the password, and begin a session."""
    email = form.read("email", 254).lower()
    host = request.client.host if request.client else ""
    place = keep_here(form.read("next"))
    here = f"{email} {host}"
    FEW.require_room(here)
    MANY.require_room(host)
    MANY.require_room(email)
    # Counted before it is checked, which takes a while: many may come at once.
    FEW.note(here)
    with visit.service.store.read() as session:
        user = find_user(session, email)
    is_right = is_password(form.get("password", ""), user.password_hash if user else None)
    if user is None or not is_right or user.disabled_at or user.erased_at:
        MANY.note(host)
        MANY.note(email)
        return _show_form(request, visit, place, email=email, fault=WRONG, status=422)
    FEW.forget(here)
    return begin(request, visit.service, user.id, place, "local", form.read("zone", 64))


@router.post("/sign-out")
def sign_out(request: Request, visit: Anybody, form: PageForm) -> Response:
    """End this browser's session."""
    cookie = request.cookies.get(COOKIE, "")
    visit.service.store.attempt(lambda session: end_session(session, cookie))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@router.get("/welcome/{secret}")
def show_welcome(request: Request, visit: Anybody, secret: str) -> Response:
    """Where an invitation leads: choose a password."""
    user = _find_invited(visit.service, secret)

    def show(visit: Visit) -> Response:
        return render(visit, "welcome.html", name=user.name, email=user.email, fault="")

    return show_to_stranger(request, visit, show)


@router.post("/welcome/{secret}")
def accept(request: Request, visit: Anybody, form: PageForm, secret: str) -> Response:
    """Take the password, use the invitation up, and sign in."""
    user = _find_invited(visit.service, secret)
    try:
        if form.get("password") != form.get("again"):
            raise UsageError("the two passwords are not the same")
        hashed = hash_password(form.get("password", ""))
    except UsageError as fault:
        return render(
            visit, "welcome.html", 422, name=user.name, email=user.email, fault=str(fault)
        )
    with visit.service.store.write() as session:
        # Two may come at once with two invitations: the first opens the account.
        _require_invited(session, secret).password_hash = hashed
        end_all_sessions(session, user.id)
        audit.note(session, user.id, "accept invitation", f"user {user.id}")
    return begin(request, visit.service, user.id, "/", "local", form.read("zone", 64))


def begin(
    request: Request, service: Service, user_id: int, place: str, how: str, zone: str = ""
) -> Response:
    """Begin a session and go on; a person's zone is noted where none is known."""
    browser = request.headers.get("user-agent", "")
    with service.store.write() as session:
        user = session.get_one(User, user_id)
        if zone and not user.timezone and find_zone(zone).key == zone:
            user.timezone = zone
        secret = begin_session(session, user, how=how, browser=browser)
        audit.note(session, user.id, "sign in", f"user {user.id}", how=how)
    response = RedirectResponse(place, 303)
    set_cookie(request, response, COOKIE, secret, int(LIFETIME.total_seconds()))
    return response


def keep_here(place: str) -> str:
    """A path on this service; anything else, which a link from outside may carry, becomes '/'."""
    is_path = place.startswith("/") and not place.startswith(("//", "/\\"))
    return place if is_path and "\n" not in place and "\r" not in place else "/"


def _show_form(
    request: Request, visit: Visit, place: str, email: str = "", fault: str = "", status: int = 200
) -> Response:
    settings = visit.service.settings
    is_plain = request.url.scheme != "https" and needs_https(request)

    def show(visit: Visit) -> Response:
        return render(
            visit, "sign_in.html", status, place=place, email=email, fault=fault,
            is_plain=is_plain, oidc=settings.oidc_name if settings.oidc_issuer else "",
        )  # fmt: skip

    return show_to_stranger(request, visit, show)


def _find_invited(service: Service, secret: str) -> User:
    with service.store.read() as session:
        return _require_invited(session, secret)


def _require_invited(session: Session, secret: str) -> User:
    user = find_invitation(session, secret)
    if user is None:
        raise NotFound("this invitation was used already, or is too old; ask for another")
    return user
