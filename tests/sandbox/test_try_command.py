"""`grade try` as an author types it: what was read, why the verdict, and exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]

PROBLEM = """
title: Small things
parts:
  count:
    kind: value
    points: 1
    answer: 12
  slope:
    kind: expression
    points: 2
    symbols: {x: real}
    answer: 2*x
    up_to: sign
  cost:
    kind: bigO
    points: 1
    symbols: {n: positive}
    answer: O(n)
  proof:
    kind: chain
    points: 2
    symbols: {x: real}
    start: (x + 1)**2
    answer: x**2 + 2*x + 1
  corners:
    kind: value
    points: 2
    fields:
      left: {answer: 1}
      right: {answer: 2}
  double:
    kind: function
    points: 1
    signature: double(x)
    checks:
      - {name: two, points: 1, x: 2}
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "problems" / "small"
    folder.mkdir(parents=True)
    (folder / "assignment.yaml").write_text("title: Small\nproblems: [things]\n")
    (folder / "things.yaml").write_text(PROBLEM)
    reference = tmp_path / "reference" / "small"
    reference.mkdir(parents=True)
    (reference / "things.py").write_text("def double(x):\n    return 2 * x\n")
    return tmp_path


def grade(
    folder: Path, *arguments: object, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `grade try` in a process of its own, as a shell would."""
    return subprocess.run(
        [sys.executable, "-m", "grader", "try", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_field_of_a_real_problem_is_tried_with_its_witness_and_its_mistake() -> None:
    shown = grade(ROOT, "hw3/square-grads.w0", "--answer", r"w_1 x \mathbb{1}\{x > 0\}")

    assert shown.returncode == 0, shown.stderr
    assert "read as   w1·x·1{x > 0}" in shown.stdout
    assert "verdict   wrong" in shown.stdout
    assert "points" in shown.stdout
    assert "the right one" in shown.stdout
    assert "The unit is on where" in shown.stdout
    assert "call indicator" in shown.stdout


def test_a_right_closed_form_says_by_which_method(course: Path) -> None:
    shown = grade(course, "slope", "--answer", "x + x")

    assert shown.returncode == 0, shown.stderr
    assert "verdict   passed, 100 %" in shown.stdout
    assert "method    exactly, modulo a prime" in shown.stdout
    assert "the right one" not in shown.stdout


def test_the_method_keeps_to_what_the_part_allows(course: Path) -> None:
    shown = grade(course, "slope", "--answer", "-2x")

    assert "verdict   passed" in shown.stdout
    assert "mistake" not in shown.stdout


def test_every_step_of_a_derivation_is_shown(course: Path) -> None:
    proof = "(x+1)^2 = (x+1)(x+1)\n= x^2 + x + 1\n= x^2 + 2x + 1\n"

    shown = grade(course, "small/proof", "--answer", "-", stdin=proof)

    assert shown.returncode == 0, shown.stderr
    assert "step 1    follows" in shown.stdout
    assert "step 2    does not follow" in shown.stdout


@pytest.mark.parametrize(
    ("part", "answer", "verdict"),
    [
        ("count", "3*4", "passed"),
        ("count", "11", "wrong"),
        ("cost", "O(2n)", "passed"),
        ("cost", "O(1/0)", "refused"),
        ("corners.right", "2", "passed"),
        ("corners.right", "1", "wrong"),
        ("slope", "2*(x", "refused"),
    ],
)
def test_every_written_kind_can_be_tried(
    course: Path, part: str, answer: str, verdict: str
) -> None:
    shown = grade(course, part, "--answer", answer)

    assert shown.returncode == 0, shown.stderr
    assert f"verdict   {verdict}" in shown.stdout


def test_a_part_with_fields_is_tried_as_a_whole(course: Path) -> None:
    shown = grade(course, "corners", "--answer", "left: 1, right: 3")

    assert shown.stdout.count("verdict") == 2
    assert "passed" in shown.stdout
    assert "wrong" in shown.stdout


def test_an_unreadable_answer_shows_where(course: Path) -> None:
    shown = grade(course, "slope", "--answer", "2*(x")

    assert "^" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["slop", "--answer", "x"], 2, "slope"),
        (["corners.rigth", "--answer", "x"], 2, "right"),
        (["double", "--answer", "x"], 2, "answered by a function"),
        (["slope"], 2, "--answer"),
        (["slope", "--answer", " "], 4, "blank"),
        (["smal/slope", "--answer", "x"], 2, "small"),
        (["slope", "--answer", "x", "--course", "reference"], 2, "problems"),
    ],
)
def test_a_misused_try_says_why_in_words(
    course: Path, arguments: list[str], code: int, words: str
) -> None:
    shown = grade(course, *arguments)

    assert shown.returncode == code, shown.stderr
    assert words in shown.stderr
    assert "Traceback" not in shown.stderr
