"""Online backup and restore: one file that holds everything, whatever the database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, make_url

from grader.errors import SystemFault, UsageError
from grader.store.database import Store

SQLITE_HEADER = b"SQLite format 3\0"


def back_up(store: Store, path: Path) -> None:
    """Write everything to a file, while the service goes on; the whole file or none.

    Errors   SystemFault with what the database's own tool said.
    """
    path = path.absolute()
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} for the backup")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    os.close(handle)
    draft = Path(name)
    try:
        if store.is_sqlite:
            _copy_sqlite(Path(make_url(store.url).database or ""), draft)
        else:
            _run("pg_dump", "--format=custom", f"--file={draft}", f"--dbname={_conninfo(store)}")
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def restore(store: Store, path: Path, *, replaces: bool = False) -> None:
    """Fill a database from a backup; one that holds something only when told to replace it.

    Errors   UsageError for a file of the other kind, or a database that is in use already.
    """
    with path.open("rb") as file:
        is_sqlite = file.read(len(SQLITE_HEADER)) == SQLITE_HEADER
    if is_sqlite != store.is_sqlite:
        kinds = ("SQLite", "PostgreSQL")
        raise UsageError(f"{path} is a backup of {kinds[not is_sqlite]}, not {kinds[is_sqlite]}")
    if not replaces and inspect(store.engine).get_table_names():
        raise UsageError("this database holds something already; --replace overwrites it")
    store.close()
    if is_sqlite:
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                found = connection.execute("pragma integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as trouble:
            found = str(trouble)
        if found != "ok":
            raise SystemFault(f"{path} is damaged: {found}")
        _copy_sqlite(path, Path(make_url(store.url).database or ""))
    else:
        _run(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
            f"--dbname={_conninfo(store)}", str(path),
        )  # fmt: skip


def _copy_sqlite(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _conninfo(store: Store) -> str:
    url = make_url(store.url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        folders = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
        if not folders:
            raise UsageError(f"{program} is missing; install PostgreSQL's client programs")
        program = str(folders[0])
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemFault(f"{Path(program).name}: {done.stderr.strip()[-500:]}")
