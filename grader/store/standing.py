"""Which gradings count, and what a student's score is and why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.store.schema import GradingRun, Regrade, RunState


def find_counting_runs(session: Session, submission_ids: Sequence[int]) -> dict[int, GradingRun]:
    """The grading of each submission that counts.

    The newest finished one; a regrade's only when it is published and, where it never lowers,
    when it is no lower than the one before.
    """
    rows = session.execute(
        select(GradingRun, Regrade.state, Regrade.never_lowers)
        .outerjoin(Regrade, Regrade.id == GradingRun.regrade_id)
        .where(
            GradingRun.submission_id.in_(submission_ids),
            GradingRun.state == RunState.DONE,
        )
        .order_by(GradingRun.id)
    )
    found: dict[int, GradingRun] = {}
    for run, regrade_state, never_lowers in rows:
        if run.regrade_id is not None and regrade_state != "published":
            continue
        before = found.get(run.submission_id)
        if never_lowers and before is not None and (run.score or 0) < (before.score or 0):
            continue
        found[run.submission_id] = run
    return found


def count_done(session: Session) -> int:
    """Gradings that have ended well."""
    return session.scalar(select(func.count()).where(GradingRun.state == RunState.DONE)) or 0
