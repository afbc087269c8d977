"""The audit trail: each entry holds the digest of the one before, so that none can be changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from grader.store.schema import AuditEntry
from grader.store.types import now

TOGETHER = 1000
"""Entries in memory at once; a trail of years is long."""
FIRST = "0" * 64
_LOCK = 0x66616972
"""Any number that nothing else locks: entries are appended one at a time."""


def note(
    session: Session, actor_id: int | None, action: str, thing: str, **detail: Any
) -> AuditEntry:
    """Append an entry, in the transaction of what it tells of."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    session.flush()
    entry = AuditEntry(
        at=now().replace(microsecond=0),
        actor_id=actor_id,
        action=action,
        thing=thing,
        detail=detail,
        previous_hash=find_head(session),
    )
    entry.hash = _digest(entry)
    session.add(entry)
    session.flush()
    return entry


def find_head(session: Session) -> str:
    """The digest of the last entry: whoever keeps it elsewhere sees when the end is cut off."""
    latest = select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    return session.scalar(latest) or FIRST


def verify_trail(session: Session, expected: str = "") -> tuple[int, str]:
    """How many entries there are, and what is wrong with the first bad one; '' when nothing is.

    `expected` is the head of an earlier day: without its entry the trail's end is gone.
    """
    previous = FIRST
    count = 0
    is_there = expected in ("", FIRST)
    for entry in _read_entries(session):
        count += 1
        if entry.previous_hash != previous:
            return count, f"entry {entry.id} does not follow the one before it"
        if entry.hash != _digest(entry):
            return count, f"entry {entry.id} is not what was written at {entry.at:%F %T}"
        previous = entry.hash
        is_there = is_there or previous == expected
    return count, "" if is_there else f"the entry {expected[:12]}… is gone, and what came after it"


def _read_entries(session: Session) -> Iterator[AuditEntry]:
    last_id = 0
    while True:
        some = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.id > last_id)
            .order_by(AuditEntry.id)
            .limit(TOGETHER)
        ).all()
        yield from some
        if len(some) < TOGETHER:
            return
        last_id = some[-1].id


def _digest(entry: AuditEntry) -> str:
    fields: Mapping[str, Any] = {
        "at": entry.at.isoformat(),
        "actor": entry.actor_id,
        "action": entry.action,
        "thing": entry.thing,
        "detail": entry.detail,
        "previous": entry.previous_hash,
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
