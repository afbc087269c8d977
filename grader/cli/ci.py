"""`grade ci`: what a pull request hands in, graded; what it changes of problems, proved."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import BELOW, GRADED, INVALID_SPEC, NOTHING_TO_GRADE
from grader.cli.options import secret_option
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.authoring.certificate import ProblemCertificate
    from grader.ci.events import Change
    from grader.ci.grading import GradedFolder
    from grader.ci.trees import Repository
    from grader.spec.loading import Course

TOKENS = (
    "GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "CI_JOB_TOKEN",
)  # fmt: skip
"""What must not lie beside a student's code when hidden checks do."""


@click.command("ci")
@click.option(
    "--course",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder that holds problems/, from the instructor's own ref."
    "  [default: the pull request's base commit]",
)
@click.option(
    "--repository",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar="GITHUB_WORKSPACE",
    default=Path(),
    help="The repository with the student's commit; may be bare.  [env: GITHUB_WORKSPACE]",
)
@click.option("-a", "--assignment", metavar="NAME", help="The whole of --folder is this one's.")
@click.option("--folder", default="", help="With --assignment: where it lies.  [default: the root]")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Reports for an artifact."
)
@click.option("--fail-under", type=float, metavar="N", help="Exit with 1 when a score is below N.")
@click.option(
    "--official",
    is_flag=True,
    help="For marks: from the instructor's own workflow, with --sha, beside no token.",
)
@click.option("--sha", help="With --official: the commit to grade.")
@click.option("--student", default="", help="With --official: whose it is, for extensions.")
@click.option("--submitted-at", default="", help="With --official: when it came, for lateness.")
@secret_option
def command(
    course: Path | None,
    repository: Path,
    assignment: str | None,
    folder: str,
    out: Path | None,
    fail_under: float | None,
    official: bool,
    sha: str | None,
    student: str,
    submitted_at: str,
    secret: str,
) -> int:
    """Grade the submissions that a commit changes: summary, annotations, outputs.

    The commit is read as data and never checked out; problems and references come from --course or
    from the base commit, never from the change itself. Code runs isolated or not at all.

    \b
    grade ci --out report/
    grade ci --official --course course/ --repository student.git --sha 4f1c…
    """
    from grader.ci.choosing import find_ignored, find_problems, find_submissions
    from grader.ci.grading import grade_commit, take_course
    from grader.ci.trees import Repository
    from grader.final_score import Circumstances

    where = Repository(repository)
    change = _read_official(sha, course, student, submitted_at) if official else _read_change()
    changed = where.list_changed(change.base, change.head)
    with tempfile.TemporaryDirectory(prefix="fairmark-course-") as scratch:
        if course is not None:
            _require_apart(course, repository, where, change)
            from grader.spec.loading import Course

            found = Course(course.absolute())
        elif change.is_pull_request:
            found = take_course(where, change.base, Path(scratch))
        else:
            raise UsageError(
                "a push has no base that is the instructor's; check the course out beside the"
                " repository and name it with --course FOLDER"
            )
        known = found.assignment_ids()
        if assignment:
            folders = {folder.strip("/"): assignment}
        else:
            folders = find_submissions(changed, known)
        given = Circumstances(student=change.author, submitted_at=change.submitted_at)
        graded = grade_commit(found, where, change.head, folders, given, secret=secret)
        problems = find_problems(changed) if course is None and not official else ()
        certificates: Sequence[ProblemCertificate] = ()
        ignored: Sequence[str] = ()
        if problems and change.is_staff:
            certificates = _prove(where, change, problems)
        else:
            ignored = find_ignored(changed) if not official else ()
    _report(graded, certificates, ignored, out, change, official)
    return _name_code(graded, certificates, fail_under)


def _read_change() -> Change:
    from grader.ci.events import read_change

    return read_change(os.environ)


