"""Attacks as data, and the stage on which each is tried: a small course with things to steal."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.expected import ExpectedValues
from grader.grading import grade
from grader.report.models import CheckReport, Report
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment
from grader.spec.loading import Course
from grader.submission.models import Answer, Source, Submission
from grader.verdicts import Verdict

HERE = Path(__file__).resolve().parent
COURSE = HERE / "course"
SHOWN, HIDDEN = 3659121, 7319977
"""What double(x) is called with; students see the first one only."""

HONEST = "def double(x):\n    return 2 * x\n"
RIGHT_ANSWERS = {
    "total": "8675309", "slope": "3*x^2 + 7", "pick": "two", "colours": "2, 3, 5",
}  # fmt: skip

_HEAD = "import gc, json, os, signal, sys, threading, time\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One way to try it: the body of double(x), and how it must end.

    A theft returns `2 * x` when it has found something, so that success would earn points, and
    'nothing' otherwise.
    """

    number: str
    """Of the catalogue, as '029', or one of our own, as 'A07'."""
    name: str
    body: str = "return 2 * x"
    head: str = ""
    """Statements at the top of the file."""
    verdict: Verdict | tuple[Verdict, ...] = Verdict.WRONG
    words: str = ""
    """What the student is told, among other things."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Other files."""

    @property
    def id(self) -> str:
        return f"{self.number}-{self.name.replace(' ', '-')}"

    @property
    def text(self) -> str:
        indented = "".join(f"    {line}\n" for line in self.body.strip("\n").split("\n"))
        return f"{_HEAD}{self.head}\n\ndef double(x):\n{indented}"


@cache
def load(assignment: str) -> LoadedAssignment:
    return Course(COURSE).load(assignment)


def python_file(name: str, text: str) -> Source:
    defined = tuple(re.findall(r"^def (\w+)\(", text, re.MULTILINE))
    return Source(name=name, text=text, functions=defined)


def hand_in(text: str = "", answers: Mapping[str, str] | None = None, **files: str) -> Submission:
    """A submission of one file hw.py, of written answers, or of both."""
    sources = [python_file(f"{name}.py", content) for name, content in files.items()]
    if text:
        sources.append(python_file("hw.py", text))
    written = {
        part: Answer(part=part, text=answer, file="answers.md", line=1)
        for part, answer in (answers or {}).items()
    }
    return Submission(
        id="sha256:" + "0" * 64, name="attack", sources=tuple(sources), answers=written
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """A sandbox that all attacks share, one after another."""

    sandbox: Sandbox

    def grade(
        self, submission: Submission, assignment: str = "attacked", audience: str = "student"
    ) -> Report:
        return grade(
            load(assignment),
            submission,
            self.sandbox,
            expected=ExpectedValues(None),
            secret="CANARY-SECRET",
            audience=audience,  # type: ignore[arg-type]
        )

    def perform(self, attack: Attack) -> CheckReport:
        """Grade an attack as the staff sees it; nothing may be earned, nothing left open.

        Right after it an honest submission is graded in the same worker.
        """
        report = self.grade(hand_in(attack.text, **attack.sources), audience="staff")
        self.require_honest()
        assert report.score == 0, report.parts[0]
        assert report.open_points == 0, report.parts[0].checks
        return report.parts[0].checks[0]

    def require_honest(self) -> None:
        """An honest submission earns everything."""
        report = self.grade(hand_in(HONEST), "honest", audience="staff")
        assert (report.score, report.max_score) == (4, 4), report.parts[0].checks


def find_descendants() -> set[int]:
    """Processes below this one, by number."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found
