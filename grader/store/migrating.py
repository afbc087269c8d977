"""Bringing a database to the tables that this version of the grader knows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from grader.errors import SystemFault
from grader.store.database import WRITES, Store

_LOCK = 0x6D696772
FOLDER = Path(__file__).with_name("migrations")


def migrate(store: Store, revision: str = "head") -> None:
    """Take every step up to a revision; one transaction, so that it happens whole.

    Errors   SystemFault when the tables are newer than this grader.
    """
    config = _configure()
    with store.engine.execution_options(**WRITES[True]).begin() as connection:
        if not store.is_sqlite:
            # Two processes that start at once take turns.
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in find_revisions():
            raise SystemFault(_describe_newer(found))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if not store.is_sqlite:
            from grader.store.delivery import prepare_delivery

            prepare_delivery(connection)


def undo_migrations(store: Store, revision: str = "base") -> None:
    """Take steps back, for tests and for a version that has to be left again."""
    config = _configure()
    with store.engine.execution_options(**WRITES[True]).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def find_revisions() -> tuple[str, ...]:
    """Every revision, the first one first."""
    scripts = ScriptDirectory.from_config(_configure())
    return tuple(script.revision for script in scripts.walk_revisions())[::-1]


def find_revision(store: Store) -> str | None:
    """The revision that a database's tables are at; None where it has no tables of ours."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(store: Store) -> None:
    """Errors   SystemFault when the tables are older or newer than this grader."""
    found = find_revision(store)
    known = find_revisions()
    if found is None:
        raise SystemFault("this database has no tables yet; run: grade admin init")
    if found not in known:
        raise SystemFault(_describe_newer(found))
    if found != known[-1]:
        raise SystemFault(
            f"this database is at revision {found}, this grader needs {known[-1]};"
            " run: grade admin init"
        )


def _describe_newer(found: str) -> str:
    return (
        f"this database is newer than this grader (revision {found}, known up to"
        f" {find_revisions()[-1]}): install its version again, or a newer one"
    )


def _configure() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