def _read_official(sha: str | None, course: Path | None, student: str, submitted_at: str) -> Change:
    """What the instructor's own workflow says.

    Errors   UsageError where a student could have a hand in it.
    """
    from grader.ci.events import Change, check_sha
    from grader.spec.dates import read_time

    event = os.environ.get("GITHUB_EVENT_NAME", "")
    if event.startswith("pull_request"):
        raise UsageError(
            f"--official on {event}: the workflow file comes from the pull request; run it on"
            " workflow_dispatch or a schedule, in a repository that students cannot push to"
        )
    beside = [name for name in TOKENS if os.environ.get(name)]
    if beside:
        raise UsageError(
            f"--official beside {', '.join(beside)}: a student's code runs in this step; leave"
            " tokens out of its environment"
        )
    if not sha or course is None:
        raise UsageError("--official needs --sha and --course: both come from the instructor")
    try:
        head = check_sha(sha)
        moment = read_time(submitted_at, "UTC") if submitted_at else None
    except ValueError as error:
        raise UsageError(f"--sha takes {error}" if not submitted_at else str(error)) from None
    return Change(head=head, base="", author=student, submitted_at=moment)


def _require_apart(course: Path, repository: Path, where: Repository, change: Change) -> None:
    """A course inside the student's own tree would be the student's.

    Errors   UsageError
    """
    inner, outer = course.resolve(), repository.resolve()
    if not (inner / "problems").is_dir():
        raise UsageError(f"{course} holds no folder problems/; --course takes the one that does")
    if outer != inner and outer not in inner.parents:
        return
    inside = "" if inner == outer else inner.relative_to(outer).as_posix() + "/"
    if where.list_entries(change.head, f"{inside}problems"):
        raise UsageError(
            f"--course {course} is part of the commit that is graded; check the course out beside"
            " it, or leave --course out to take it from the base commit"
        )


def _prove(
    where: Repository, change: Change, problems: Sequence[str]
) -> Sequence[ProblemCertificate]:
    """The changed problems as the change has them: that is what is to be proved."""
    from grader.ci.grading import take_course
    from grader.ci.proving import prove

    with tempfile.TemporaryDirectory(prefix="fairmark-change-") as scratch:
        changed: Course = take_course(where, change.head, Path(scratch))
        return prove(changed, problems)


def _report(
    graded: Sequence[GradedFolder],
    certificates: Sequence[ProblemCertificate],
    ignored: Sequence[str],
    out: Path | None,
    change: Change,
    official: bool,
) -> None:
    from grader.ci import reporting

    summary = reporting.write_summary(graded, certificates, ignored=ignored, is_official=official)
    if out is not None:
        reporting.write_files(graded, out, change.head)
    environ: Mapping[str, str] = os.environ
    if environ.get("GITHUB_STEP_SUMMARY"):
        with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
            file.write(summary)
    if environ.get("GITHUB_OUTPUT"):
        outputs = reporting.list_outputs(graded, certificates)
        reporting.append_outputs(outputs, Path(environ["GITHUB_OUTPUT"]))
    if environ.get("GITHUB_ACTIONS"):
        click.echo(reporting.write_annotations(reporting.collect_findings(graded)), nl=False)
    for each in graded:
        # Ids and numbers alone: the runner reads this as commands.
        if each.report is not None:
            total = f"{each.report.score:g} of {each.report.max_score:g} points"
            click.echo(f"graded {each.assignment}: {total}, {each.report.status}")
        else:
            click.echo(f"not graded: {each.assignment}, see the summary")
    for certificate in certificates:
        verdict = "proved" if certificate.is_proved else "not proved"
        click.echo(f"{verdict}: {len(certificate.parts)} parts of a changed problem")
    if not graded and not certificates:
        click.echo("no homework was changed")


def _name_code(
    graded: Sequence[GradedFolder],
    certificates: Sequence[ProblemCertificate],
    fail_under: float | None,
) -> int:
    if not all(each.is_proved for each in certificates):
        return INVALID_SPEC
    reports = [each.report for each in graded if each.report is not None]
    answered = [
        report for report in reports if any(part.verdict != "missing" for part in report.parts)
    ]
    if graded and not answered:
        return NOTHING_TO_GRADE
    if fail_under is not None and any(report.score < fail_under for report in reports):
        return BELOW
    return GRADED
