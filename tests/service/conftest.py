from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from private_postgresql import MISSING, PrivatePostgres, find_programs
from school import Class

from grader.store.database import Store, name_sqlite
from grader.store.migrating import migrate


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


@pytest.fixture
def make_class() -> Callable[[Store], Class]:
    return Class
