"""Passwords of local accounts: argon2id, with the parameters that its library recommends."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from grader.errors import UsageError

LEAST = 10
MOST = 200
"""Longer ones only cost time."""
_AT_ONCE = threading.BoundedSemaphore(4)
"""Each takes 64 MiB: whoever guesses from many places at once would fill the machine."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """Compared with where there is no such account, so that both take as long."""
    return _hasher().hash("nobody's password")


def hash_password(password: str) -> str:
    """Errors   UsageError when it is too short, too long, or known to everybody."""
    if len(password) < LEAST:
        raise UsageError(f"a password has at least {LEAST} characters; a few words are a good one")
    if len(password) > MOST:
        raise UsageError(f"a password has at most {MOST} characters")
    if len(set(password)) < 4:
        raise UsageError("this password is the same few characters again and again; take another")
    return _hasher().hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """Whether this is the password; takes as long for an account that has none."""
    with _AT_ONCE:
        try:
            _hasher().verify(hashed or _nobody(), password[:MOST])
        except (VerificationError, InvalidHashError):
            return False
    return hashed is not None
