"""Submissions of one commit, graded against a course that came from elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.cache import find_cache_folder
from grader.ci.choosing import find_left_out
from grader.ci.trees import PATH_BYTES, Repository
from grader.errors import SubmissionError
from grader.expected import ExpectedValues
from grader.final_score import Circumstances
from grader.grading import grade
from grader.report.adjusting import adjust_report
from grader.report.models import Report
from grader.sandbox.pool import Sandbox
from grader.spec.loading import Course
from grader.submission import read_submission
from grader.submission.read import read_files


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedFolder:
    """One submission of the commit: its report as students may see it, or why there is none."""

    folder: str
    """From the repository's root; empty for all of it."""
    assignment: str
    report: Report | None = None
    trouble: str = ""
    left_out: tuple[str, ...] = field(default=())
    root: str = ""
    """Where the names in its report begin: the folder, and those that all its files are in."""


def grade_commit(
    course: Course,
    repository: Repository,
    commit: str,
    folders: Mapping[str, str],
    circumstances: Circumstances,
    *,
    secret: str = "",
) -> list[GradedFolder]:
    """Grade the folders of a commit, always isolated.

    Errors   NoIsolation, before anything of the commit is read.
    """
    with Sandbox() as sandbox:
        sandbox.prove()
        expected = ExpectedValues(find_cache_folder())
        graded = []
        for folder, assignment in folders.items():
            loaded = course.load(assignment)
            if not folder.isprintable() or len(folder.encode()) > PATH_BYTES:
                words = "its folder has a name that others cannot show; rename it"
                graded.append(GradedFolder(folder="", assignment=assignment, trouble=words))
                continue
            with tempfile.TemporaryDirectory(prefix="fairmark-") as scratch:
                target = Path(scratch) / (folder.rpartition("/")[2] or assignment)
                target.mkdir()
                try:
                    left_out = repository.write_folder(commit, folder, target)
                    submission = read_submission(target)
                    root = find_root(folder, target)
                except SubmissionError as trouble:
                    words = str(trouble).replace(str(target), folder or "the repository")
                    graded.append(GradedFolder(folder=folder, assignment=assignment, trouble=words))
                    continue
            report = grade(
                loaded,
                submission,
                sandbox,
                student=circumstances.student,
                expected=expected,
                secret=secret,
            )
            graded.append(
                GradedFolder(
                    folder=folder,
                    assignment=assignment,
                    report=adjust_report(report, loaded, circumstances),
                    left_out=left_out,
                    root=root,
                )
            )
    return graded


def find_root(folder: str, target: Path) -> str:
    """Where the names that a submission's reader gives begin, seen from the repository's root.

    Errors   SubmissionError as reading it has.
    """
    names = {file.name for file in read_files(target)}
    paths = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    return "/".join(filter(None, (folder, find_left_out(paths, names))))


def take_course(repository: Repository, commit: str, target: Path) -> Course:
    """The course as it stands in a commit that the instructor's branch points to.

    Errors   UsageError where that commit holds no problems.
    """
    from grader.errors import UsageError

    for folder in ("problems", "reference"):
        repository.write_folder(commit, folder, target / folder)
    if not (target / "problems").is_dir():
        raise UsageError(
            f"commit {commit[:12]} holds no folder problems/; name the course with --course FOLDER"
        )
    return Course(target)
