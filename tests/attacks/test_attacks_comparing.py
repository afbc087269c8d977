"""Comparing written answers takes little, whatever was written; and what takes long is stopped."""

from __future__ import annotations

import resource
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from worst_answers import WORST

from grader.bench import SubmissionBench
from grader.expected import ExpectedValues
from grader.kinds import judging
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn
from grader.kinds.stopping import TookTooLong, stop_after
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment
from grader.spec.loading import Course
from grader.submission.models import Answer, Submission
from grader.verdicts import Outcome, Verdict

COURSE = Course(Path(__file__).resolve().parents[2])
MOST_S = 10
"""Of processor time: on a quiet machine none takes two, on a busy one they count for more."""
MOST_MIB = 500


@cache
def load(assignment: str) -> LoadedAssignment:
    return COURSE.load(assignment)


def judge(part_id: str, text: str) -> tuple[Outcome, ...]:
    assignment = load("hw2" if part_id.startswith("attn-rnn") else "hw3")
    problem, part = assignment.find_part(part_id)
    with Sandbox(slots=1) as sandbox:
        bench = SubmissionBench(
            sandbox=sandbox,
            expected=ExpectedValues(None),
            problem=problem,
            part_id=part_id,
            submission=Submission(id="sha256:" + "0" * 64, name="worst", sources=(), answers={}),
            secret="",
        )
        answer = Answer(part=part_id, text=text, file="answers.md", line=1)
        return judge_part(part, part_id, HandedIn(answer=answer), bench, {})


def measure_memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_the_worst_answers_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    # SymPy has a process and limits of its own.
    monkeypatch.setattr("grader.maths.symbolic.is_zero_by_sympy", lambda *_, **__: False)
    memory_mib = measure_memory_mib()
    slow = []
    for part_id, text in WORST:
        started = time.process_time()
        outcomes = judge(part_id, text)
        if time.process_time() - started > MOST_S:
            slow.append(f"{part_id}: {text[:60]}")
        assert outcomes, text[:60]
        assert not [each for each in outcomes if each.verdict is Verdict.VOID], text[:60]

    assert not slow
    assert measure_memory_mib() - memory_mib < MOST_MIB


def test_there_are_forty_of_them() -> None:
    assert len(WORST) >= 40


def test_what_takes_too_long_to_compare_is_undecided_and_never_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compare_for_ever(*_: Any) -> tuple[Outcome, ...]:
        while True:
            try:
                sum(range(1000))
            except Exception:
                continue

    kind = judging.find_kind("expression")
    monkeypatch.setattr(kind, "judge", compare_for_ever)
    monkeypatch.setattr(judging, "LIMIT_S", 0.2)

    (outcome,) = judge("relu-laplacian", "0")

    assert outcome.verdict is Verdict.UNDECIDED
    assert outcome.share is None
    assert "a person will look" in outcome.feedback


def test_work_that_ends_in_time_is_left_alone_afterwards() -> None:
    assert stop_after(0.1, lambda: 42) == 42

    started = time.process_time()
    while time.process_time() - started < 0.3:
        pass


def test_what_is_stopped_can_be_caught_by_nothing_that_compares() -> None:
    def never_ends() -> None:
        while True:
            pass

    with pytest.raises(TookTooLong):
        stop_after(0.1, never_ends)
    assert not issubclass(TookTooLong, Exception)


def test_a_thread_has_no_limit_and_takes_none_away() -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(stop_after(0.01, lambda: 42)))
    thread.start()
    thread.join()

    assert found == [42]
