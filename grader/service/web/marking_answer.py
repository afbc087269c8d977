"""An answer before its marker: what was asked and said, and what others have given for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.report.models import PartReport
from grader.service.marked import read_marked_report
from grader.service.versions import load_version
from grader.service.web.marking_items import Item, list_items
from grader.store.awaiting import Waiting
from grader.store.deciding import find_asked
from grader.store.marking import find_other_marks
from grader.store.marks import find_counted_marks, find_newest_mark_id
from grader.store.schema import Assignment, GradingRun, RubricMark, Submission, User

COMMENTS = 12
"""Offered for using again: what fits beside an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody gave for an answer, to be shown to staff."""

    author: str
    at: dt.datetime
    items: tuple[tuple[str, float], ...]
    comment: str
    ordinal: int
    """Of the submission that was marked: another one where the same answer came again."""
    is_carried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """One answer with everything that its marker looks at."""

    title: str
    prompt: str
    points: float
    answer: str
    feedback: str
    items: list[Item]
    comment: str
    comments: list[str]
    owner: str
    newest: int
    """The last mark when this was read: a later one is somebody else's."""
    given: Given | None
    other: Given | None
    """What another submission of the same student was given for this part."""


def read_answer(
    session: Session, assignment: Assignment, waiting: Waiting, *, reuse: bool = False
) -> AnswerView:
    """What a marker sees; `reuse` fills in what another submission was given."""
    run = session.get_one(GradingRun, waiting.run_id)
    submission = session.get_one(Submission, waiting.submission_id)
    outlined = find_asked(session, submission, waiting.part)
    found = _find_report(session, run, waiting.part)
    given = find_counted_marks(session, run).get(waiting.part, {})
    source, others = find_other_marks(session, submission, outlined)
    filled = others if reuse and others else given
    loaded = load_version(session, assignment, waiting.user_id, run.version_id)
    prompts = {part_id: part.prompt for _, part_id, part in loaded.parts()}
    return AnswerView(
        title=outlined["title"] or waiting.part,
        prompt=prompts.get(waiting.part, ""),
        points=float(Fraction(outlined["points"])),
        answer=next((check.understood for check in found.checks if check.understood), "")
        if found
        else "",
        # Of prose the grader says nothing that its marker does not see.
        feedback=found.feedback if found and outlined["kind"] != "text" else "",
        items=list_items(outlined, filled),
        comment=next((mark.comment for mark in filled.values() if mark.comment), ""),
        comments=find_comments(session, assignment, waiting.part),
        owner=session.get_one(User, waiting.user_id).name,
        newest=find_newest_mark_id(session, submission.id, waiting.part),
        given=_show_given(session, submission, given),
        other=_show_given(session, source, others),
    )


def _find_report(session: Session, run: GradingRun, part: str) -> PartReport | None:
    report = read_marked_report(session, run, "staff")
    named = [each for each in report.parts if part in (each.id, each.id.partition("/")[2])] if (
        report
    ) else []  # fmt: skip
    return named[-1] if named else None


def _show_given(
    session: Session, submission: Submission | None, marks: Mapping[str, RubricMark]
) -> Given | None:
    """The last word of several markers is named."""
    if submission is None or not marks:
        return None
    last = max(marks.values(), key=lambda mark: mark.id)
    source = session.get(Submission, last.source_id) if last.source_id else None
    return Given(
        author=session.get_one(User, last.author_id).name,
        at=last.at,
        items=tuple((item, float(mark.points or 0)) for item, mark in marks.items()),
        comment=last.comment,
        ordinal=source.ordinal if source else submission.ordinal,
        is_carried=source is not None,
    )


def find_comments(session: Session, assignment: Assignment, part: str) -> list[str]:
    """What was said of this part before, the most used first."""
    uses = func.count(func.distinct(RubricMark.submission_id))
    rows = session.execute(
        select(RubricMark.comment, uses)
        .join(Submission, Submission.id == RubricMark.submission_id)
        .where(
            Submission.assignment_id == assignment.id,
            RubricMark.part == part,
            RubricMark.comment != "",
        )
        .group_by(RubricMark.comment)
        .order_by(uses.desc(), RubricMark.comment)
        .limit(COMMENTS)
    )
    return [comment for comment, _ in rows]
