"""API tokens: made, listed and revoked by whoever owns them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import NotAllowed
from grader.service.acting import Asker
from grader.service.api.finding import open_course
from grader.service.api.shapes import Given, Id, Name
from grader.service.running import find_service
from grader.store import audit, roster
from grader.store.roster import Known
from grader.store.schema import ApiToken, Course, User
from grader.store.types import now

router = APIRouter(tags=["tokens"])

Scope = Literal["submit", "read:own", "grade", "admin:course", "operate"]
MOST_TOKENS = 50
"""Of one person, that are valid; a program needs one."""


class TokenGiven(Given):
    """A token to make."""

    label: Name = ""
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=5)] = ["submit", "read:own"]
    days: Annotated[int, Field(ge=1, le=366)] = 120
    course: Name | None = None
    """Where it holds; all your courses if left out."""


class TokenView(BaseModel):
    """A token, without its secret."""

    id: int
    label: str
    prefix: str
    scopes: list[str]
    course: str | None
    created_at: dt.datetime
    expires_at: dt.datetime
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None


class NewTokenView(TokenView):
    """A token with its text, this once."""

    token: str


@router.get("/tokens")
def read_all(request: Request, known: Asker) -> list[TokenView]:
    """Your tokens, the newest first; asked with a token, those that may do no more than it."""
    with find_service(request).store.read() as session:
        rows = session.scalars(
            select(ApiToken)
            .where(ApiToken.user_id == known.user_id)
            .order_by(ApiToken.id.desc())
            .limit(200)
        ).all()
        return [_show(session, row) for row in rows if _is_within(row, known)]


@router.post("/tokens", status_code=201)
def make(request: Request, known: Asker, given: TokenGiven) -> NewTokenView:
    """Make a token; its text is in this answer and never to be had again."""

    def work(session: Session) -> NewTokenView:
        return make_own(session, known, given)

    return find_service(request).store.attempt(work)


def make_own(session: Session, known: Known, given: TokenGiven) -> NewTokenView:
    """A token for whoever asks, which can do no more than what they ask with.

    Errors   NotAllowed for scopes that the token asked with doesn't have, or too many tokens.
    """
    if known.scopes is not None and not set(given.scopes) <= known.scopes:
        raise NotAllowed("a token can't make another that may do more than itself")
    ends_at = now() + dt.timedelta(days=given.days)
    valid = session.scalars(
        select(ApiToken.id).where(
            ApiToken.user_id == known.user_id,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now(),
        )
    ).all()
    if len(valid) >= MOST_TOKENS:
        raise NotAllowed(f"you have {len(valid)} valid tokens; revoke some first")
    course = open_course(session, known, given.course) if given.course is not None else None
    # Nor may it hold in more courses, or for longer: whoever finds a token has it until its day.
    token, text = roster.make_token(
        session,
        session.get_one(User, known.user_id),
        scopes=given.scopes,
        expires_at=min(ends_at, known.until) if known.until else ends_at,
        label=given.label,
        course_id=course.id if course else known.only_course,
    )
    audit.note(session, known.user_id, "make token", f"token {token.id}", scopes=token.scopes)
    return NewTokenView(**_show(session, token).model_dump(), token=text)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke(request: Request, known: Asker, token_id: Id) -> None:
    """Revoke a token of yours, at once and for good."""

    def work(session: Session) -> None:
        token = roster.revoke_token(session, token_id, known.user_id)
        if not _is_within(token, known):
            raise NotAllowed("a token can't revoke another that may do more than itself")
        audit.note(session, known.user_id, "revoke token", f"token {token.id}")

    find_service(request).store.attempt(work)


def _is_within(token: ApiToken, known: Known) -> bool:
    """Whether whoever asks could have made this token."""
    if known.scopes is None:
        return True
    is_here = known.only_course in (None, token.course_id)
    return is_here and set(token.scopes) <= known.scopes


def _show(session: Session, token: ApiToken) -> TokenView:
    course = session.get(Course, token.course_id) if token.course_id else None
    return TokenView(
        id=token.id,
        label=token.label,
        prefix=token.prefix,
        scopes=token.scopes,
        course=course.slug if course else None,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
    )
