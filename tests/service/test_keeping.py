"""Backup, restore, retention, export and erasure, on both databases."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from private_postgresql import PrivatePostgres, find_programs
from school import Class
from sqlalchemy import func, make_url, select, text
from test_store import IN_TIME, finish, hand_in, report, score_of

from grader.errors import SystemFault, UsageError
from grader.service.examining import examine_store
from grader.store import audit, finishing, keeping, retaining, runs
from grader.store.backup import back_up, restore
from grader.store.database import Store, name_sqlite
from grader.store.migrating import migrate, require_current, undo_migrations
from grader.store.schema import Blob, Course, GradingRun, RunEvent, Standing, Submission, User


@pytest.fixture
def klass(store: Store, make_class: Callable[[Store], Class]) -> Class:
    return make_class(store)


def test_a_backup_taken_while_a_writer_writes_is_whole_and_restores(
    klass: Class, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    finish(klass, hand_in(klass, at=IN_TIME).run.id)
    path = tmp_path / "backup"
    if klass.store.is_sqlite:
        with klass.store.write() as session:
            session.add(User(name="Not yet", email="not@yet.example"))
            session.flush()
            back_up(klass.store, path)
        url = name_sqlite(tmp_path / "other.db")
    else:
        back_up(klass.store, path)
        postgres: PrivatePostgres = request.getfixturevalue("postgres")
        url = postgres.make_database()
    hand_in(klass, content="after the backup", at=IN_TIME)

    other = Store(url)
    restore(other, path)
    with other.read() as session:
        assert session.scalars(select(Submission.content_hash)).all() == ["sha256:b"]
        assert not session.scalars(select(User).where(User.name == "Not yet")).all()
        assert audit.verify_trail(session)[1] == ""
    assert all(finding.is_well for finding in examine_store(other))
    with pytest.raises(UsageError, match="--replace"):
        restore(other, path)
    restore(other, path, replaces=True)
    other.close()


def make_another(klass: Class, tmp_path: Path, request: pytest.FixtureRequest) -> Store:
    """A database of the same kind, without tables."""
    if klass.store.is_sqlite:
        return Store(name_sqlite(tmp_path / "another.db"))
    postgres: PrivatePostgres = request.getfixturevalue("postgres")
    return Store(postgres.make_database())


def test_a_damaged_or_foreign_backup_is_refused(
    klass: Class, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "backup"
    back_up(klass.store, path)
    if klass.store.is_sqlite:
        content = bytearray(path.read_bytes())
        content[5000:40000] = bytes(35000)
        path.write_bytes(content)
        with pytest.raises(SystemFault, match="is damaged"):
            restore(Store(name_sqlite(tmp_path / "new.db")), path)
    else:
        with pytest.raises(UsageError, match="backup of PostgreSQL, and this database is SQLite"):
            restore(Store(name_sqlite(tmp_path / "new.db")), path)
    for content in (b"", b"PK a zip, say"):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="is no backup"):
            restore(klass.store, path, replaces=True)
    with pytest.raises(UsageError, match="nothing to back up"):
        back_up(make_another(klass, tmp_path, request), path)


def test_another_programs_database_is_no_backup(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "backup"
    if store.is_sqlite:
        with closing(sqlite3.connect(path)) as other:
            other.execute("create table sheep (name text)")
    else:
        place = request.getfixturevalue("postgres").make_database()
        programs = find_programs() or Path()
        subprocess.run(
            [programs / "pg_dump", "--format=custom", f"--file={path}", f"--dbname={place}"],
            check=True,
        )
    with pytest.raises(UsageError, match="none of this grader's"):
        restore(store, path, replaces=True)
    require_current(store)


def test_tables_of_a_newer_version_are_told_from_older_ones_and_backed_up(
    klass: Class, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    undo_migrations(klass.store, "0003")
    with pytest.raises(SystemFault, match=r"at revision 0003.*run: grade admin init"):
        require_current(klass.store)
    older = tmp_path / "older"
    back_up(klass.store, older)
    other = make_another(klass, tmp_path, request)
    restore(other, older)
    migrate(other)
    require_current(other)

    with klass.store.write() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    words = r"newer than this grader \(revision 9999, .*install its version again, or a newer one"
    for act in (require_current, migrate):
        with pytest.raises(SystemFault, match=words):
            act(klass.store)
    newer = tmp_path / "newer"
    back_up(klass.store, newer)
    assert newer.stat().st_size
    with pytest.raises(UsageError, match="newer version"):
        restore(other, newer, replaces=True)
    require_current(other)
    other.close()


def test_no_command_line_shows_the_databases_password(
    postgres: PrivatePostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = find_programs()
    said = tmp_path / "said"
    (tmp_path / "bin").mkdir()
    for name in ("pg_dump", "pg_restore"):
        wrapper = tmp_path / "bin" / name
        wrapper.write_text(
            f'#!/bin/sh\necho "$0 $@; $PGPASSWORD" >> {said}\nexec {programs}/{name} "$@"\n'
        )
        wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    plain = make_url(postgres.make_database())
    for url in (
        plain.set(username="grade", password="s3cr:t/").difference_update_query(["user"]),
        plain.update_query_dict({"password": "s3cr:t/"}),
    ):
        store = Store(url.render_as_string(hide_password=False))
        migrate(store)
        back_up(store, tmp_path / "backup")
        restore(store, tmp_path / "backup", replaces=True)
        store.close()
    lines = said.read_text().splitlines()
    assert len(lines) == 6
    assert all("s3cr" not in line.rpartition(";")[0] for line in lines), lines
    assert sum(line.endswith("; s3cr:t/") for line in lines) == 4


def test_a_person_gets_everything_and_no_secret(klass: Class) -> None:
    finish(klass, hand_in(klass, at=IN_TIME).run.id)
    with klass.store.read() as session:
        person = session.get_one(User, klass.people["student"].id)
        content = keeping.export_person(session, person)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        document = json.loads(archive.read("data.json"))
    assert document["person"][0]["email"] == "student@example.edu"
    assert len(document["submissions"]) == len(document["gradings"]) == 1
    assert any(name.startswith("submissions/") for name in names)
    assert any(name.startswith("reports/") for name in names)
    assert "password_hash" not in json.dumps(document)


def test_an_erased_person_is_a_number_and_the_points_stay(klass: Class) -> None:
    finish(klass, hand_in(klass, at=IN_TIME).run.id)
    other = hand_in(klass, person="grader", content="c", at=IN_TIME)
    with klass.store.write() as session:
        person = session.get_one(User, klass.people["student"].id)
        keeping.erase_person(session, person, None)

    with klass.store.read() as session:
        person = session.get_one(User, klass.people["student"].id)
        assert (person.email, person.name) == (None, f"erased {person.id}")
        submission = session.scalars(
            select(Submission).where(Submission.user_id == person.id)
        ).one()
        assert (submission.archive_sha, submission.manifest) == (None, [])
        shas = set(session.scalars(select(Blob.sha256)))
        assert other.submission.archive_sha in shas
        versions = len(klass.assignments)
        assert len(shas) == versions + 1
        assert session.scalar(select(func.count()).select_from(Standing)) == 1
        assert audit.verify_trail(session)[1] == ""
    assert score_of(klass)[0] == 2


def erase(klass: Class, name: str = "student") -> None:
    with klass.store.write() as session:
        keeping.erase_person(session, session.get_one(User, klass.people[name].id), None)


def list_kept(klass: Class) -> list[tuple[str | None, str, str, str | None]]:
    """What is kept of the student's work: files and their name, what became of it, a report."""
    with klass.store.read() as session:
        rows = session.execute(
            select(Submission.archive_sha, Submission.archive_name, GradingRun.state,
                   GradingRun.staff_report_sha)
            .join(GradingRun, GradingRun.submission_id == Submission.id)
            .where(Submission.user_id == klass.people["student"].id)
            .order_by(GradingRun.id)
        )  # fmt: skip
        return [(sha, name, state, report) for sha, name, state, report in rows]


