"""Opening the store: one URL, SQLite or PostgreSQL, and sessions to read and to write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from grader.errors import SystemFault

BUSY_MS = 10_000
"""A writer waits for another this long; one holds the file for milliseconds."""
PATIENCE_S = 30.0
"""A database that restarts is back within seconds; after this it is down."""
POOL = 12
"""Connections a process keeps: as many as the web process has busy threads."""
OVERFLOW = 40
"""More of them for a moment: as many as the web process has threads at most."""

ALIVE_S = 0.1
"""A connection that was used so lately works: no database is back sooner. Others are tried out."""

# A connection's option, by whether the write is durable: what SQLite is told before it.
WRITES = {True: {"grade_synchronous": "FULL"}, False: {"grade_synchronous": "NORMAL"}}

Result = TypeVar("Result")


class Store:
    """The database of one service.

    `read()` and `write()` give sessions; a write is one transaction, taken whole or not at all.
    Several threads and processes may use a store at once.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _open_sqlite(url) if self.is_sqlite else _open_postgresql(url)
        self._reader = self._forgetful = self.engine
        if not self.is_sqlite:
            # Connections of their own, opened when first used. A rolled back transaction makes the
            # driver forget the statements it has prepared, so that reading begins none; and that
            # a write is not durable would take a round trip to say each time.
            self._reader = _open_postgresql(
                url, "-c default_transaction_read_only=on"
            ).execution_options(isolation_level="AUTOCOMMIT")
            self._forgetful = _open_postgresql(url, "-c synchronous_commit=off")
        # SQLite lets one write at a time, and lets the others poll; a lock wakes the next at once.
        self._turn: AbstractContextManager[object] = (
            threading.Lock() if self.is_sqlite else nullcontext()
        )

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that changes nothing; PostgreSQL answers each question as of its moment."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[Session]:
        """A session whose changes are kept when the block ends well.

        One that need not be durable may be forgotten, whole, when the machine (or PostgreSQL)
        crashes within a second; it does not wait for the disk.
        """
        engine = self.engine if is_durable else self._forgetful
        with self._turn, Session(engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options=WRITES[is_durable])
            yield session

    def attempt(self, work: Callable[[Session], Result], *, is_durable: bool = True) -> Result:
        """Do a piece of writing; again, when the database was away or somebody came first.

        Only for work that may be done again from its start.
        """
        waited_until = time.monotonic() + PATIENCE_S
        pause_s = 0.02
        while True:
            try:
                with self.write(is_durable=is_durable) as session:
                    return work(session)
            except (OperationalError, IntegrityError, DBAPIError) as trouble:
                if not _is_passing(trouble) or time.monotonic() > waited_until:
                    raise
            time.sleep(pause_s)
            pause_s = min(1.0, pause_s * 2)

    def ping(self) -> None:
        """Errors   whatever the database says when it doesn't answer."""
        with self.engine.connect() as connection:
            connection.execute(text("select 1"))

    def close(self) -> None:
        """Give all connections back."""
        for engine in (self.engine, self._reader, self._forgetful):
            engine.dispose()


def _is_passing(trouble: DBAPIError) -> bool:
    """Whether trying again can help: a lost connection, a deadlock, a busy file, a race."""
    if isinstance(trouble, IntegrityError):
        return "uq_" in str(trouble.orig) or "UNIQUE" in str(trouble.orig)
    return isinstance(trouble, OperationalError) or trouble.connection_invalidated


def write_conninfo(url: str) -> str:
    """A URL as PostgreSQL's own programs read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def name_sqlite(path: Path) -> str:
    """The URL of a database file."""
    return f"sqlite:///{path.absolute()}"


def _open_sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:" and not Path(path).parent.is_dir():
        raise SystemFault(f"there is no folder {Path(path).parent} for the database; make it first")
    # The driver must not begin transactions by itself: it begins too late, and never for reads.
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=POOL,
        max_overflow=OVERFLOW,
        # An error names the statement, and goes into a log: what was kept does not.
        hide_parameters=True,
        connect_args={"timeout": BUSY_MS / 1000, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("pragma journal_mode=WAL")
        cursor.execute("pragma foreign_keys=ON")
        cursor.execute(f"pragma busy_timeout={BUSY_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        wanted = connection.get_execution_options().get("grade_synchronous")
        if wanted and connection.info.get("synchronous") != wanted:
            # FULL: a commit reaches the disk, and a submission that was acknowledged stays.
            connection.exec_driver_sql(f"pragma synchronous={wanted}")
            connection.info["synchronous"] = wanted
        # A reader that later writes would be refused while another writes; a writer says so first.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if wanted else "BEGIN")

    return engine


def _open_postgresql(url: str, option: str = "") -> Engine:
    wanted = make_url(url).set(drivername="postgresql+psycopg")
    options = [*wanted.normalized_query.get("options", ()), option]
    engine = create_engine(
        wanted.difference_update_query(["options"]),
        pool_size=POOL,
        max_overflow=OVERFLOW,
        # The one that was used last, which need not be tried out.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": "fairmark",
            "options": " ".join(options).strip(),
        },
    )

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["given_back_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def try_out(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("given_back_at", time.monotonic()) < ALIVE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            # The pool makes another.
            raise DisconnectionError from None

    return engine
