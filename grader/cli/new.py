"""`grade new`: a problem that already passes `grade check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.cli import GRADED
from grader.cli.options import course_option
from grader.errors import UsageError


@click.command("new")
@click.argument("path", metavar="ASSIGNMENT/PROBLEM")
@click.option("-k", "--kind", metavar="KIND", help="What students hand in; asked for if left out.")
@click.option("--title", default="", help="What students see above it.  [default: from the name]")
@course_option
def command(path: str, kind: str | None, title: str, course: Path | None) -> int:
    """Begin a problem: a spec, a reference where its kind has one, and a sample answer.

    Nothing that exists is overwritten. What is written passes `grade check`: change it step by
    step, and check again.

    \b
    grade new hw2/softmax --kind function
    """
    from grader.authoring.beginning import begin_problem, list_kinds, list_problem
    from grader.authoring.choosing import split_path
    from grader.spec.loading import Course
    from grader.spec.words import suggest

    assignment, stem = split_path(path)
    if not stem:
        raise UsageError(f"'{path}' names no problem; write ASSIGNMENT/PROBLEM, as hw2/softmax")
    kinds = list_kinds()
    if kind is None and sys.stdin.isatty():
        kind = click.prompt("kind", type=click.Choice(kinds))
    if kind not in kinds:
        known = ", ".join(kinds)
        said = f"there is no kind '{kind}'{suggest(kind, kinds)}" if kind else "which kind?"
        raise UsageError(f"{said}; --kind is one of {known}")
    root = course or _find_root()
    written = begin_problem(Course(root.absolute()), assignment, stem, kind, title)
    is_listed = list_problem(Course(root.absolute()), assignment, stem)
    for file in written:
        click.echo(f"wrote {_shorten(file.path)}")
    if not is_listed:
        click.echo(f"now add '{stem}' to the list in problems/{assignment}/assignment.yaml")
    click.echo(f"try   grade check {assignment}/{stem}")
    click.echo(f"      grade submit {_shorten(written[-1].path.parent)}")
    return GRADED


def _find_root() -> Path:
    """The course around the current folder; without one, a course begins here."""
    from grader.errors import UnknownAssignment
    from grader.spec.loading import find_course

    try:
        return find_course(Path.cwd()).root
    except UnknownAssignment:
        return Path.cwd()


def _shorten(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
