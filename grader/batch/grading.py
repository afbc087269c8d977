"""One submission of a class: read, found in the journal or graded, written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.batch.journal import Journal, may_be_kept, name_entry
from grader.cache import find_cache_folder
from grader.errors import GraderError, NoIsolation, SubmissionError
from grader.expected import ExpectedValues
from grader.grading import grade_for
from grader.report.models import Report
from grader.sandbox.pool import SPARE_AFTER, Sandbox
from grader.spec.loaded import LoadedAssignment
from grader.spec.personal import personalise
from grader.submission import read_submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What came of one submission; small, for a class of thousands is kept of it."""

    key: str = ""
    """Its entry in the journal; empty where there is none."""
    trouble: str = ""
    is_our_fault: bool = False
    was_known: bool = False
    """Graded by an earlier run."""
    verdicts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is to be graded, and where it is written down."""

    assignment: LoadedAssignment
    paths: Sequence[Path]
    journal: Journal
    students: Sequence[str] = ()
    """Whose submission each path is; needed where parameters are drawn for each student."""
    secret: str = ""
    isolated: bool = True
    is_fresh: bool = False
    """Grade again what is in the journal."""


def start_worker(batch: Batch) -> Callable[[int], Graded]:
    """Prepare a process: a sandbox of its own."""
    # Two calls at once: while one waits for the kernel to make its namespaces, the other runs.
    sandbox = Sandbox(isolated=batch.isolated, slots=2, spare_after=SPARE_AFTER)
    sandbox.begin()
    expected = ExpectedValues(find_cache_folder())

    def work(index: int) -> Graded:
        whose = batch.students[index] if batch.students else ""
        return grade_one(batch, batch.paths[index], sandbox, expected, whose)

    return work


def grade_one(
    batch: Batch, path: Path, sandbox: Sandbox, expected: ExpectedValues, whose: str = ""
) -> Graded:
    """Grade one submission, or find that it was.

    Errors   NoIsolation; whatever else goes wrong is a value.
    """
    try:
        submission = read_submission(path)
        assignment = personalise(batch.assignment, whose, batch.secret)
        key = name_entry(assignment, submission, batch.secret, sandbox.tier)
        known = None if batch.is_fresh else batch.journal.find(key)
        if known and may_be_kept(known[1]):
            return Graded(key=key, was_known=True, verdicts=count_verdicts(known[1]))
        student, staff = grade_for(
            ("student", "staff"),
            assignment,
            submission,
            sandbox,
            expected=expected,
            secret=batch.secret,
        )
        batch.journal.write(key, (student, staff))
    except NoIsolation:
        raise
    except SubmissionError as trouble:
        return Graded(trouble=str(trouble))
    except (GraderError, OSError) as fault:
        return Graded(trouble=str(fault), is_our_fault=True)
    return Graded(key=key, verdicts=count_verdicts(staff))


def count_verdicts(report: Report) -> dict[str, int]:
    """How often each verdict was given to a part."""
    counts: dict[str, int] = {}
    for part in report.parts:
        counts[part.verdict] = counts.get(part.verdict, 0) + 1
    return counts
