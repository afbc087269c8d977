"""`grade admin doctor`: whether what the store says holds together."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from grader.errors import GraderError
from grader.store import audit, operations
from grader.store.database import Store
from grader.store.migrating import require_current
from grader.store.schema import Assignment, Standing
from grader.store.scores import explain_standing
from grader.store.standing import round_points

SAMPLE = 500
"""Scores that are computed anew: a few seconds' work, the latest first."""
OLD_S = 3600
"""Whoever waits an hour waits for something that doesn't come."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_well: bool
    words: str


def examine_store(store: Store) -> list[Finding]:
    """Look at everything that can be told from the database."""
    try:
        require_current(store)
    except GraderError as trouble:
        return [Finding("tables", False, str(trouble))]
    found = [Finding("tables", True, "as this version needs them")]
    with store.read() as session:
        count, trouble_words = audit.verify_trail(session)
        found.append(
            Finding("audit trail", not trouble_words, trouble_words or f"{count} entries follow")
        )
        wrong, looked_at = 0, 0
        rows = session.scalars(
            select(Standing).order_by(Standing.computed_at.desc()).limit(SAMPLE)
        ).all()
        for row in rows:
            assignment = session.get_one(Assignment, row.assignment_id)
            judged = explain_standing(session, assignment, row.user_id)
            looked_at += 1
            wrong += row.score != round_points(judged.score)
        words = f"{wrong} of {looked_at} copies differ from what is computed anew"
        found.append(Finding("scores", not wrong, words))
        for queue in operations.read_queues(session):
            words = f"{queue.waiting} wait, {queue.running} run, oldest {queue.oldest_s:.0f} s"
            found.append(Finding(f"queue {queue.name}", queue.oldest_s < OLD_S, words))
        workers = operations.read_workers(session, 60)
        alive = sum(is_alive for _, is_alive in workers)
        found.append(Finding("workers", True, f"{alive} heard of within a minute"))
        quarantine = operations.read_quarantine(session)
        ids = ", ".join(str(run.id) for run in quarantine[:5])
        words = f"{len(quarantine)} runs{': ' + ids if ids else ''}"
        found.append(Finding("quarantine", not quarantine, words))
    return found
