"""What is wrong with a database, in one line that says what to do; never with its password."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from grader.errors import GraderError, SystemFault, UsageError

TROUBLES: tuple[tuple[tuple[str, ...], type[GraderError], str], ...] = (
    (
        ("too many clients", "too many connections", "connection slots"),
        SystemFault,
        "raise its max_connections, or run fewer processes",
    ),
    (
        ("no space left", "disk is full", "could not extend"),
        SystemFault,
        "make room on its disk",
    ),
    (
        ("authentication failed", "no password supplied", "pg_hba.conf"),
        UsageError,
        "mend the user or the password in the setting `database`",
    ),
    (
        ("permission denied", "readonly database", "read-only", "unable to open database file"),
        UsageError,
        "let this user read and write there",
    ),
    (("does not exist",), UsageError, "make it first, or mend the setting `database`"),
    (("not a database", "malformed"), SystemFault, "name another file, or restore a backup"),
    (("is locked",), SystemFault, "another process holds it for long; try again"),
    (
        ("connection", "resolve", "timeout", "terminated", "starting up", "shutting down"),
        SystemFault,
        "is it running, and can it be reached from here?",
    ),
)
"""What a database says, whose turn it then is, and what to do."""
_WRONG_STATEMENT = ("no such", "near ")
"""So SQLite begins what it says of a wrong statement, which is a fault of ours."""
_NO_PLACE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def explain_database(url: str) -> Iterator[None]:
    """Turn what a database, or the disk, answers into an error of ours with words for people.

    Errors   UsageError where whoever runs this can mend it in the settings, else SystemFault.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as trouble:
        found = _explain(getattr(trouble, "orig", trouble), url)
        if found is None:
            raise
        raise found from trouble
    except OSError as trouble:
        if trouble.filename is None or trouble.errno not in _NO_PLACE | _NO_ROOM:
            raise
        kind = SystemFault if trouble.errno in _NO_ROOM else UsageError
        raise kind(f"cannot use {trouble.filename}: {trouble.strerror}") from trouble
    except Exception as trouble:
        # What comes from the driver without SQLAlchemy between: Procrastinate's tables.
        if not type(trouble).__module__.startswith("psycopg"):
            raise
        found = _explain(trouble, url)
        if found is None:
            raise
        raise found from trouble


def _explain(trouble: Any, url: str) -> GraderError | None:
    words = _shorten(str(trouble))
    lower = words.lower()
    if not _is_databases_own(trouble) or lower.startswith(_WRONG_STATEMENT):
        return None
    place, made = show_place(url), make_url(url)
    for password in (made.password, *made.normalized_query.get("password", ())):
        words = words.replace(password, "***") if password else words
    for marks, kind, advice in TROUBLES:
        if any(mark in lower for mark in marks):
            return kind(f"the database {place}: {words}; {advice}")
    return SystemFault(f"the database {place}: {words}")


def _is_databases_own(trouble: Any) -> bool:
    """Whether it is about the database, and not about a statement or a row of ours."""
    if isinstance(trouble, sqlite3.Error):
        return isinstance(trouble, sqlite3.OperationalError) or type(trouble) in (
            sqlite3.DatabaseError,
        )
    import psycopg

    return isinstance(
        trouble,
        psycopg.OperationalError
        | psycopg.errors.InsufficientPrivilege
        | psycopg.errors.ReadOnlySqlTransaction,
    )


def _shorten(text: str) -> str:
    """The line of a driver's message that says most."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()] or ["no answer"]
    fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return (fatal or lines)[0].removeprefix("connection failed: ")[:300]


def show_place(url: str) -> str:
    """A database's URL as it may be shown: without its password."""
    return make_url(url).difference_update_query(["password"]).render_as_string(hide_password=True)
