"""When an assignment is open, what late work loses, where it is graded: what staff set of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.orm import Session

from grader.errors import Conflict, UsageError
from grader.store import audit
from grader.store.schema import Assignment
from grader.store.scores import refresh_all

SETTINGS = (
    "opens_at", "due_at", "closes_at", "late", "counts", "queue", "per_hour", "is_visible",
)  # fmt: skip
OF_SCORES = frozenset({"due_at", "late", "counts"})
"""What a score depends on: everybody's is computed anew."""
MOST_PER_HOUR = 1_000
_QUEUE = re.compile(r"[a-z][a-z0-9-]{0,31}")


def read_configuration(assignment: Assignment) -> dict[str, Any]:
    """Every setting as it stands."""
    late = (assignment.policies or {}).get("late")
    return {name: late if name == "late" else getattr(assignment, name) for name in SETTINGS}


def configure(
    session: Session,
    assignment: Assignment,
    changes: Mapping[str, Any],
    *,
    decided: Collection[str] = (),
    author_id: int | None,
) -> None:
    """Change settings; `decided` names those that the course's folder decides.

    Errors   Conflict where the folder decides, or times do not follow one another; UsageError.
    """
    before = read_configuration(assignment)
    after = before | dict(changes)
    changed = [name for name in SETTINGS if before[name] != after[name]]
    for name in changed:
        if name in decided:
            raise Conflict(
                f"assignment.yaml says '{NAMES_IN_FOLDER[name]}'; change it there, or take it out"
            )
    _check(after)
    for name in changed:
        if name == "late":
            assignment.policies = dict(assignment.policies or {}) | {"late": after["late"]}
        else:
            setattr(assignment, name, after[name])
    if not changed:
        return
    session.flush()
    if OF_SCORES & set(changed):
        refresh_all(session, assignment)
    audit.note(
        session,
        author_id,
        "configure",
        f"assignment {assignment.id}",
        **{name: [_show(before[name]), _show(after[name])] for name in changed},
    )


NAMES_IN_FOLDER = {"due_at": "due", "late": "policies: late", "counts": "policies: attempts"}
"""What may be said there too, and how it is called."""


def _check(settings: Mapping[str, Any]) -> None:
    opens_at, due_at, closes_at = (settings[name] for name in ("opens_at", "due_at", "closes_at"))
    if opens_at and due_at and due_at <= opens_at:
        raise Conflict("it would be due before it opens")
    if due_at and closes_at and closes_at < due_at:
        raise Conflict("it would close before it is due")
    if opens_at and closes_at and closes_at <= opens_at:
        raise Conflict("it would close before it opens")
    if settings["late"] and not due_at:
        raise Conflict("late work loses nothing without a due time; give one")
    if settings["counts"] not in ("last", "best"):
        raise UsageError(f"'{settings['counts']}' counts nothing; write last or best")
    if not _QUEUE.fullmatch(settings["queue"]):
        raise UsageError("a queue is named after a resource, as cpu, gpu or gpu-h200")
    per_hour = settings["per_hour"]
    if per_hour is not None and not 1 <= per_hour <= MOST_PER_HOUR:
        raise UsageError(f"from 1 to {MOST_PER_HOUR} submissions an hour; saw {per_hour}")


def _show(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value
