"""Bytes by their SHA-256: the same bytes are kept once."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

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
    sha256 = hashlib.sha256(content).hexdigest()
    connection = session.connection()
    connection.execute(
        _INSERTS[connection.dialect.name],
        {
            "sha256": sha256,
            "size": len(content),
            "content": zlib.compress(content, LEVEL),
            "created_at": now(),
        },
    )
    return sha256


def read_blob(session: Session, sha256: str) -> bytes:
    """Bytes by their name.

    Errors   SystemFault when they are gone or are not what they were.
    """
    blob = session.get(Blob, sha256)
    if blob is None:
        raise SystemFault(f"the store has lost {sha256[:12]}…; restore it from a backup")
    content = zlib.decompress(blob.content)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SystemFault(f"{sha256[:12]}… in the store is damaged; restore it from a backup")
    return content
