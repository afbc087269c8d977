"""Whole homeworks of somebody who wants points and not the answers: none is earned, none is open
for a reason of ours, and nothing is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from hostile_homework import HOMEWORKS

from grader.expected import ExpectedValues
from grader.grading import grade
from grader.sandbox.pool import Sandbox
from grader.spec.loading import Course
from grader.submission import read_submission

pytestmark = pytest.mark.sandbox

COURSE = Course(Path(__file__).resolve().parents[2])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(slots=2) as started:
        yield started


@pytest.mark.parametrize("name", HOMEWORKS)
def test_a_hostile_homework_earns_nothing(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assignment, files = HOMEWORKS[name]
    folder = tmp_path / assignment
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(dedent(text).lstrip())
    monkeypatch.chdir(tmp_path)

    report = grade(
        COURSE.load(assignment),
        read_submission(folder),
        sandbox,
        expected=ExpectedValues(None),
        audience="staff",
    )

    earned = {part.id: part.feedback for part in report.parts if part.score}
    assert not earned
    assert not [part.id for part in report.parts if part.verdict == "void"]
    assert {part.verdict for part in report.parts} - {"missing"}, "something was judged"
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {assignment, *(f"{assignment}/{file}" for file in files)}
