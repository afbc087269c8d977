"""Who asks: a token or a session's cookie to a person with roles."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from grader.errors import NotAllowed, NotSignedIn
from grader.service.running import Service, find_service
from grader.store.roster import Known, recognise, recognise_token
from grader.store.sessions import find_session

COOKIE = "grade_session"
KNOWN = "is_known"
"""Set in a request's state once it is seen to come from somebody: its limit is theirs then."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def identify(request: Request) -> Known:
    """The person who sent a request.

    Errors   NotSignedIn; NotAllowed when a page of another site sent a signed-in browser here.
    """
    known = find_known(request)
    if known is None:
        raise NotSignedIn
    setattr(request.state, KNOWN, True)
    return known


def find_known(request: Request) -> Known | None:
    """The person who sent a request, by token or by session; None for a stranger."""
    mark, _, text = request.headers.get("authorization", "").partition(" ")
    if mark.lower() == "bearer":
        return _find_by_token(find_service(request), text.strip())
    return find_signed_in(request)


def find_signed_in(request: Request) -> Known | None:
    """The person whose browser sent a request; None for a stranger.

    A token says nothing here: what a page does to an account, no token's scopes allow.
    """
    service = find_service(request)
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    with service.store.read() as session:
        found = find_session(session, cookie)
        known = recognise(session, found[1]) if found else None
    if known is not None and request.method not in _SAFE:
        _require_same_origin(request)
    return known


def _find_by_token(service: Service, text: str) -> Known:
    with service.store.read() as session:
        use = recognise_token(session, text)
    if use is None:
        raise NotSignedIn("this token is unknown, expired or revoked; make another")
    if use.wants_noting:
        service.token_uses.note(service.store, use.token_id)
    return use.known


def _require_same_origin(request: Request) -> None:
    """A form on another site sends the cookie along, and its own origin."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return
    if origin and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise NotAllowed("this came from a page of another site; nothing was done")


Asker = Annotated[Known, Depends(identify)]
"""A handler's parameter of this type is whoever asks; strangers are refused."""
