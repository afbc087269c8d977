"""What staff decide: rubric marks, overrides, extensions; and a score with its explanation."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.service.acting import Asker
from grader.service.api.assignments import PLACE
from grader.service.api.finding import open_assignment, open_submission
from grader.service.api.shapes import Given, GivenPoints, GivenTime, Id, Name, Remark, UserId, Words
from grader.service.authorising import Action, Thing, may, require
from grader.service.running import find_service
from grader.store import deciding
from grader.store.marks import find_marks
from grader.store.roster import Known
from grader.store.schema import Extension, RubricMark, ScoreOverride
from grader.store.scores import explain_standing
from grader.store.standing import round_points

router = APIRouter(tags=["judgements"])


class Kept(BaseModel):
    """Read from the row that keeps it."""

    model_config = ConfigDict(from_attributes=True)


class MarkGiven(Given):
    """A mark; `points` null takes it back."""

    part: Name
    item: Name = ""
    points: GivenPoints | None
    comment: Remark = ""
    """For the student."""
    reason: Remark = ""
    """For staff."""


class MarkView(Kept):
    """A mark that counts."""

    id: int
    part: str
    item: str
    points: float | None
    comment: str
    reason: str = ""
    author_id: int | None = None
    source_id: int | None = None
    """The submission that was marked, where this one has the same answer."""
    at: dt.datetime


class OverrideGiven(Given):
    """A person's word over the grader's."""

    user_id: UserId
    kind: Literal["set", "add", "excuse", "withdraw"]
    part: Name = ""
    """Empty for the assignment as a whole."""
    points: GivenPoints | None = None
    reason: Words


class OverrideView(Kept):
    """An override as it was given; later ones go before it."""

    id: int
    user_id: int
    kind: str
    part: str
    points: float | None
    reason: str
    author_id: int
    at: dt.datetime


class ExtensionGiven(Given):
    """More time for one student; `due_at` null takes it back."""

    user_id: UserId
    due_at: GivenTime | None
    reason: Words


class ExtensionView(Kept):
    """An extension as it was given; later ones go before it."""

    id: int
    user_id: int
    due_at: dt.datetime | None
    reason: str
    author_id: int
    at: dt.datetime


class ScoreView(BaseModel):
    """A score, and a line for everything that made it."""

    state: str
    score: float
    max_score: float
    open_points: float
    submission_id: int | None
    is_late: bool
    explanation: list[str]


Whose = Annotated[int | None, Query(ge=1, lt=2**53, description="Whose; yours if left out.")]


@router.get(PLACE + "/score")
def read_score(
    request: Request, known: Asker, course: str, assignment: str, user: Whose = None
) -> ScoreView:
    """A student's score in an assignment, computed now, with its explanation."""
    with find_service(request).store.read() as session:
        found, wanted = open_assignment(session, known, course, assignment)
        owner = known.user_id if user is None else user
        require(known, Action.SEE_SCORE, Thing(found.id, owner))
        judged = explain_standing(session, wanted, owner)
    return ScoreView(
        state=judged.state,
        score=float(round_points(judged.score)),
        max_score=float(round_points(judged.max_score)),
        open_points=float(round_points(judged.open_points)),
        submission_id=judged.submission_id,
        is_late=judged.is_late,
        explanation=list(judged.steps),
    )


@router.post("/submissions/{submission_id}/marks", status_code=201)
def add_mark(request: Request, known: Asker, submission_id: Id, given: MarkGiven) -> MarkView:
    """Mark a part, or one item of its rubric."""

    def work(session: Session) -> RubricMark:
        submission, _ = open_submission(session, known, submission_id, Action.MARK)
        return deciding.mark(session, submission, **given.model_dump(), author_id=known.user_id)

    return _show_mark(find_service(request).store.attempt(work), is_staff=True)


@router.get("/submissions/{submission_id}/marks")
def read_marks(request: Request, known: Asker, submission_id: Id) -> list[MarkView]:
    """The marks that count, with their comments; who gave them, and why, is for staff."""
    with find_service(request).store.read() as session:
        submission, assignment = open_submission(
            session, known, submission_id, Action.SEE_SUBMISSION
        )
        thing = Thing(assignment.course_id, submission.user_id)
        is_staff = may(known, Action.SEE_STAFF_REPORT, thing)
        marks = find_marks(session, [submission.id]).get(submission.id, [])
        return [_show_mark(mark, is_staff) for mark in marks]


@router.post(PLACE + "/overrides", status_code=201)
def add_override(
    request: Request, known: Asker, course: str, assignment: str, given: OverrideGiven
) -> OverrideView:
    """Set or add points, excuse, or withdraw what was said before; with a reason."""

    def work(session: Session) -> ScoreOverride:
        found, wanted = open_assignment(session, known, course, assignment)
        require(known, Action.OVERRIDE, Thing(found.id))
        return deciding.override(session, wanted, **given.model_dump(), author_id=known.user_id)

    return OverrideView.model_validate(find_service(request).store.attempt(work))


@router.get(PLACE + "/overrides")
def read_overrides(
    request: Request, known: Asker, course: str, assignment: str
) -> list[OverrideView]:
    """All overrides of an assignment, the first one first."""
    rows = _list_all(request, known, (course, assignment), Action.OVERRIDE, ScoreOverride)
    return [OverrideView.model_validate(row) for row in rows]


@router.post(PLACE + "/extensions", status_code=201)
def add_extension(
    request: Request, known: Asker, course: str, assignment: str, given: ExtensionGiven
) -> ExtensionView:
    """Give a student more time; with a reason."""

    def work(session: Session) -> Extension:
        found, wanted = open_assignment(session, known, course, assignment)
        require(known, Action.EXTEND, Thing(found.id))
        return deciding.extend(session, wanted, **given.model_dump(), author_id=known.user_id)

    return ExtensionView.model_validate(find_service(request).store.attempt(work))


@router.get(PLACE + "/extensions")
def read_extensions(
    request: Request, known: Asker, course: str, assignment: str
) -> list[ExtensionView]:
    """All extensions of an assignment, the first one first."""
    rows = _list_all(request, known, (course, assignment), Action.EXTEND, Extension)
    return [ExtensionView.model_validate(row) for row in rows]


def _list_all(
    request: Request,
    known: Known,
    place: tuple[str, str],
    action: Action,
    kept: type[ScoreOverride] | type[Extension],
) -> list[ScoreOverride | Extension]:
    """Everything of a kind that was decided about an assignment, the first one first."""
    with find_service(request).store.read() as session:
        found, wanted = open_assignment(session, known, *place)
        require(known, action, Thing(found.id))
        rows = select(kept).where(kept.assignment_id == wanted.id).order_by(kept.id)
        return list(session.scalars(rows))


def _show_mark(mark: RubricMark, is_staff: bool) -> MarkView:
    view = MarkView.model_validate(mark)
    return view if is_staff else view.model_copy(update={"reason": "", "author_id": None})
