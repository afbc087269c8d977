"""Taking access away, and giving it back: accounts, the operator's right, tokens."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from grader.store import audit
from grader.store.schema import ApiToken, User
from grader.store.sessions import end_all_sessions
from grader.store.types import now


def disable(session: Session, user: User, actor_id: int | None) -> None:
    """Let somebody in no more: sessions end, tokens fail; all that is theirs stays."""
    user.disabled_at = user.disabled_at or now()
    end_all_sessions(session, user.id)
    audit.note(session, actor_id, "disable user", f"user {user.id}")


def enable(session: Session, user: User, actor_id: int | None) -> None:
    """Let somebody in again, with the tokens that were not revoked."""
    user.disabled_at = None
    audit.note(session, actor_id, "enable user", f"user {user.id}")


def set_operator(session: Session, user: User, is_operator: bool, actor_id: int | None) -> None:
    """Let somebody run the service, or no more."""
    user.is_operator = is_operator
    audit.note(session, actor_id, "set operator", f"user {user.id}", operator=is_operator)


def list_tokens(session: Session, user_id: int) -> list[ApiToken]:
    """A person's tokens that still hold, the newest first."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(
                ApiToken.user_id == user_id,
                ApiToken.revoked_at.is_(None),
                ApiToken.expires_at > now(),
            )
            .order_by(ApiToken.id.desc())
        )
    )


def revoke_all_tokens(session: Session, user_id: int) -> int:
    """Revoke all of a person's tokens; how many still held."""
    count = len(list_tokens(session, user_id))
    done: Any = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    session.execute(done.values(revoked_at=now()))
    return count
