"""Rubric marks as the store keeps them: which are the latest, and what they were given for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.store.rubrics import MarkFact, Rubric, match_marks
from grader.store.schema import GradingRun, ProblemVersion, RubricMark

Wordings = Mapping[tuple[str, str], Rubric]
"""By part and item, the newest rubric that has them."""


def find_marks(session: Session, submission_ids: Sequence[int]) -> dict[int, list[RubricMark]]:
    """By submission, the latest mark of each part and item that was not taken back."""
    found = find_latest_marks(session, submission_ids)
    return {
        submission_id: kept
        for submission_id, marks in found.items()
        if (kept := [mark for mark in marks if mark.points is not None])
    }


def find_latest_marks(
    session: Session, submission_ids: Sequence[int]
) -> dict[int, list[RubricMark]]:
    """By submission, the latest mark of each part and item, the oldest first."""
    latest: dict[tuple[int, str, str], RubricMark] = {}
    for mark in session.scalars(
        select(RubricMark)
        .where(RubricMark.submission_id.in_(submission_ids))
        .order_by(RubricMark.id)
    ):
        key = mark.submission_id, mark.part, mark.item
        latest.pop(key, None)
        latest[key] = mark
    found: dict[int, list[RubricMark]] = defaultdict(list)
    for mark in latest.values():
        found[mark.submission_id].append(mark)
    return found


def find_newest_mark_id(session: Session, submission_id: int, part: str) -> int:
    """The last mark that anybody gave or took back; 0 for none."""
    newest = session.scalar(
        select(func.max(RubricMark.id)).where(
            RubricMark.submission_id == submission_id, RubricMark.part == part
        )
    )
    return newest or 0


def read_rubric(outlined: Mapping[str, Any]) -> dict[str, Fraction]:
    """The rubric of a part, as its version's outline has it."""
    return {item["item"]: Fraction(item["points"]) for item in outlined.get("rubric", ())}


def find_wordings(session: Session, assignment_id: int) -> dict[tuple[str, str], Rubric]:
    """What every item was among, over all versions of an assignment."""
    found: dict[tuple[str, str], Rubric] = {}
    for outline in session.scalars(
        select(ProblemVersion.outline)
        .where(ProblemVersion.assignment_id == assignment_id)
        .order_by(ProblemVersion.id)
    ):
        for part in outline:
            rubric = read_rubric(part)
            found |= {(part["id"], item): rubric for item in rubric}
    return found


def state_marks(
    marks: Iterable[RubricMark], wordings: Wordings, ordinals: Mapping[int, int] | None = None
) -> tuple[MarkFact, ...]:
    """Marks as facts of a score; `ordinals` are the submissions' as their student counts them."""
    return tuple(
        MarkFact(
            mark.part,
            mark.item,
            None if mark.points is None else Fraction(mark.points),
            wordings.get((mark.part, mark.item), {}),
            source=(ordinals or {}).get(mark.source_id or 0, 0),
            id=mark.id,
        )
        for mark in marks
    )


def find_counted_marks(session: Session, run: GradingRun) -> dict[str, dict[str, RubricMark]]:
    """The marks that count with a grading: by part, then by the item as it reads there."""
    marks = find_latest_marks(session, [run.submission_id]).get(run.submission_id, [])
    if not marks:
        return {}
    version = session.get_one(ProblemVersion, run.version_id)
    facts = state_marks(marks, find_wordings(session, version.assignment_id))
    by_id = {mark.id: mark for mark in marks}
    found = {}
    for part in version.outline:
        matched = match_marks(part["id"], read_rubric(part), facts)
        if matched:
            found[part["id"]] = {item: by_id[fact.id] for item, fact in matched.items()}
    return found
