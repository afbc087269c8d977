"""Things by their names in a URL, for whoever may see them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from grader.errors import NotFound
from grader.service.authorising import Action, Thing, may, require
from grader.store.catalogue import find_course, find_course_and_assignment
from grader.store.roster import Known
from grader.store.schema import Assignment, Course, Submission
from grader.store.types import now

MOST_ID = 2**53
"""Numbers that JSON readers keep exact; the database's own go further."""


def bound_id(number: int) -> int:
    """A number from an address as a database can look for it; 0, which nothing has, for others."""
    return number if 0 < number < MOST_ID else 0


def open_course(session: Session, known: Known, slug: str) -> Course:
    """Errors   NotFound, also when the course is none of theirs."""
    course = find_course(session, slug)
    _require_member(known, course)
    return course


def _require_member(known: Known, course: Course) -> None:
    """Errors   NotFound in the words for a course that isn't there: strangers can't tell which."""
    if not may(known, Action.SEE_COURSE, Thing(course.id)):
        raise NotFound(f"there is no course '{course.slug}'")


def open_assignment(
    session: Session, known: Known, course_slug: str, slug: str
) -> tuple[Course, Assignment]:
    """Errors   NotFound, also while it is not visible to them."""
    course, assignment = find_course_and_assignment(session, course_slug, slug)
    _require_member(known, course)
    if assignment is None:
        raise NotFound(f"there is no assignment '{slug}' in {course.slug}")
    if not assignment.is_visible and not may(known, Action.SEE_UNPUBLISHED, Thing(course.id)):
        raise NotFound(f"there is no assignment '{slug}' in {course.slug}")
    return course, assignment


def is_open_yet(known: Known, assignment: Assignment) -> bool:
    """Whether somebody may read what is asked: students from its opening on."""
    return (
        assignment.opens_at is None
        or assignment.opens_at <= now()
        or may(known, Action.SEE_UNPUBLISHED, Thing(assignment.course_id))
    )


def open_submission(
    session: Session, known: Known, submission_id: int, action: Action
) -> tuple[Submission, Assignment]:
    """Errors   NotFound, also when it is another student's; NotAllowed."""
    submission = session.get(Submission, bound_id(submission_id))
    if submission is None:
        # In the words that are said of another's: whether there is one is nobody's business.
        raise NotFound
    assignment = session.get_one(Assignment, submission.assignment_id)
    require(known, action, Thing(assignment.course_id, submission.user_id))
    return submission, assignment
