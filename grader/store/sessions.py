"""Browsers' sessions: begun at sign-in, found by a cookie, ended one by one or all at once."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from grader.store.roster import hash_secret
from grader.store.schema import SignIn, User
from grader.store.types import now

LIFETIME = dt.timedelta(hours=12)
"""A working day; a shared computer's next user comes later."""


def begin_session(
    session: Session,
    user: User,
    *,
    how: str = "local",
    browser: str = "",
    lifetime: dt.timedelta = LIFETIME,
) -> str:
    """A new session; the text for its cookie, which is not kept."""
    secret = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            user_id=user.id,
            secret_hash=hash_secret(secret),
            expires_at=now() + lifetime,
            how=how,
            browser=browser[:200],
        )
    )
    session.flush()
    return secret


def find_session(session: Session, cookie: str) -> tuple[SignIn, User] | None:
    """The session and its person; None when it is unknown, over or revoked."""
    row = session.execute(
        select(SignIn, User)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.secret_hash == hash_secret(cookie))
    ).first()
    if row is None:
        return None
    sign_in, user = row
    if sign_in.revoked_at or sign_in.expires_at <= now() or user.disabled_at or user.erased_at:
        return None
    return sign_in, user


def end_session(session: Session, cookie: str) -> None:
    """Sign out here."""
    session.execute(
        update(SignIn)
        .where(SignIn.secret_hash == hash_secret(cookie), SignIn.revoked_at.is_(None))
        .values(revoked_at=now())
    )


def end_all_sessions(session: Session, user_id: int) -> None:
    """Sign out everywhere."""
    session.execute(
        update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None))
        .values(revoked_at=now())
    )
