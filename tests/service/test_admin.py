"""`grade admin`, as an operator types it, on both databases."""

from __future__ import annotations

import datetime as dt
import fcntl
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from school import Class
from sqlalchemy import select
from test_store import IN_TIME, finish, hand_in

from grader.cli import run
from grader.store import audit, roster, sessions
from grader.store.database import Store
from grader.store.schema import AuditEntry, GradingRun, Submission, User
from grader.store.types import now

Grade = Callable[..., tuple[int, str]]


@pytest.fixture
def klass(store: Store, make_class: Callable[[Store], Class]) -> Class:
    return make_class(store)


@pytest.fixture
def grade(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Grade:
    """Run a command of `grade admin` on the test's database; its exit code and what it said."""
    monkeypatch.chdir(tmp_path)

    def ask(*words: str) -> tuple[int, str]:
        code = run(["admin", "--database", store.url, *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return ask


def test_what_a_course_keeps_and_weighs_is_set_and_shown(klass: Class, grade: Grade) -> None:
    code, shown = grade(
        "course", "set", "dl", "--keep-days", "400", "--share", "4", "--archive", "--title", "Nets"
    )
    assert code == 0
    assert [line.split() for line in shown.splitlines()] == [
        ["title", "Nets"], ["timezone", "UTC"], ["share", "4"], ["keep_days", "400"],
        ["is_archived", "yes"],
    ]  # fmt: skip
    assert grade("course", "set", "dl")[1] == shown
    code, said = grade("course", "sync", "dl")
    assert (code, "dl is archived" in said) == (2, True)
    _, later = grade("course", "set", "dl", "--keep-days", "none", "--unarchive")
    assert "keep_days   none\nis_archived no\n" in later
    for words in (("--keep-days", "0"), ("--timezone", "Mars/Base")):
        code, said = grade("course", "set", "dl", *words)
        assert (code, said.count("\n")) == (2, 1), said
    with klass.store.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "set course")).all()
        assert [entry.detail.get("keep_days") for entry in entries] == [400, None]
        assert audit.verify_trail(session)[1] == ""


def test_a_disabled_person_is_signed_out_and_their_tokens_fail(klass: Class, grade: Grade) -> None:
    email = "student@example.edu"
    token = grade("token", email)[1].strip()
    with klass.store.write() as session:
        cookie = sessions.begin_session(session, session.merge(klass.people["student"]))

    def is_known() -> tuple[bool, bool]:
        with klass.store.read() as session:
            by_token = roster.recognise_token(session, token)
            return by_token is not None, sessions.find_session(session, cookie) is not None

    assert is_known() == (True, True)
    assert grade("user", "disable", email)[0] == 0
    assert is_known() == (False, False)
    assert grade("user", "enable", email)[0] == 0
    assert is_known() == (True, False)


def test_a_leaked_account_is_closed_by_a_new_password(klass: Class, grade: Grade) -> None:
    email = "student@example.edu"
    token = grade("token", email, "--label", "laptop")[1].strip()
    assert "laptop" in grade("token", email, "--list")[1]
    _, said = grade("user", "password", email, "--password", "correct horse battery")
    assert said == f"{email} signs in with the new password; 1 token revoked\n"
    with klass.store.read() as session:
        assert roster.recognise_token(session, token) is None
    assert "no token that holds" in grade("token", email, "--list")[1]


def test_an_operator_revokes_one_token_or_all_and_nobody_elses(klass: Class, grade: Grade) -> None:
    email = "student@example.edu"
    for label in ("one", "two", "three"):
        grade("token", email, "--label", label)
    with klass.store.write() as session:
        other, _ = roster.make_token(
            session, session.merge(klass.people["grader"]), scopes=["submit"],
            expires_at=now() + dt.timedelta(days=1),
        )  # fmt: skip
    listed = grade("token", email, "--list")[1].splitlines()
    assert [line.split()[-1] for line in listed] == ["three", "two", "one"]
    assert grade("token", email, "--revoke", str(other.id))[0] != 0
    assert grade("token", email, "--revoke", listed[1].split()[0])[0] == 0
    assert grade("token", email, "--revoke", "all")[1] == f"2 tokens of {email} revoked\n"
    assert grade("token", "grader@example.edu", "--list")[1].startswith(f"{other.id} ")


def test_the_operators_right_is_given_and_taken_back(klass: Class, grade: Grade) -> None:
    for flag, is_operator in (("--yes", True), ("--no", False)):
        assert grade("user", "operator", "grader@example.edu", flag)[0] == 0
        with klass.store.read() as session:
            assert session.get_one(User, klass.people["grader"].id).is_operator is is_operator


def test_restoring_under_a_service_that_runs_is_refused(
    klass: Class, grade: Grade, tmp_path: Path
) -> None:
    assert grade("backup", "kept")[0] == 0
    (tmp_path / ".grade").mkdir()
    if not klass.store.is_sqlite:
        # Workers are elsewhere: what a service in this folder holds is of another database.
        (tmp_path / "service.toml").write_text('engine = "embedded"')
    with (tmp_path / ".grade" / "engine.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, said = grade("restore", "kept", "--replace")
        assert (code, said) == (
            2, "grade: a service runs in .grade: stop it first, or name another --folder\n",
        )  # fmt: skip
    assert grade("restore", "kept", "--replace")[0] == 0


def test_what_is_written_of_people_is_for_the_operators_eyes(
    klass: Class, grade: Grade, tmp_path: Path
) -> None:
    assert grade("export", "student@example.edu", "all.zip")[0] == 0
    assert grade("backup", "kept")[0] == 0
    assert zipfile.is_zipfile(tmp_path / "all.zip")
    for name in ("all.zip", "kept"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    for words in (("backup", "not/there"), ("export", "student@example.edu", "not/there")):
        code, said = grade(*words)
        assert (code, said.count("\n")) == (2, 1), said
        assert "cannot write to" in said


def test_work_is_kept_as_long_as_the_course_says_and_no_longer_than_its_student(
    klass: Class, grade: Grade
) -> None:
    finish(klass, hand_in(klass, at=IN_TIME).run.id)
    counted = "submissions whose files and reports were removed: "
    assert grade("retain") == (0, f"{counted}0\n")
    grade("course", "set", "dl", "--keep-days", "1")
    assert grade("retain") == (0, f"{counted}1\n")
    waiting = hand_in(klass, content="c").run.id
    code, said = grade("erase", "student@example.edu", "--yes")
    assert (code, said) == (0, f"erased; user {klass.people['student'].id} is nobody now\n")
    assert grade("user", "enable", "student@example.edu")[0] == 2
    with klass.store.read() as session:
        assert session.get_one(GradingRun, waiting).state == "cancelled"
        assert not session.scalars(select(Submission).where(Submission.name != "")).all()
    code, said = grade("doctor")
    assert code == 0, said


def test_names_that_are_none_are_refused_as_usage(klass: Class, grade: Grade) -> None:
    for words in (
        ("user", "add", "", "--name", "Ada"),
        ("user", "add", "notanemail", "--name", "Ada"),
        ("user", "add", "student@example.edu", "--name", "Ada"),
        ("user", "add", "ada@example.edu", "--name", " "),
        ("course", "add", "Bad Slug/../x", "--folder", "."),
        ("course", "set", "none"),
        ("enrol", "dl", "nobody@example.edu", "student"),
        ("token", "student@example.edu", "--scopes", "everything"),
        ("token", "student@example.edu", "--revoke", "999"),
        ("release", "999"),
    ):
        code, said = grade(*words)
        assert (code, said.count("\n")) == (2, 1), (words, said)
