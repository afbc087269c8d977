"""Gathering what a score depends on, and keeping a copy of the outcome for the gradebook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.store.admission import find_extension
from grader.store.schema import (
    Assignment,
    GradingRun,
    PartOutcome,
    ProblemVersion,
    Regrade,
    RubricMark,
    RunState,
    ScoreOverride,
    Standing,
    Submission,
)
from grader.store.standing import (
    AttemptFact,
    Facts,
    Judged,
    MarkFact,
    OverrideFact,
    PartFact,
    judge,
    round_points,
)
from grader.store.types import now


def explain_standing(session: Session, assignment: Assignment, user_id: int) -> Judged:
    """A student's score in an assignment, computed now from everything it depends on."""
    return judge(gather_facts(session, assignment, user_id))


def refresh(session: Session, assignment: Assignment, user_id: int) -> Judged:
    """Compute a score and keep a copy; called in the transaction of whatever changed it."""
    session.flush()
    judged = explain_standing(session, assignment, user_id)
    standing = session.get(Standing, (assignment.id, user_id))
    if standing is None:
        standing = Standing(assignment_id=assignment.id, user_id=user_id)
        session.add(standing)
    standing.state = judged.state
    standing.score = round_points(judged.score)
    standing.max_score = round_points(judged.max_score)
    standing.open_points = round_points(judged.open_points)
    standing.submission_id = judged.submission_id
    standing.is_late = judged.is_late
    standing.is_adjusted = judged.is_adjusted
    standing.computed_at = now()
    session.flush()
    return judged


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
    for user_id in sorted(users):
        refresh(session, assignment, user_id)
    return len(users)


def find_counting_runs(
    session: Session, submission_ids: Iterable[int], *, with_regrade: int | None = None
) -> dict[int, GradingRun]:
    """The grading of each submission that counts.

    The newest finished one; a regrade's only once it is published, and, where it never lowers,
    only when it is no lower than the one before. `with_regrade` counts as if published.
    """
    rows = session.execute(
        select(GradingRun, Regrade.state, Regrade.never_lowers)
        .outerjoin(Regrade, Regrade.id == GradingRun.regrade_id)
        .where(
            GradingRun.submission_id.in_(list(submission_ids)),
            GradingRun.state == RunState.DONE,
        )
        .order_by(GradingRun.id)
    )
    found: dict[int, GradingRun] = {}
    for run, regrade_state, never_lowers in rows:
        counts = run.regrade_id in (None, with_regrade) or regrade_state == "published"
        if not counts:
            continue
        before = found.get(run.submission_id)
        if never_lowers and before is not None and (run.score or 0) < (before.score or 0):
            continue
        found[run.submission_id] = run
    return found


def gather_facts(
    session: Session, assignment: Assignment, user_id: int, *, with_regrade: int | None = None
) -> Facts:
    """Everything that one score depends on."""
    from grader.spec.models import Policies

    submissions = session.scalars(
        select(Submission)
        .where(
            Submission.assignment_id == assignment.id,
            Submission.user_id == user_id,
            Submission.is_practice.is_(False),
        )
        .order_by(Submission.ordinal)
    ).all()
    ids = [submission.id for submission in submissions]
    runs = find_counting_runs(session, ids, with_regrade=with_regrade)
    parts = _find_parts(session, list(runs.values()))
    marks = find_marks(session, ids)
    extension = find_extension(session, assignment.id, user_id)
    return Facts(
        attempts=[
            AttemptFact(
                submission.id,
                submission.ordinal,
                submission.received_at,
                parts[runs[submission.id].id] if submission.id in runs else None,
                tuple(
                    MarkFact(mark.part, mark.item, Fraction(mark.points or 0))
                    for mark in marks.get(submission.id, ())
                ),
            )
            for submission in submissions
        ],
        policies=Policies.model_validate(assignment.policies or {}),
        counts=assignment.counts,
        due_at=assignment.due_at,
        extended_to=extension.due_at if extension else None,
        overrides=[
            OverrideFact(
                override.part,
                cast("Literal['set', 'add', 'excuse']", override.kind),
                Fraction(override.points or 0),
                override.reason,
            )
            for override in find_overrides(session, assignment.id, user_id)
        ],
        max_points=Fraction(assignment.max_points),
    )


def _find_parts(session: Session, runs: Sequence[GradingRun]) -> dict[int, tuple[PartFact, ...]]:
    outlines = {
        version_id: {part["id"]: part for part in outline}
        for version_id, outline in session.execute(
            select(ProblemVersion.id, ProblemVersion.outline).where(
                ProblemVersion.id.in_({run.version_id for run in runs})
            )
        )
    }
    versions = {run.id: run.version_id for run in runs}
    found: dict[int, list[PartFact]] = {run.id: [] for run in runs}
    rows = session.execute(
        select(
            PartOutcome.run_id,
            PartOutcome.part,
            PartOutcome.score,
            PartOutcome.max_score,
            PartOutcome.open_points,
        )
        .where(PartOutcome.run_id.in_(list(versions)))
        .order_by(PartOutcome.run_id, PartOutcome.position)
    )
    for run_id, part, score, max_score, open_points in rows:
        known: dict[str, Any] = outlines[versions[run_id]].get(part, {})
        rubric = {item["item"]: Fraction(item["points"]) for item in known.get("rubric", ())}
        found[run_id].append(
            PartFact(
                part,
                known.get("problem", ""),
                Fraction(score),
                Fraction(max_score),
                Fraction(open_points),
                rubric,
            )
        )
    return {run_id: tuple(parts) for run_id, parts in found.items()}


def find_marks(session: Session, submission_ids: Sequence[int]) -> dict[int, list[RubricMark]]:
    """The marks that count, by submission: of each part and item the latest, if not taken back."""
    latest: dict[tuple[int, str, str], RubricMark] = {}
    for mark in session.scalars(
        select(RubricMark)
        .where(RubricMark.submission_id.in_(submission_ids))
        .order_by(RubricMark.id)
    ):
        latest[mark.submission_id, mark.part, mark.item] = mark
    found: dict[int, list[RubricMark]] = defaultdict(list)
    for mark in latest.values():
        if mark.points is not None:
            found[mark.submission_id].append(mark)
    return found


def find_overrides(session: Session, assignment_id: int, user_id: int) -> list[ScoreOverride]:
    """The overrides that count: of each part and kind the latest, up to a withdrawal."""
    latest: dict[tuple[str, str], ScoreOverride] = {}
    for override in session.scalars(
        select(ScoreOverride)
        .where(ScoreOverride.assignment_id == assignment_id, ScoreOverride.user_id == user_id)
        .order_by(ScoreOverride.id)
    ):
        if override.kind == "withdraw":
            for key in [key for key in latest if key[0] == override.part]:
                del latest[key]
        else:
            latest[override.part, override.kind] = override
    return list(latest.values())
