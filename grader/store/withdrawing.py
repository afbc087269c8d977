"""Who gives up a grading, and what is left of the submission then.

An attempt is what somebody has learned from. What was taken off the queue before it began is none;
what was cancelled later is one. Nobody who has seen verdicts may make the submission one that does
not count, where the last one counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from grader.errors import Conflict
from grader.store import runs
from grader.store.admission import find_run
from grader.store.schema import Assignment, GradingRun, RunEvent, RunState, Submission

GIVEN_UP = (RunState.CANCELLED, RunState.SUPERSEDED)


def withdraw(
    session: Session, submission: Submission, assignment: Assignment, *, by: int | None
) -> RunState:
    """Cancel the grading of a submission, as one of its student or of the staff.

    Errors   Conflict when it has ended, or when its student has seen verdicts and the last
             submission counts.
    """
    run = find_run(session, submission.id)
    if run is None:
        raise Conflict("there is nothing to cancel")
    is_own = by == submission.user_id
    if (
        is_own
        and assignment.counts == "last"
        and not submission.is_practice
        and _tells(session, run)
    ):
        raise Conflict(
            "its verdicts have begun to show, and here the last submission counts: it is graded to"
            " its end; hand in another one, which then counts instead"
        )
    return runs.cancel(session, run.id)


def _tells(session: Session, run: GradingRun) -> bool:
    told = exists().where(RunEvent.run_id == run.id)
    return run.state == RunState.RUNNING and bool(session.scalar(select(told)))


def find_given_up(session: Session, submission_ids: Sequence[int]) -> dict[int, bool]:
    """Which of these submissions nobody will grade any more; whether a grading had begun."""
    found: dict[int, list[tuple[str, int]]] = {}
    if submission_ids:
        rows = session.execute(
            select(GradingRun.submission_id, GradingRun.state, GradingRun.starts).where(
                GradingRun.submission_id.in_(submission_ids)
            )
        )
        for submission_id, state, starts in rows:
            found.setdefault(submission_id, []).append((state, starts))
    return {
        # What is superseded waited: whatever had begun of it was taken back by us.
        submission_id: any(starts and state != RunState.SUPERSEDED for state, starts in own)
        for submission_id, own in found.items()
        if all(state in GIVEN_UP for state, _ in own)
    }
