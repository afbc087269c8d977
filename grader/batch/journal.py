"""What has been graded already: a folder of reports, each whole and on the disk, or not there.

Whatever stops a batch loses at most the submissions that were being graded. An entry is named by
everything that its report depends on: a changed submission, problem, seed or grader has another.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from grader.cache import KEPT_DAYS, forget, is_due, mark_used, name_key
from grader.report.json import read
from grader.report.models import Report
from grader.report.writing import write_report
from grader.spec.loaded import LoadedAssignment
from grader.submission.models import Submission
from grader.verdicts import Verdict

_NAME = re.compile(r"[0-9a-f]{64}\.jsonl|(?P<draft>\.[0-9a-f]{40}\..*\.tmp)")
MOST_MIB = 1024
"""Of all classes' journals: a submission's two reports take some 50 KiB, so 20,000 of them."""
SPARED_H = 48
"""A batch that takes two days still finds what it wrote first."""


class Journal:
    """Reports of one class by key, for students and for staff."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> tuple[Report, Report] | None:
        """What was graded under a key: the student's report and the staff's."""
        path = self.folder / f"{key}.jsonl"
        try:
            *lines, digest = path.read_text("utf-8").splitlines()
            if digest != _digest(lines):
                return None
            student, staff = (read(line) for line in lines)
        except (OSError, ValueError):
            return None
        mark_used(path)
        return student, staff

    def write(self, key: str, reports: Iterable[Report]) -> None:
        """Keep the reports; when this returns, a power cut won't lose them.

        Errors   ReportFault when the disk is full or may not be written.
        """
        lines = [each.model_dump_json(by_alias=True) for each in reports]
        text = "\n".join([*lines, _digest(lines), ""])
        write_report(text, self.folder / f"{key}.jsonl")
        with suppress(OSError):
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _digest(lines: Iterable[str]) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()


def sweep_journals(base: Path, *, most_mib: float = MOST_MIB, kept_days: float = KEPT_DAYS) -> None:
    """Forget what no class asked for in a term, then what was used longest ago.

    Only for the cache: a folder that somebody named is theirs. A report that is forgotten is
    made again when it is asked for.

    Cost   a look at each entry, once a day.
    """
    with suppress(OSError):
        if is_due(base):
            forget(_list_entries(base), most_mib=most_mib, kept_days=kept_days, spared_h=SPARED_H)


def _list_entries(base: Path) -> Iterator[tuple[os.DirEntry[str], bool]]:
    """Reports in the journals below a folder, and drafts of them; nothing else that lies there."""
    with os.scandir(base) as folders:
        for folder in list(folders):
            if not folder.is_dir(follow_symlinks=False):
                continue
            with suppress(OSError), os.scandir(folder.path) as entries:
                for entry in entries:
                    found = _NAME.fullmatch(entry.name)
                    if found and entry.is_file(follow_symlinks=False):
                        yield entry, found["draft"] is not None


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
