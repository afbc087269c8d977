"""Online backup and restore: one file that holds everything, whatever the database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, inspect, make_url

from grader.errors import SystemFault, UsageError
from grader.store.database import Store
from grader.store.migrating import find_revision, find_revisions

HEADERS = {b"SQLite format 3\0": "SQLite", b"PGDMP": "PostgreSQL"}
"""What a backup begins with, and the database that it is of."""
REVISION_TABLE = "alembic_version"
"""In every backup, and in hardly any other file."""


def back_up(store: Store, path: Path) -> None:
    """Write everything to a file, while the service goes on; the whole file or none.

    Tables of an older or newer version are written as they are.

    Errors   UsageError where there is nothing, or no place for it; SystemFault with what the
             database's own tool said.
    """
    if find_revision(store) is None:
        raise UsageError("this database has no tables: there is nothing to back up")
    with draft_file(path) as draft:
        if store.is_sqlite:
            _copy_sqlite(Path(make_url(store.url).database or ""), draft)
        else:
            _run(store, "pg_dump", "--format=custom", f"--file={draft}")


@contextmanager
def draft_file(path: Path) -> Iterator[Path]:
    """A file of one's own to write to, that takes the place of another once it is whole.

    Errors   UsageError where it can't be made; SystemFault where it can't be written.
    """
    path = path.absolute()
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    except OSError as trouble:
        raise UsageError(f"cannot write to {path.parent}: {trouble.strerror}") from None
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, sqlite3.Error) as trouble:
        words = trouble.strerror if isinstance(trouble, OSError) else trouble
        raise SystemFault(f"{path} could not be written: {words}") from None
    finally:
        draft.unlink(missing_ok=True)


def restore(store: Store, path: Path, *, replaces: bool = False) -> None:
    """Fill a database from a backup; one that holds something only when told to replace it.

    Errors   UsageError for a file that is no backup, of the other kind or of a newer version, or
             for a database that is in use already; SystemFault for one that is damaged.
    """
    try:
        with path.open("rb") as file:
            start = file.read(max(map(len, HEADERS)))
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror}") from None
    kind = next((kind for header, kind in HEADERS.items() if start.startswith(header)), None)
    own = "SQLite" if store.is_sqlite else "PostgreSQL"
    if kind is None:
        raise UsageError(f"{path} is no backup: `grade admin backup` writes those")
    if kind != own:
        raise UsageError(f"{path} is a backup of {kind}, and this database is {own}")
    _require_known(path, _read_sqlite_revision(path) if store.is_sqlite else _read_revision(path))
    if not replaces and inspect(store.engine).get_table_names():
        raise UsageError("this database holds something already; --replace overwrites it")
    store.close()
    if store.is_sqlite:
        _copy_sqlite(path, Path(make_url(store.url).database or ""))
    else:
        _run(
            store, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
            str(path),
        )  # fmt: skip


def _read_revision(path: Path) -> str | None:
    """What revision the tables in a backup of PostgreSQL are at; None without ours.

    Errors   SystemFault for a damaged one.
    """
    wanted = ("--data-only", f"--table={REVISION_TABLE}", "--file=-")
    lines = iter(_run(None, "pg_restore", *wanted, str(path)).splitlines())
    is_there = any(line.startswith("COPY ") and REVISION_TABLE in line for line in lines)
    # What follows are the rows, up to a line that ends them.
    return next(lines, None) if is_there else None


def _read_sqlite_revision(path: Path) -> str | None:
    """What revision a SQLite file's tables are at; None without ours.

    Errors   SystemFault for a damaged one.
    """
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            found = connection.execute("pragma integrity_check").fetchone()[0]
            if found == "ok":
                tables = {name for (name,) in connection.execute("select name from sqlite_master")}
                if REVISION_TABLE not in tables:
                    return None
                row = connection.execute(f"select version_num from {REVISION_TABLE}").fetchone()
                return str(row[0]) if row else None
    except sqlite3.DatabaseError as trouble:
        found = str(trouble)
    raise SystemFault(f"{path} is damaged: {found}")


def _require_known(path: Path, revision: str | None) -> None:
    if revision is None:
        raise UsageError(f"{path} is a database's file, and none of this grader's")
    if revision not in find_revisions():
        raise UsageError(
            f"{path} is of a newer version (revision {revision}, known up to"
            f" {find_revisions()[-1]}): install that version first"
        )


def _copy_sqlite(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _split_password(store: Store) -> tuple[str, str]:
    """A database's URL as libpq reads it, without the password; and the password."""
    url = make_url(store.url)
    named = url.normalized_query.get("password", ())
    bare = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    ).difference_update_query(["password"])
    return bare.render_as_string(), url.password or "".join(named[:1])


def _run(store: Store | None, program: str, *arguments: str) -> str:
    """What a program of PostgreSQL's printed, on a database or on none.

    The password goes by the environment: everybody on the machine can read a command line.
    """
    if shutil.which(program) is None:
        folders = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
        if not folders:
            raise UsageError(f"{program} is missing; install PostgreSQL's client programs")
        program = str(folders[0])
    environment = dict(os.environ)
    if store is not None:
        place, password = _split_password(store)
        arguments = (f"--dbname={place}", *arguments)
        if password:
            environment["PGPASSWORD"] = password
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        words = " ".join(done.stderr.split())[-500:]
        raise SystemFault(f"{Path(program).name}: {words}")
    return done.stdout
