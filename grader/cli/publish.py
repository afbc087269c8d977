"""`grade publish`: what students may have of an assignment."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import GRADED
from grader.cli.options import course_option, secret_option, student_option
from grader.errors import UsageError


@click.command("publish")
@click.argument("assignment")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where to write it: a folder that is not the course's own.",
)
@click.option("--server", metavar="URL", default="", help="Where students send their answers.")
@student_option
@secret_option
@course_option
def command(
    assignment: str, folder: Path, server: str, student: str, secret: str, course: Path | None
) -> int:
    """Write statements, starter files and public checks; nothing secret of references or inputs.

    A student's `grade submit hw2/` works from that folder alone. Functions, code to repair and
    training runs are tried on the visible checks; all other answers stay with the course. Of a
    reference, only what a part lists in 'shared' is written. Where parameters are drawn for each
    student, every student has a folder: name one with --student.

    \b
    grade publish hw2 --to student/
    """
    from grader.authoring.publishing import publish
    from grader.cli.finding import find_course_here
    from grader.sandbox.pool import Sandbox

    if server and not server.startswith(("https://", "http://")):
        raise UsageError(f"'{server}' is no address; write it as https://grade.example.org")
    found = find_course_here(course)
    with Sandbox() as sandbox:
        published = publish(
            found,
            assignment.strip("/"),
            folder,
            sandbox,
            server=server,
            student=student,
            secret=secret,
        )
    for path in published.written:
        click.echo(f"wrote {path}")
    for path in published.left:
        click.echo(f"left  {path}: it has been changed since it was published")
    for path in published.stale:
        click.echo(f"stale {path}: no longer part of {assignment}; remove it")
    if published.kept:
        click.echo(f"graded by the course alone: {', '.join(published.kept)}")
    return GRADED
