"""Sign-ins that are under way elsewhere: begun, and taken up once."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from grader.errors import NotAllowed
from grader.store.federation import PendingSignIn
from grader.store.roster import hash_secret
from grader.store.types import now

LIFETIME = dt.timedelta(minutes=10)
"""Long enough to type a password elsewhere."""


def begin(session: Session, kind: str, *, browser: str = "", **document: Any) -> str:
    """Keep what is needed when somebody comes back; the text that names it, which is not kept."""
    session.execute(delete(PendingSignIn).where(PendingSignIn.expires_at < now()))
    state = secrets.token_urlsafe(32)
    session.add(
        PendingSignIn(
            state_hash=hash_secret(state),
            kind=kind,
            browser_hash=hash_secret(browser) if browser else "",
            document=document,
            expires_at=now() + LIFETIME,
        )
    )
    session.flush()
    return state


def take_up(session: Session, kind: str, state: str) -> PendingSignIn:
    """What was kept; it is gone with this, so that nothing is taken up twice.

    Errors   NotAllowed when it is unknown, used, too old or of another kind.
    """
    found = session.get(PendingSignIn, hash_secret(state), with_for_update=True)
    if found is None or found.kind != kind or found.expires_at <= now():
        raise NotAllowed("this sign-in was used already, or took too long; begin again")
    session.delete(found)
    session.flush()
    return found


def is_same_browser(found: PendingSignIn, browser: str) -> bool:
    """Whether whoever comes back is who went."""
    return bool(found.browser_hash) and hmac.compare_digest(
        found.browser_hash, hash_secret(browser)
    )
