"""`grade publish`: what students may have of an assignment."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import GRADED
from grader.cli.options import course_option


@click.command("publish")
@click.argument("assignment")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where to write it: a folder that is not the course's own.",
)
@course_option
def command(assignment: str, folder: Path, course: Path | None) -> int:
    """Write statements, starter files and public checks; nothing of references or hidden inputs.

    A student's `grade submit hw2/` works from that folder alone. Functions are tried on the
    visible checks; all other answers stay with the course.

    \b
    grade publish hw2 --to student/
    """
    from grader.authoring.publishing import publish
    from grader.cli.finding import find_course_here
    from grader.sandbox.pool import Sandbox

    found = find_course_here(course)
    with Sandbox() as sandbox:
        published = publish(found, assignment.strip("/"), folder, sandbox)
    for path in published.written:
        click.echo(f"wrote {path}")
    for path in published.left:
        click.echo(f"left  {path}: it has been changed since it was published")
    for path in published.stale:
        click.echo(f"stale {path}: no longer part of {assignment}; remove it")
    if published.kept:
        click.echo(f"graded by the course alone: {', '.join(published.kept)}")
    return GRADED
