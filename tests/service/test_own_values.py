"""Parameters that are drawn for each student: asked, graded and shown with their own values."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from school import Class

from grader.report.json import read
from grader.service.executing import Executor
from grader.service.settings import Settings
from grader.service.slot_process import Slot
from grader.service.versions import load_version
from grader.spec.loading import Course as CourseFolder
from grader.store import runs
from grader.store.admission import HandedIn, Limits, take_submission
from grader.store.blobs import read_blob
from grader.store.catalogue import register_assignment
from grader.store.database import Store
from grader.store.schema import Assignment, GradingRun, Role, RunState

PROBLEM = """\
title: Twice
params:
  factor: {low: 2, high: 400}
parts:
  product:
    kind: value
    points: 1
    prompt: What is 10 times <<factor>>?
    answer: 10*<<factor>>
  scale:
    kind: function
    points: 2
    prompt: Write scale(x), which returns <<factor>> times x.
    signature: scale(x)
    checks:
      - {name: one, x: 1.0, points: 1}
      - {name: another, x: 3.0, points: 1}
"""
REFERENCE = "factor = 2\n\n\ndef scale(x):\n    return factor * x\n"
STUDENTS = ("student", "second")

pytestmark = pytest.mark.sandbox


@pytest.fixture
def klass(store: Store, tmp_path: Path) -> Class:
    """With an assignment in which every student draws a factor."""
    for name, text in (("problems/own/twice.yaml", PROBLEM), ("reference/own/twice.py", REFERENCE)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    made = Class(store)
    with store.write() as session:
        made.add(session, "second", Role.STUDENT)
        made.assignments["own"], _, _ = register_assignment(
            session, session.merge(made.course), CourseFolder(tmp_path).load("own"), tmp_path
        )
    return made


def find_factor(klass: Class, person: str) -> int:
    with klass.store.read() as session:
        assignment = session.merge(klass.assignments["own"])
        asked = load_version(session, assignment, klass.people[person].id)
    found = re.search(r"10 times (\d+)", asked.problems[0].parts["product"].prompt)
    assert found, asked.problems[0].parts["product"].prompt
    return int(found.group(1))


def hand_in(klass: Class, person: str, factor: int) -> int:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("answers.md", f"## product\n{10 * factor}\n")
        archive.writestr("own.py", f"def scale(x):\n    return {factor} * x\n")
    with klass.store.write() as session:
        assignment: Assignment = session.merge(klass.assignments["own"])
        taken = take_submission(
            session, assignment, klass.people[person].id,
            HandedIn(archive=content.getvalue(), archive_name="own.zip", name="own.zip",
                     content_hash=f"sha256:{factor}", manifest=[]),
            limits=Limits(),
        )  # fmt: skip
    return taken.run.id


def test_each_student_is_asked_and_graded_by_their_own_values(klass: Class, tmp_path: Path) -> None:
    factors = {person: find_factor(klass, person) for person in STUDENTS}
    assert factors["student"] != factors["second"]
    own = [hand_in(klass, person, factors[person]) for person in STUDENTS]
    executor = Executor(klass.store, Settings(folder=tmp_path, slots=1))
    slot = executor.make_slot()
    try:
        for _ in own:
            grade_next(klass, executor, slot)
        borrowed = hand_in(klass, "student", factors["second"])
        grade_next(klass, executor, slot)
    finally:
        slot.kill()

    scores = [float(find_run(klass, run_id).score or 0) for run_id in (*own, borrowed)]
    assert scores == [3, 3, 0]
    with klass.store.read() as session:
        shown = read(read_blob(session, find_run(klass, own[1]).student_report_sha or ""))
    assert any(f"factor = {factors['second']}" in notice for notice in shown.notices)


def grade_next(klass: Class, executor: Executor, slot: Slot) -> None:
    prepared = executor.take(lambda session: runs.claim_next(session, ["cpu"], "test"))
    assert prepared is not None
    executor.execute(prepared, slot)
    assert executor.settle(30)
    assert find_run(klass, prepared.lease.run_id).state == RunState.DONE


def find_run(klass: Class, run_id: int) -> GradingRun:
    with klass.store.read() as session:
        return session.get_one(GradingRun, run_id)
