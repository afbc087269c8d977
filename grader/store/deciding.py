"""What people decide: marks, overrides, extensions. Each is added, noted and reflected at once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound
from grader.store import audit
from grader.store.carrying import carry_marks, list_others
from grader.store.facts import find_counting_runs, find_overrides
from grader.store.schema import (
    Assignment,
    Enrolment,
    Extension,
    Passback,
    ProblemVersion,
    RubricMark,
    ScoreOverride,
    Standing,
    Submission,
)
from grader.store.scores import refresh
from grader.store.types import now


def mark(
    session: Session,
    submission: Submission,
    *,
    part: str,
    item: str,
    points: Decimal | None,
    comment: str,
    reason: str,
    author_id: int,
) -> RubricMark:
    """Mark a part of a submission, or one item of its rubric; None takes the mark back.

    The student's other submissions with the same answer get the mark too.

    Errors   NotFound for an unknown part or item; Conflict for more points than there are.
    """
    assignment = session.get_one(Assignment, submission.assignment_id)
    known = find_asked(session, submission, part)
    rubric = {each["item"]: _read(each["points"]) for each in known["rubric"]}
    if item and item not in rubric:
        raise NotFound(f"{part} has no rubric item '{item[:60]}'")
    most = rubric[item] if item else _read(known["points"])
    if points is not None and not 0 <= points <= most:
        where = f" for '{item}'" if item else ""
        raise Conflict(f"{_trim(points)} points are not between 0 and {_trim(most)}{where}")
    made = RubricMark(
        submission_id=submission.id,
        part=part,
        item=item,
        points=points,
        comment=comment,
        reason=reason,
        author_id=author_id,
    )
    _keep(session, made, "mark", f"submission {submission.id}", part=part, points=_show(points))
    carry_marks(session, submission, list_others(session, submission))
    reflect(session, assignment, submission.user_id)
    return made


def override(
    session: Session,
    assignment: Assignment,
    user_id: int,
    *,
    kind: str,
    part: str,
    points: Decimal | None,
    reason: str,
    author_id: int,
) -> ScoreOverride:
    """Say what a part or an assignment counts for a student, whatever the grader found.

    Errors   NotFound for a stranger to the course or an unknown part; Conflict for points that
             don't fit the kind.
    """
    require_member(session, assignment, user_id)
    if part:
        find_part(session, assignment, part)
    if (points is None) != (kind in ("excuse", "withdraw")):
        raise Conflict(f"'{kind}' {'takes no' if points is not None else 'needs'} points")
    if points is not None and kind == "set" and points < 0:
        raise Conflict(f"{points:g} points are fewer than none; to take some off, add a negative")
    if kind == "add" and not part and _is_excused(session, assignment, user_id):
        raise Conflict("the assignment is excused for this student; take that back first")
    made = ScoreOverride(
        assignment_id=assignment.id,
        user_id=user_id,
        part=part,
        kind=kind,
        points=points,
        reason=reason,
        author_id=author_id,
    )
    thing = f"assignment {assignment.id} user {user_id}"
    _keep(session, made, f"override: {kind}", thing, part=part, points=_show(points))
    reflect(session, assignment, user_id)
    return made


def extend(
    session: Session,
    assignment: Assignment,
    user_id: int,
    *,
    due_at: dt.datetime | None,
    reason: str,
    author_id: int,
) -> Extension:
    """Give a student more time; None takes it back.

    Errors   NotFound for a stranger to the course.
    """
    require_member(session, assignment, user_id)
    made = Extension(
        assignment_id=assignment.id,
        user_id=user_id,
        due_at=due_at,
        reason=reason,
        author_id=author_id,
    )
    thing = f"assignment {assignment.id} user {user_id}"
    _keep(session, made, "extend", thing, due_at=due_at.isoformat() if due_at else None)
    reflect(session, assignment, user_id)
    return made


def reflect(session: Session, assignment: Assignment, user_id: int) -> None:
    """Compute a score anew, and send it to the learning platform where one waits for it."""
    judged = refresh(session, assignment, [user_id])[user_id]
    passback = session.get(Passback, (assignment.id, user_id))
    if passback is None or judged.state in ("none", "excused"):
        return
    standing = session.get_one(Standing, (assignment.id, user_id))
    if (passback.score, passback.max_score) != (standing.score, standing.max_score):
        passback.score, passback.max_score = standing.score, standing.max_score
        passback.version += 1
        passback.tries, passback.next_try_at, passback.changed_at = 0, None, now()


def _is_excused(session: Session, assignment: Assignment, user_id: int) -> bool:
    counted = find_overrides(session, assignment.id, user_id)
    return any(each.kind == "excuse" and not each.part for each in counted)


def find_part(session: Session, assignment: Assignment, part: str) -> dict[str, Any]:
    """A part of the current version, as its outline has it.

    Errors   NotFound.
    """
    return _find_outlined(session, assignment, assignment.version_id, part)


def find_asked(session: Session, submission: Submission, part: str) -> dict[str, Any]:
    """A part as the grading that counts has it: what is marked is what the student was asked.

    Errors   NotFound.
    """
    assignment = session.get_one(Assignment, submission.assignment_id)
    run = find_counting_runs(session, [submission.id]).get(submission.id)
    return _find_outlined(
        session, assignment, run.version_id if run else assignment.version_id, part
    )


def _find_outlined(
    session: Session, assignment: Assignment, version_id: int | None, part: str
) -> dict[str, Any]:
    version = session.get(ProblemVersion, version_id) if version_id else None
    for known in version.outline if version else ():
        if known["id"] == part:
            return known
    raise NotFound(f"{assignment.slug} has no part '{part[:60]}'")


def require_member(session: Session, assignment: Assignment, user_id: int) -> None:
    """Errors   NotFound when somebody isn't in the assignment's course."""
    found = session.scalar(
        select(Enrolment.user_id).where(
            Enrolment.course_id == assignment.course_id, Enrolment.user_id == user_id
        )
    )
    if found is None:
        raise NotFound("there is no such person in this course")


def _read(points: object) -> Decimal:
    from fractions import Fraction

    return Decimal(round(Fraction(str(points)) * 10_000)) / 10_000


def _keep(
    session: Session,
    made: RubricMark | ScoreOverride | Extension,
    action: str,
    thing: str,
    **detail: str | None,
) -> None:
    session.add(made)
    session.flush()
    audit.note(session, made.author_id, action, thing, **detail)


def _trim(points: Decimal) -> str:
    return f"{float(points):g}"


def _show(points: Decimal | None) -> str | None:
    return None if points is None else str(points)
