from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from private_postgresql import MISSING, PrivatePostgres, find_programs
from sqlalchemy.orm import Session

from grader.store.catalogue import add_course, register_assignment
from grader.store.database import Store, name_sqlite
from grader.store.migrating import migrate
from grader.store.roster import add_user, enrol
from grader.store.schema import Assignment, Course, Role, User

COURSE = Path(__file__).with_name("course")
"""A course with answers that are judged in milliseconds, and one that takes as long as asked."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    if find_programs() is None:
        pytest.skip(MISSING)
    cluster = PrivatePostgres()
    yield cluster
    cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database without tables, of each kind."""
    if request.param == "sqlite":
        url = name_sqlite(tmp_path / "grade.db")
    else:
        url = request.getfixturevalue("postgres").make_database()
    store = Store(url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "grade.db"
    store = Store(name_sqlite(path))
    migrate(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PrivatePostgres) -> str:
    url = postgres.make_database()
    store = Store(url)
    migrate(store)
    store.close()
    return url.partition("///")[2].partition("?")[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database of each kind, with its tables."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "grade.db")
        url = name_sqlite(tmp_path / "grade.db")
    else:
        template = request.getfixturevalue("postgres_template")
        url = request.getfixturevalue("postgres").make_database(template)
    store = Store(url)
    yield store
    store.close()


class Class:
    """A course with people in it."""

    def __init__(self, store: Store) -> None:
        from grader.spec.loading import Course as CourseFolder

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


@pytest.fixture
def make_class() -> Callable[[Store], Class]:
    return Class
