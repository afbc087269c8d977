"""One's own account: time zone, password, browsers that are signed in, tokens for programs."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import GraderError, NotAllowed, NotFound, UsageError
from grader.service.acting import COOKIE
from grader.service.api.finding import bound_id
from grader.service.api.tokens import TokenGiven, make_own
from grader.service.web.passwords import hash_password, is_password
from grader.service.web.rendering import find_zone, render
from grader.service.web.visiting import PageForm, SignedIn
from grader.store import audit
from grader.store.roster import SCOPES, hash_secret, revoke_token
from grader.store.schema import ApiToken, SignIn, User
from grader.store.sessions import end_all_sessions
from grader.store.types import now

router = APIRouter(prefix="/account")
STUDENT_SCOPES = ("submit", "read:own")
MOST_DAYS = 366
SCOPE_WORDS = {
    "submit": "hand in",
    "read:own": "read my own results",
    "grade": "read and mark students' work",
    "admin:course": "change my courses",
    "operate": "run the service",
}


@router.get("")
def show_account(request: Request, visit: SignedIn, said: str = "") -> Response:
    """Everything that is one's own to change."""
    return _show(request, visit, done=DONE.get(said, ""))


DONE = {
    "zone": "Your time zone is saved.",
    "password": "Your password is changed; all other browsers are signed out.",
    "ended": "That browser is signed out.",
    "revoked": "That token no longer works.",
}


def _show(
    request: Request, visit: SignedIn, *, done: str = "", fault: str = "", token: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    person = visit.person
    with visit.service.store.read() as session:
        user = session.get_one(User, person.user_id)
        sign_ins = session.scalars(
            select(SignIn)
            .where(
                SignIn.user_id == user.id,
                SignIn.revoked_at.is_(None),
                SignIn.expires_at > now(),
            )
            .order_by(SignIn.created_at.desc())
            .limit(50)
        ).all()
        tokens = session.scalars(
            select(ApiToken)
            .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.created_at.desc())
            .limit(50)
        ).all()
    here = hash_secret(request.cookies.get(COOKIE, ""))
    is_staff = person.is_operator or any(role != "student" for role in person.roles.values())
    return render(
        visit, "account.html", status, user=user, sign_ins=sign_ins, tokens=tokens, here=here,
        scopes=SCOPES if is_staff else STUDENT_SCOPES, scope_words=SCOPE_WORDS,
        zones=list_zones(), done=done, fault=fault, new_token=token, today=now(),
    )  # fmt: skip


def list_zones() -> list[str]:
    """Time zones by name, without the historical ones."""
    from zoneinfo import available_timezones

    return sorted(
        name for name in available_timezones() if "/" in name and not name.startswith("Etc/")
    )


@router.post("/zone")
def set_zone(visit: SignedIn, form: PageForm) -> Response:
    """Keep the time zone that dates are shown in."""
    zone = form.read("zone", 64)
    if zone and find_zone(zone).key != zone:
        raise UsageError(f"no time zone '{zone}'; write it as Europe/London")

    def keep(session: Session) -> None:
        session.get_one(User, visit.person.user_id).timezone = zone

    visit.service.store.attempt(keep)
    return RedirectResponse("/account?said=zone", 303)


@router.post("/password")
def set_password(request: Request, visit: SignedIn, form: PageForm) -> Response:
    """Change the password, and sign out everywhere."""
    from grader.service.web.signing_in import FEW, begin

    person = visit.person
    FEW.require_room(f"password {person.user_id}")
    with visit.service.store.read() as session:
        user = session.get_one(User, person.user_id)
    try:
        if user.password_hash and not is_password(form.get("old", ""), user.password_hash):
            FEW.note(f"password {person.user_id}")
            raise UsageError("the old password is not this")
        if form.get("password") != form.get("again"):
            raise UsageError("the two new passwords are not the same")
        hashed = hash_password(form.get("password", ""))
    except GraderError as fault:
        return _show(request, visit, fault=str(fault), status=422)

    def keep(session: Session) -> None:
        session.get_one(User, person.user_id).password_hash = hashed
        end_all_sessions(session, person.user_id)
        audit.note(session, person.user_id, "change password", f"user {person.user_id}")

    visit.service.store.attempt(keep)
    return begin(request, visit.service, person.user_id, "/account?said=password", "local")


@router.post("/sessions/{session_id}/end")
def end_one(visit: SignedIn, form: PageForm, session_id: int) -> Response:
    """Sign another browser out."""

    def end(session: Session) -> None:
        found = session.get(SignIn, bound_id(session_id))
        if found is None or found.user_id != visit.person.user_id:
            raise NotFound("there is no such session")
        found.revoked_at = now()

    visit.service.store.attempt(end)
    return RedirectResponse("/account?said=ended", 303)


@router.post("/tokens")
def add_token(request: Request, visit: SignedIn, form: PageForm) -> Response:
    """Make a token; its text is shown on this page and never again."""
    days = form.read("days", 4)
    if not days.isdecimal() or not 1 <= int(days) <= MOST_DAYS:
        raise UsageError(f"a token lasts from 1 to {MOST_DAYS} days; saw '{days}'")
    scopes = [scope for scope in SCOPES if form.get(f"scope-{scope}")]
    if not scopes:
        return _show(request, visit, fault="choose what the token may be used for", status=422)

    given = TokenGiven.model_validate(
        {"scopes": scopes, "days": int(days), "label": form.read("label", 120)}
    )

    def make(session: Session) -> str:
        return make_own(session, visit.person, given).token

    try:
        text = visit.service.store.attempt(make)
    except NotAllowed as fault:
        return _show(request, visit, fault=str(fault), status=422)
    return _show(request, visit, token=text)


@router.post("/tokens/{token_id}/revoke")
def revoke(visit: SignedIn, form: PageForm, token_id: int) -> Response:
    """Make a token useless."""

    def end(session: Session) -> None:
        revoke_token(session, bound_id(token_id), visit.person.user_id)
        audit.note(session, visit.person.user_id, "revoke token", f"token {token_id}")

    visit.service.store.attempt(end)
    return RedirectResponse("/account?said=revoked", 303)
