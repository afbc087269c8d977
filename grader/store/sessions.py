"""Browsers' sessions: begun at sign-in, found by a cookie, ended one by one or all at once."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from grader.store.roster import hash_secret
from grader.store.schema import Enrolment, Identity, Role, SignIn, User
from grader.store.types import now

LIFETIME = dt.timedelta(hours=12)
"""A working day; a shared computer's next user comes later."""
INVITED = "invitation"
"""How a secret came about that opens an account, and signs nobody in by itself."""


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
    """The session and its person; None when it is unknown, over, revoked or an invitation."""
    found = _find(session, cookie)
    return None if found is None or found[0].how == INVITED else found


def find_invitation(session: Session, secret: str) -> User | None:
    """Whom an invitation is for; None once the account was opened in whatever way.

    Also None for staff of another course by now: whoever invited a stranger holds the link.
    """
    found = _find(session, secret)
    if found is None or found[0].how != INVITED:
        return None
    user = found[1]
    if user.password_hash or user.is_operator:
        return None
    identities = select(func.count()).where(Identity.user_id == user.id)
    roles = session.scalars(select(Enrolment.role).where(Enrolment.user_id == user.id)).all()
    is_staff_elsewhere = len(roles) > 1 and set(roles) != {Role.STUDENT}
    return None if session.scalar(identities) or is_staff_elsewhere else user


def _find(session: Session, secret: str) -> tuple[SignIn, User] | None:
    row = session.execute(
        select(SignIn, User)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.secret_hash == hash_secret(secret))
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
