"""What a preview shows, loaded again when its files change, and where answers to it are judged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Lock

from grader.authoring.preview.page import write_faults, write_page
from grader.authoring.rehearsing import NOTHING, Rehearsal, answer_earlier, write
from grader.errors import GraderError, SpecError
from grader.expected import ExpectedValues
from grader.kinds import BY_CODE
from grader.report.build import build_report
from grader.report.html_parts import render_part
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.spec.loading import Course
from grader.spec.personal import personalise
from grader.submission.models import Source, Submission
from grader.submission.scan import find_definitions

LONGEST_ANSWER = 100_000
"""Characters; a homework's longest function has a few thousand."""


@dataclass(kw_only=True)
class Desk:
    """One problem on one author's screen."""

    course: Course
    assignment_id: str
    stem: str
    sandbox: Sandbox
    student: str
    secret: str
    _lock: Lock = field(default_factory=Lock)
    _known: tuple[str, LoadedAssignment] | None = None

    def find_version(self) -> str:
        """A digest that changes when a file of the assignment does."""
        digest = sha256()
        for folder in ("problems", "reference"):
            for path in sorted((self.course.root / folder / self.assignment_id).glob("*")):
                status = path.stat()
                digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()[:16]

    def write_page(self) -> str:
        """The page as the files are now, faults and all."""
        version = self.find_version()
        try:
            return write_page(self._find_problem(self._load()), version)
        except SpecError as error:
            return write_faults(f"{self.assignment_id}/{self.stem}", error.faults, version)

    def _load(self) -> LoadedAssignment:
        """Errors   SpecError with every fault."""
        version = self.find_version()
        if self._known is None or self._known[0] != version:
            loaded = self.course.load(self.assignment_id)
            self._known = version, personalise(loaded, self.student, self.secret)
        return self._known[1]

    def _find_problem(self, loaded: LoadedAssignment) -> LoadedProblem:
        return next(each for each in loaded.problems if each.path.stem == self.stem)

    def has_part(self, part_id: str) -> bool:
        """Whether the problem, as it is now, has such a part."""
        try:
            return part_id in self._find_problem(self._load()).parts
        except SpecError:
            return False

    def judge(self, part_id: str, text: str, *, for_staff: bool) -> tuple[str, str]:
        """The verdict as HTML; or else why there is none."""
        if len(text) > LONGEST_ANSWER:
            return "", f"the answer is longer than {LONGEST_ANSWER} characters"
        try:
            with self._lock:
                return self._judge(part_id, text, for_staff), ""
        except SpecError:
            return "", "the problem can't be loaded as it is"
        except GraderError as error:
            return "", str(error)

    def _judge(self, part_id: str, text: str, for_staff: bool) -> str:
        loaded = self._load()
        problem = self._find_problem(loaded)
        part = problem.parts[part_id]
        expected = ExpectedValues(None)
        earlier = answer_earlier(loaded, self.sandbox, expected) if part.uses else {}
        stage = Rehearsal(
            assignment=loaded,
            problem=problem,
            part_id=part_id,
            part=part,
            sandbox=self.sandbox,
            expected=expected,
            earlier=earlier,
        )
        submission = _hand_in(part_id, part.kind, text)
        report = build_report(
            assignment=loaded.id,
            title="",
            submission=submission,
            scores=[stage.judge(submission)],
            isolation=self.sandbox.tier,
            audience="staff" if for_staff else "student",
            show_counterexamples=loaded.policies.counterexamples,
        )
        return render_part(report.parts[0])


def _hand_in(part_id: str, kind: str, text: str) -> Submission:
    """Code as a file, all else as what stands below the part's heading."""
    if not text.strip():
        return NOTHING
    if kind in BY_CODE or (kind in ("expression", "property") and "def " in text):
        source = Source(name="answer.py", text=text, functions=find_definitions(text))
        return replace(NOTHING, sources=(source,))
    return write(part_id, text)
