"""What staff pages open with: the thing in the URL, for whoever may do this to it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import NotFound, UsageError
from grader.service.api.finding import MOST_ID, open_assignment, open_course
from grader.service.authorising import Action, Thing, require
from grader.service.web.visiting import Form, Visit
from grader.store.schema import Assignment, Course, Enrolment, User

PLACE = "/courses/{course}/assignments/{assignment}"
LARGEST_POINTS = 10_000


def open_for(session: Session, visit: Visit, slug: str, action: Action) -> Course:
    """Errors   NotFound; NotAllowed."""
    course = open_course(session, visit.person, slug)
    require(visit.person, action, Thing(course.id))
    return course


def open_assignment_for(
    session: Session, visit: Visit, course: str, slug: str, action: Action
) -> tuple[Course, Assignment]:
    """Errors   NotFound; NotAllowed."""
    found, assignment = open_assignment(session, visit.person, course, slug)
    require(visit.person, action, Thing(found.id))
    return found, assignment


def find_member(session: Session, course_id: int, user_id: int) -> tuple[User, Enrolment]:
    """Somebody in a course, also who has left it.

    Errors   NotFound.
    """
    row = None
    if 0 < user_id < MOST_ID:
        row = session.execute(
            select(User, Enrolment)
            .join(Enrolment, Enrolment.user_id == User.id)
            .where(Enrolment.course_id == course_id, User.id == user_id)
        ).first()
    if row is None:
        raise NotFound("there is no such person in this course")
    return row[0], row[1]


def read_points(form: Form, name: str) -> Decimal | None:
    """Points as they were typed; None where nothing was.

    Errors   UsageError.
    """
    text = form.read(name, 20).replace(",", ".").replace("−", "-")
    if not text:
        return None
    try:
        points = Decimal(text)
    except InvalidOperation:
        points = Decimal("NaN")
    if not points.is_finite() or abs(points) > LARGEST_POINTS:
        raise UsageError(f"'{text}' is no number of points; write 2 or 2.5")
    return round(points, 4)


def read_reason(form: Form) -> str:
    """Why a person decides otherwise than the grader.

    Errors   UsageError when it is missing.
    """
    reason = form.read("reason", 2_000)
    if len(reason) < 3:
        raise UsageError("give a reason: it stays with the decision, and the student may read it")
    return reason
