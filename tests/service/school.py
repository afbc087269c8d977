"""A course with people in it, for tests and benchmarks."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from grader.spec.loading import Course as CourseFolder
from grader.store.catalogue import add_course, register_assignment
from grader.store.database import Store
from grader.store.roster import add_user, enrol
from grader.store.schema import Assignment, Course, Role, User

COURSE = Path(__file__).with_name("course")
"""A course with answers that are judged in milliseconds, and one that takes as long as asked."""


class Class:
    """A course with people in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as session:
            self.course: Course = add_course(session, "dl", "Deep learning", str(COURSE))
            folder = CourseFolder(COURSE)
            self.assignments: dict[str, Assignment] = {}
            for name in folder.assignment_ids():
                self.assignments[name], _, _ = register_assignment(
                    session, self.course, folder.load(name), COURSE
                )
            self.people: dict[str, User] = {}
            for role in Role:
                self.add(session, role.value, role)

    def add(self, session: Session, name: str, role: Role) -> User:
        user = add_user(session, f"{name}@example.edu", name.title())
        enrol(session, self.course, user, role)
        self.people[name] = user
        return user
