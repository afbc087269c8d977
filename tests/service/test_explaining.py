"""What an operator reads when the settings or the database are not as they should be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from private_postgresql import PrivatePostgres
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from grader.cli import run
from grader.errors import SystemFault, UsageError
from grader.service.settings import read_settings
from grader.store.database import Store, name_sqlite
from grader.store.explaining import explain_database

AWAY = "postgresql://grade:s3cret@127.0.0.1:1/away"


@pytest.mark.parametrize(
    ("setting", "given", "words"),
    [
        ("queues", [], "write names"),
        ("queues", [1], "write names"),
        ("public_url", "grade.example.edu", "write https://grade.example.edu"),
        ("trusted_proxies", "the proxy", "'the proxy' is no address"),
        ("log_level", "loud", "'debug', 'info'"),
        ("database", "mysql://ada:s3cret@host/grade", "there is no 'mysql' here"),
        ("database", "grade.db", "this is no URL"),
        ("database", "postgresql://ada:s3cret@one:5432,two:5432/grade", "one host, not several"),
        ("database", "postgresql://ada:s3cret@host:port/grade", "this is no URL"),
    ],
)
def test_a_setting_that_is_none_is_said_in_one_line(
    setting: str, given: object, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(None, {}, **{setting: given})
    said = str(caught.value)
    assert said.startswith(f"setting '{setting}': ")
    assert words in said
    assert "\n" not in said
    assert "s3cret" not in said


def test_settings_are_read_as_people_write_them() -> None:
    assert read_settings(None, {}, queues="cpu, gpu").queues == ("cpu", "gpu")
    assert read_settings(None, {"GRADE_QUEUES": "gpu"}).queues == ("gpu",)
    assert read_settings(None, {"GRADE_LOG_LEVEL": "INFO"}).log_level == "info"
    networks = "127.0.0.1, 10.0.0.0/8,::1"
    assert read_settings(None, {}, trusted_proxies=networks).trusted_proxies == networks


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"], ["admin"]], ids="-".join)
def test_a_database_that_is_away_is_told_in_one_line(command: list[str], tmp_path: Path) -> None:
    more = ["audit"] if command == ["admin"] else []
    done = subprocess.run(
        [sys.executable, "-m", "grader", *command, "--database", AWAY, *more],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("grade: the database postgresql://grade:***@127.0.0.1:1/away: ")
    assert "is it running, and can it be reached from here?" in line


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["admin", *words])
    return code, capsys.readouterr().err


def test_a_name_that_postgresql_does_not_know_is_told_in_one_line(
    postgres: PrivatePostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    url = make_url(postgres.make_database())
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("create role nobody_else login connection limit 0"))
    engine.dispose()
    cases = {
        url.set(database="not_here"): (2, 'database "not_here" does not exist; make it first'),
        url.update_query_dict({"user": "ghost"}): (2, 'role "ghost" does not exist; make it'),
        url.update_query_dict({"user": "nobody_else"}): (5, "raise its max_connections"),
    }
    for place, (code, words) in cases.items():
        said = ask(capsys, "--database", place.render_as_string(), "audit")
        assert said[0] == code, said
        assert words in said[1]
        assert said[1].count("\n") == 1


def test_a_file_or_folder_that_will_not_do_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder, and no database either, however long it may be")
    cases = {
        ("--folder", str(tmp_path / "file" / "in"), "init"): (2, "cannot use "),
        ("--folder", str(tmp_path / "not"), "audit"): (5, "there is no folder"),
        ("--database", name_sqlite(tmp_path / "file"), "audit"): (5, "not a database"),
        ("--database", name_sqlite(tmp_path / "new.db"), "audit"): (5, "run: grade admin init"),
    }
    for words, (code, expected) in cases.items():
        said = ask(capsys, *words)
        assert said[0] == code, said
        assert expected in said[1]
        assert said[1].count("\n") == 1


def test_a_full_disk_is_ours_and_a_wrong_statement_stays_what_it_is(tmp_path: Path) -> None:
    store = Store(name_sqlite(tmp_path / "grade.db"))
    with (
        pytest.raises(SystemFault, match=r"database or disk is full; make room"),
        explain_database(store.url),
        store.write() as session,
    ):
        session.execute(text("pragma max_page_count=2"))
        session.execute(text("create table wool (weight text)"))
        session.execute(text("insert into wool values (zeroblob(100000))"))
    with (
        pytest.raises(OperationalError, match="no such table"),
        explain_database(store.url),
        store.read() as session,
    ):
        session.execute(text("select * from sheep"))
    store.close()
