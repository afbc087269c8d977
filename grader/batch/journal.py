"""What has been graded already: a folder of reports, each whole and on the disk, or not there.

Whatever stops a batch loses at most the submissions that were being graded. An entry is named by
everything that its report depends on: a changed submission, problem, seed or grader has another.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from grader.cache import name_key
from grader.report.json import read
from grader.report.models import Report
from grader.report.writing import write_report
from grader.spec.loaded import LoadedAssignment
from grader.submission.models import Submission
from grader.verdicts import Verdict


class Journal:
    """Reports of one class by key, for students and for staff."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> tuple[Report, Report] | None:
        """What was graded under a key: the student's report and the staff's."""
        try:
            lines = (self.folder / f"{key}.jsonl").read_text("utf-8").splitlines()
            student, staff = (read(line) for line in lines)
        except (OSError, ValueError):
            return None
        return student, staff

    def write(self, key: str, reports: Iterable[Report]) -> None:
        """Keep the reports; when this returns, a power cut won't lose them.

        Errors   ReportFault when the disk is full or may not be written.
        """
        lines = [f"{each.model_dump_json(by_alias=True)}\n" for each in reports]
        write_report("".join(lines), self.folder / f"{key}.jsonl")
        with suppress(OSError):
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def name_entry(
    assignment: LoadedAssignment, submission: Submission, secret: str, isolation: str
) -> str:
    """The key of one submission's reports."""
    policies = assignment.policies
    return name_key(
        [
            assignment.id,
            assignment.title,
            *(problem.digest for problem in assignment.problems),
            str(policies.counterexamples),
            submission.id,
            submission.name,
            sha256(secret.encode()).hexdigest(),
            isolation,
            sys.version,
            digest_grader(),
        ]
    )


def may_be_kept(report: Report) -> bool:
    """Whether a report is worth keeping: what was void is tried again."""
    return all(part.verdict != Verdict.VOID for part in report.parts)


@cache
def digest_grader() -> str:
    """A digest of the grader's own source: between releases it changes as well."""
    digest = sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()