def test_erasing_ends_what_waits_and_what_is_being_graded(klass: Class) -> None:
    running = hand_in(klass, at=IN_TIME).run.id
    with klass.store.write() as session:
        lease = runs.claim(session, running, "test")
        assert lease is not None
        runs.note_parts(session, lease, [{"id": "quick/depth"}])
    waiting = hand_in(klass, content="c", assignment="slow", at=IN_TIME).run.id
    erase(klass)

    with klass.store.write() as session:
        assert runs.claim(session, waiting, "test") is None
        assert runs.beat(session, [lease.token]) == {lease.token}
        runs.note_parts(session, lease, [{"id": "quick/why"}])
        result = finishing.describe(report(), report())
        assert finishing.finish(session, [finishing.Graded(lease, result)]) == [None]
    assert list_kept(klass) == [(None, "", "cancelled", None)] * 2
    with klass.store.read() as session:
        assert not session.scalars(select(RunEvent)).all()
        assert session.scalar(select(func.count()).select_from(Blob)) == len(klass.assignments)
    assert all(finding.is_well for finding in examine_store(klass.store))


def test_what_comes_in_while_its_student_is_erased_is_not_kept_either(klass: Class) -> None:
    erase(klass)
    late = hand_in(klass, at=IN_TIME).run.id
    with klass.store.write() as session:
        lease = runs.claim(session, late, "test")
        assert lease is not None
        result = finishing.describe(report(), report())
        (state,) = finishing.finish(session, [finishing.Graded(lease, result)])
        assert state == "cancelled"
    assert retaining.apply_retention(klass.store) == 1
    assert list_kept(klass) == [(None, "", "cancelled", None)]


def test_what_is_older_than_the_course_keeps_is_removed(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "TOGETHER", 2)
    old = []
    for number in range(3):
        old.append(hand_in(klass, content=f"old {number}", at=IN_TIME))
        finish(klass, old[-1].run.id)
    waiting = hand_in(klass, person="grader", content="w", at=IN_TIME)
    recent = hand_in(klass, person="instructor", content="c")
    set_aside = hand_in(klass, person="operator", content="q", at=IN_TIME)
    with klass.store.write() as session:
        session.get_one(GradingRun, set_aside.run.id).state = "quarantined"
        session.get_one(Course, klass.course.id).keep_days = 30
        assert dt.datetime.now(dt.UTC) - dt.timedelta(days=30) > IN_TIME
    assert retaining.apply_retention(klass.store) == 3
    with klass.store.read() as session:
        for each in old:
            assert session.get_one(Submission, each.submission.id).archive_sha is None
            assert session.get_one(GradingRun, each.run.id).staff_report_sha is None
        for kept in (waiting, recent, set_aside):
            assert session.get_one(Submission, kept.submission.id).archive_sha is not None
        blobs = session.scalar(select(func.count()).select_from(Blob))
        assert blobs == len(klass.assignments) + 3
    finish(klass, waiting.run.id)
    assert retaining.apply_retention(klass.store) == 1


def test_doctor_notices_a_score_that_was_tampered_with(klass: Class) -> None:
    finish(klass, hand_in(klass, at=IN_TIME).run.id)
    assert all(finding.is_well for finding in examine_store(klass.store))
    with klass.store.write() as session:
        session.scalars(select(Standing)).one().score += 1
    bad = [finding.what for finding in examine_store(klass.store) if not finding.is_well]
    assert bad == ["scores"]
