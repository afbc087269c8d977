"""Gradescope's `submission_metadata.json`: who, when, for the how-manieth time, due when.

Source   https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.final_score import Circumstances


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What of it counts here."""

    circumstances: Circumstances
    earlier_scores: tuple[float | None, ...] = ()
    """Of the earlier attempts, in order; None where there is none."""


def read_metadata(found: object) -> Metadata:
    """Read what is there; a field that is missing or odd changes nothing."""
    metadata = found if isinstance(found, dict) else {}
    users = [user for user in _list(metadata.get("users")) if isinstance(user, dict)]
    previous = [each for each in _list(metadata.get("previous_submissions")) if each]
    return Metadata(
        circumstances=Circumstances(
            student=str(users[0].get("email", "")) if users else "",
            submitted_at=_read_time(metadata.get("created_at")),
            attempt=len(previous) + 1,
            due=max(_list_due_dates(metadata, users), default=None),
        ),
        earlier_scores=tuple(_list_scores(previous)),
    )


def _list_due_dates(metadata: dict[str, Any], users: list[dict[str, Any]]) -> Iterator[datetime]:
    """The assignment's, and those of students with an extension: a group has the latest."""
    for holder in (metadata, *users):
        assignment = holder.get("assignment")
        due = _read_time(assignment.get("due_date")) if isinstance(assignment, dict) else None
        if due is not None:
            yield due


def _list_scores(previous: list[Any]) -> Iterator[float | None]:
    for each in previous:
        found = each if isinstance(each, dict) else {}
        results = found.get("results")
        scored = results.get("score") if isinstance(results, dict) else found.get("score")
        try:
            yield float(str(scored))
        except ValueError:
            yield None


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _read_time(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
