"""Marking an answer: all its items at once, and only over marks that the marker has seen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from grader.store.carrying import list_others
from grader.store.deciding import mark
from grader.store.marks import (
    find_latest_marks,
    find_newest_mark_id,
    find_wordings,
    read_rubric,
    state_marks,
)
from grader.store.rubrics import match_marks
from grader.store.schema import RubricMark, Submission


def keep_marks(
    session: Session,
    submission: Submission,
    part: str,
    given: Mapping[str, Decimal],
    *,
    comment: str,
    author_id: int,
    seen: int,
) -> bool:
    """Keep the points of a part's items; False where somebody marked it after mark `seen`.

    Errors   as `mark` has them.
    """
    # Two who save at the same moment go one after the other.
    session.get(Submission, submission.id, with_for_update=True)
    if find_newest_mark_id(session, submission.id, part) > seen:
        return False
    for item, points in given.items():
        mark(
            session, submission, part=part, item=item, points=points, comment=comment, reason="",
            author_id=author_id,
        )  # fmt: skip
    return True


def find_other_marks(
    session: Session, submission: Submission, outlined: Mapping[str, Any]
) -> tuple[Submission | None, dict[str, RubricMark]]:
    """The last marks of a part in another submission of the same student, by the item now."""
    others = {each.id: each for each in list_others(session, submission)}
    part = outlined["id"]
    marks = {
        mark.id: mark
        for given in find_latest_marks(session, list(others)).values()
        for mark in given
        if mark.part == part and mark.source_id is None
    }
    if not marks:
        return None, {}
    source = others[marks[max(marks)].submission_id]
    own = [mark for mark in marks.values() if mark.submission_id == source.id]
    facts = state_marks(own, find_wordings(session, submission.assignment_id))
    matched = match_marks(part, read_rubric(outlined), facts)
    return source, {item: marks[fact.id] for item, fact in matched.items()}
