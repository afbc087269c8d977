"""Scores from their facts, and a copy of each for the gradebook."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from grader.store.facts import gather_facts
from grader.store.schema import Assignment, ScoreOverride, Standing, Submission
from grader.store.standing import Judged, judge, round_points, sum_parts
from grader.store.types import now

TOGETHER = 200
"""Students whose facts are asked for at once: databases take some thousands of values."""


def explain_standing(session: Session, assignment: Assignment, user_id: int) -> Judged:
    """A student's score in an assignment, computed now from everything it depends on."""
    return explain_standings(session, assignment, [user_id])[user_id]


def explain_standings(
    session: Session,
    assignment: Assignment,
    user_ids: Sequence[int],
    *,
    with_regrade: int | None = None,
) -> dict[int, Judged]:
    """The same for several students; `with_regrade` counts as if it were published."""
    found: dict[int, Judged] = {}
    for start in range(0, len(user_ids), TOGETHER):
        some = user_ids[start : start + TOGETHER]
        facts = gather_facts(session, assignment, some, with_regrade=with_regrade)
        found |= {user_id: judge(each) for user_id, each in facts.items()}
    return found


def find_earned(session: Session, assignment: Assignment, user_id: int) -> dict[int, Fraction]:
    """What each graded submission of a student earned, with people's marks; practice is none."""
    (facts,) = gather_facts(session, assignment, [user_id]).values()
    return {
        each.submission_id: sum_parts(each) for each in facts.attempts if each.parts is not None
    }


def refresh(session: Session, assignment: Assignment, user_ids: Sequence[int]) -> dict[int, Judged]:
    """Compute students' scores and keep a copy; in the transaction of whatever changed them."""
    session.flush()
    found = explain_standings(session, assignment, user_ids)
    connection = session.connection()
    moment = now()
    copies = [
        {
            "assignment_id": assignment.id,
            "user_id": user_id,
            "state": judged.state,
            "score": round_points(judged.score),
            "max_score": round_points(judged.max_score),
            "open_points": round_points(judged.open_points),
            "submission_id": judged.submission_id,
            "is_late": judged.is_late,
            "is_adjusted": judged.is_adjusted,
            "computed_at": moment,
        }
        for user_id, judged in found.items()
    ]
    if copies:
        connection.execute(_UPSERTS[connection.dialect.name], copies)
    return found


def _upsert(insert: Any) -> Any:
    """A copy in the place of the one before."""
    table: Any = Standing.__table__
    made = insert(table)
    keys = ["assignment_id", "user_id"]
    return made.on_conflict_do_update(
        index_elements=keys,
        set_={column.name: column for column in made.excluded if column.name not in keys},
    )


_UPSERTS = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}


def refresh_all(session: Session, assignment: Assignment) -> int:
    """Compute the scores of everybody who handed in to, or was judged in, an assignment."""
    users = set(
        session.scalars(
            select(Submission.user_id).where(Submission.assignment_id == assignment.id).distinct()
        )
    ) | set(
        session.scalars(
            select(ScoreOverride.user_id)
            .where(ScoreOverride.assignment_id == assignment.id)
            .distinct()
        )
    )
    refresh(session, assignment, sorted(users))
    return len(users)
