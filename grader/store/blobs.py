"""Bytes by their SHA-256: the same bytes are kept once."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from grader.errors import SystemFault
from grader.store.schema import Blob
from grader.store.types import now

LEVEL = 3
"""Archives are compressed already; reports shrink ten times at the lowest levels too."""
_TABLE: Any = Blob.__table__
_INSERTS = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing(),
}


def keep_blob(session: Session, content: bytes) -> str:
    """Keep bytes, and give their name."""
    return keep_blobs(session, [content])[0]


def keep_blobs(session: Session, contents: Sequence[bytes]) -> list[str]:
    """Keep several, in one statement, and give their names."""
    names = [hashlib.sha256(content).hexdigest() for content in contents]
    connection = session.connection()
    moment = now()
    connection.execute(
        _INSERTS[connection.dialect.name],
        [
            {
                "sha256": name,
                "size": len(content),
                "content": zlib.compress(content, LEVEL),
                "created_at": moment,
            }
            for name, content in zip(names, contents, strict=True)
        ],
    )
    return names


def read_blob(session: Session, sha256: str) -> bytes:
    """Bytes by their name.

    Errors   SystemFault when they are gone or are not what they were.
    """
    return unpack(sha256, session.connection().execute(_CONTENT, {"name": sha256}).scalar())


def unpack(sha256: str, kept: bytes | None) -> bytes:
    """What was kept under a name: another step, as it takes time and no transaction.

    Errors   SystemFault when it is gone or is not what it was.
    """
    if kept is None:
        raise SystemFault(f"the store has lost {sha256[:12]}…; restore it from a backup")
    content = zlib.decompress(kept)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SystemFault(f"{sha256[:12]}… in the store is damaged; restore it from a backup")
    return content


_CONTENT = select(_TABLE.c.content).where(_TABLE.c.sha256 == bindparam("name"))
