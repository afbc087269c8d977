"""Uploads in pieces, each kept as it comes: a broken connection goes on where it was."""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound, TooMany
from grader.store.schema import UploadChunk
from grader.store.types import now

KEPT = dt.timedelta(days=1)
"""An upload that nobody has gone on with for a day is forgotten."""
MOST_AT_ONCE = 4
"""Uploads under way of one person; each may be as large as a submission."""


def measure_upload(session: Session, user_id: int, sha256: str) -> int:
    """Bytes that have come, from the start and without a gap."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(func.length(UploadChunk.content)), 0)).where(
                UploadChunk.user_id == user_id, UploadChunk.sha256 == sha256
            )
        )
        or 0
    )


def add_chunk(
    session: Session, user_id: int, sha256: str, start: int, content: bytes, limit: int
) -> int:
    """Keep the next piece; the size there is then.

    Errors   Conflict when it does not follow what has come; TooMany for uploads at once.
    """
    session.execute(
        delete(UploadChunk).where(
            UploadChunk.user_id == user_id, UploadChunk.created_at < now() - KEPT
        )
    )
    size = measure_upload(session, user_id, sha256)
    if start != size:
        raise Conflict(f"{size} bytes have come; go on from there, not from {start}")
    if size + len(content) > limit:
        raise Conflict(f"this is larger than the {limit} bytes that a submission may have")
    others = session.scalar(
        select(func.count(func.distinct(UploadChunk.sha256))).where(
            UploadChunk.user_id == user_id, UploadChunk.sha256 != sha256
        )
    )
    if (others or 0) >= MOST_AT_ONCE:
        raise TooMany(f"{others} of your uploads are under way; end one of them first", 60)
    if content:
        session.add(UploadChunk(user_id=user_id, sha256=sha256, start=start, content=content))
        session.flush()
    return size + len(content)


def read_upload(session: Session, user_id: int, sha256: str) -> bytes:
    """All of an upload.

    Errors   NotFound when nothing has come; Conflict when it is not whole, or not what its name
             says.
    """
    chunks = session.scalars(
        select(UploadChunk.content)
        .where(UploadChunk.user_id == user_id, UploadChunk.sha256 == sha256)
        .order_by(UploadChunk.start)
    ).all()
    if not chunks:
        raise NotFound("nothing of this upload has come")
    content = b"".join(chunks)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Conflict(f"{len(content)} bytes have come, and they are not {sha256[:12]}… yet")
    return content


def forget_upload(session: Session, user_id: int, sha256: str) -> None:
    """Remove an upload's pieces: it was taken, or given up."""
    session.execute(
        delete(UploadChunk).where(UploadChunk.user_id == user_id, UploadChunk.sha256 == sha256)
    )
