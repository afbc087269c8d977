"""`grade submit`: one submission, graded here and now."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import BELOW, GRADED, NOTHING_TO_GRADE
from grader.cli.options import (
    assignment_option,
    course_option,
    secret_option,
    student_option,
    trust_option,
)
from grader.errors import NoCourse, UsageError
from grader.report import FORMATS

if TYPE_CHECKING:
    from grader.report.models import Report


@click.command("submit")
@click.argument("path", type=click.Path(path_type=Path))
@assignment_option
@course_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    help="How to write the report.  [default: by the file's ending, else terminal]",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it."
)
@click.option(
    "--fail-under", type=float, metavar="N", help="Exit with 1 when the score is below N."
)
@click.option("--staff", is_flag=True, help="Show hidden checks and staff notes too.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, the report alone.")
@click.option(
    "--server",
    metavar="URL",
    help="Hand in to a server.  [env: GRADE_SERVER; default: the one that a published folder"
    " names, if you are signed in to it; where no course is here, the one of `grade login`]",
)
@click.option("--here", is_flag=True, help="Grade on this machine and hand nothing in.")
@click.option("--in-course", metavar="NAME", help="Which of the server's courses.")
@student_option
@trust_option
@secret_option
def command(
    path: Path,
    assignment: str | None,
    course: Path | None,
    format_name: str | None,
    output: Path | None,
    fail_under: float | None,
    staff: bool,
    quiet: bool,
    server: str | None,
    here: bool,
    in_course: str | None,
    student: str,
    trust_submission: bool,
    secret: str,
) -> int:
    """Grade one submission: a folder, an archive, a notebook or a Python file.

    \b
    grade submit hw2/
    grade submit hw2.zip --format html -o report.html
    """
    report, counted = None, ""
    if here and (server or in_course):
        raise UsageError("--here hands nothing in; leave out --server and --in-course")
    is_local = here or bool(course or student or staff or trust_submission or secret)
    if not is_local and not server and not os.environ.get("GRADE_SERVER"):
        server = _find_published_server(path)
    if not here and (server or in_course or os.environ.get("GRADE_SERVER")):
        report, counted = _grade_there(path, assignment, in_course, server, staff, quiet)
    if report is None:
        try:
            report = _grade_here(
                path,
                assignment,
                course,
                student=student,
                staff=staff,
                quiet=quiet,
                trusted=trust_submission,
                secret=secret,
            )
        except NoCourse:
            if here:
                raise
            # A student's machine has no problems on it.
            report, counted = _grade_there(path, assignment, in_course, server, staff, quiet)
            if report is None:
                raise
    _publish(report, format_name, output, path)
    if counted and not quiet:
        click.echo(counted, err=True)
    if all(part.verdict == "missing" for part in report.parts):
        click.echo(_say_nothing_found(path, report), err=True)
        return NOTHING_TO_GRADE
    if fail_under is not None and report.score < fail_under:
        click.echo(f"grade: {report.score:g} points are below {fail_under:g}", err=True)
        return BELOW
    return GRADED


def _grade_here(
    path: Path,
    assignment: str | None,
    course: Path | None,
    *,
    student: str,
    staff: bool,
    quiet: bool,
    trusted: bool,
    secret: str,
) -> Report:
    from grader.sandbox.pool import Sandbox

    sandbox = Sandbox(isolated=not trusted)
    with sandbox:
        sandbox.begin()
        from grader.cache import find_cache_folder
        from grader.cli.finding import find_assignment
        from grader.expected import ExpectedValues
        from grader.grading import grade
        from grader.report.live import watch
        from grader.submission import read_submission

        found, name = find_assignment(path, assignment, course)
        loaded = found.load(name, find_cache_folder("specs"))
        submission = read_submission(path)
        part_ids = [part_id for _, part_id, _ in loaded.parts()]
        with watch(part_ids, quiet=quiet) as listener:
            return grade(
                loaded,
                submission,
                sandbox,
                expected=ExpectedValues(find_cache_folder()),
                secret=secret,
                student=student,
                listener=listener,
                audience="staff" if staff else "student",
            )


def _grade_there(
    path: Path,
    assignment: str | None,
    in_course: str | None,
    url: str | None,
    staff: bool,
    quiet: bool,
) -> tuple[Report | None, str]:
    """The report from a server, and what counts there; None when nobody has signed in to one."""
    from grader.cli.remote import find_server
    from grader.cli.submitting import submit_to_server

    found = find_server(url)
    if found is None:
        return None, ""
    if staff:
        raise UsageError("--staff reads a report on this machine; a server shows staff its own")
    return submit_to_server(found, path, assignment, in_course, quiet=quiet)


def _find_published_server(path: Path) -> str | None:
    """The server that the published folder names, for those who have signed in to it.

    A file in a folder never gets a token that was not meant for the server it names.
    """
    from grader.spec.published import find_server_around

    named = find_server_around(path)
    if not named:
        return None
    from grader.cli.remote import check_url, read_logins

    url = check_url(named)
    if url in read_logins().get("tokens", {}):
        return url
    words = f"graded here and not handed in; to hand in to {url}, run: grade login {url}"
    click.echo(words, err=True)
    return None


ENDINGS = {
    ".json": "json", ".html": "html", ".htm": "html", ".md": "markdown", ".xml": "junit",
    ".sarif": "sarif",
}  # fmt: skip


def _publish(report: Report, format_name: str | None, output: Path | None, path: Path) -> None:
    from grader.report import render_report

    format_name = format_name or (ENDINGS.get(output.suffix, "terminal") if output else "terminal")
    here = Path.cwd()
    whole = path.absolute()
    # Where the files lie for whoever reads annotations: as seen from here, the repository's root.
    folder = whole.relative_to(here).as_posix() if path.is_dir() and here in whole.parents else ""
    if output is not None:
        from grader.report.writing import write_report

        write_report(render_report(report, format_name, folder), output)
        click.echo(f"{report.score:g} of {report.max_score:g} points; report: {output}")
        return
    if format_name == "terminal":
        import shutil

        from grader.report.terminal import render

        encoding = (sys.stdout.encoding or "ascii").lower()
        text = render(
            report,
            width=shutil.get_terminal_size().columns,
            colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
            ascii_only=not encoding.startswith("utf"),
        )
        click.echo(text, nl=False)
    else:
        click.echo(render_report(report, format_name, folder), nl=False)


def _say_nothing_found(path: Path, report: Report) -> str:
    parts = ", ".join(part.id for part in report.parts[:3])
    return (
        f"grade: nothing in {path} answers {report.assignment}: no heading or function is called"
        f" {parts} or the like; is it the right folder?"
    )
