"""Signing in with an institution's account: OpenID Connect, authorisation code with PKCE."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import NotAllowed, NotFound
from grader.service.discovery import discover
from grader.service.settings import Settings
from grader.service.web.lti.launching import read_token
from grader.service.web.lti.people import recognise
from grader.service.web.signing_in import begin, keep_here
from grader.service.web.visiting import VISITOR, Anybody, Visit, set_cookie
from grader.store import pending
from grader.store.roster import find_user
from grader.store.schema import Identity, User
from grader.store.sessions import end_all_sessions

router = APIRouter(prefix="/sign-in/oidc")
TIMEOUT_S = 10.0
NEEDED = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
SCOPES = "openid email profile"


@router.get("")
def go(request: Request, visit: Anybody, next: str = "/") -> Response:
    """Send the browser to the institution's sign-in."""
    settings = _require_settings(visit)
    provider = _find_provider(settings)
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    browser = request.cookies.get(VISITOR) or secrets.token_urlsafe(24)
    state = visit.service.store.attempt(
        lambda session: pending.begin(
            session, "oidc", browser=browser, verifier=verifier, nonce=nonce, place=keep_here(next)
        )
    )
    with _client(request, settings, visit) as client:
        address, _ = client.create_authorization_url(
            provider["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
        )
    response = RedirectResponse(address, 303)
    set_cookie(request, response, VISITOR, browser, 86_400)
    return response


@router.get("/back")
def come_back(
    request: Request, visit: Anybody, state: str = "", code: str = "", error: str = ""
) -> Response:
    """The institution sends the browser back with a code; who it is, its token says."""
    settings = _require_settings(visit)

    def take(session: Session) -> dict[str, Any]:
        found = pending.take_up(session, "oidc", state)
        if not pending.is_same_browser(found, request.cookies.get(VISITOR, "")):
            raise NotAllowed("this sign-in was begun in another browser")
        return dict(found.document)

    kept = visit.service.store.attempt(take)
    if error or not code:
        raise NotAllowed(f"{settings.oidc_name} did not sign you in: {error[:100] or 'no code'}")
    provider = _find_provider(settings)
    try:
        with _client(request, settings, visit) as client:
            token = client.fetch_token(
                provider["token_endpoint"], code=code, code_verifier=kept["verifier"]
            )
    except (OAuthError, httpx2.HTTPError) as trouble:
        raise NotAllowed(f"{settings.oidc_name} did not sign you in: {trouble}") from None
    claims = read_token(
        str(token.get("id_token", "")), provider["jwks_uri"], settings.oidc_issuer,
        settings.oidc_client_id, kept["nonce"],
    )  # fmt: skip
    user_id = visit.service.store.attempt(
        lambda session: find_person(session, settings.oidc_issuer, claims)
    )
    return begin(request, visit.service, user_id, kept["place"], settings.oidc_issuer)


def find_person(session: Session, issuer: str, claims: dict[str, Any]) -> int:
    """Whose account it is: by subject; then by an address that the institution has verified.

    Errors   NotAllowed for a closed account.
    """
    subject = str(claims["sub"])[:300]
    # An address that nobody has verified is not kept either: staff are found by theirs.
    is_verified = claims.get("email_verified") is True
    email = str(claims.get("email") or "").strip().lower()[:254] if is_verified else ""
    known = session.scalar(
        select(Identity.user_id).where(Identity.issuer == issuer, Identity.subject == subject)
    )
    same = find_user(session, email) if email else None
    has_identity = same is not None and session.scalar(
        select(Identity.id).where(Identity.user_id == same.id).limit(1)
    )
    if known is None and same is not None and not has_identity:
        session.add(Identity(user_id=same.id, issuer=issuer, subject=subject))
        # Whoever made this account under the address may know its password: it ends here.
        same.password_hash = None
        end_all_sessions(session, same.id)
        user: User = same
    else:
        name = str(claims.get("name") or email or "Student")[:200]
        user = recognise(session, issuer, subject, name, email)
    if user.disabled_at or user.erased_at:
        raise NotAllowed("this account is closed")
    return user.id


def _find_provider(settings: Settings) -> dict[str, Any]:
    """The institution's addresses.

    Errors   NotAllowed when they can't be had, or are another's.
    """
    try:
        return discover(settings.oidc_issuer, NEEDED)
    except ValueError as trouble:
        raise NotAllowed(str(trouble)) from None


def _client(request: Request, settings: Settings, visit: Visit) -> OAuth2Client:
    base = settings.public_url or str(request.base_url)
    return OAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret or None,
        scope=SCOPES,
        redirect_uri=f"{base.rstrip('/')}/sign-in/oidc/back",
        code_challenge_method="S256",
        timeout=TIMEOUT_S,
    )


def _require_settings(visit: Visit) -> Settings:
    settings = visit.service.settings
    if not settings.oidc_issuer:
        raise NotFound("no institution's sign-in is set up here")
    return settings
