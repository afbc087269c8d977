"""`grade watch`: a folder graded again whenever a file in it is saved."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import GRADED
from grader.cli.options import assignment_option, course_option, trust_option

if TYPE_CHECKING:
    from grader.report.models import Report

PAUSE_S = 0.3
"""Between two looks: less than it takes to switch windows; a look costs a millisecond."""
SETTLED_S = 0.2
"""An editor that saves writes twice; what has been still for so long is whole."""


@click.command("watch")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@assignment_option
@course_option
@trust_option
def command(path: Path, assignment: str | None, course: Path | None, trust_submission: bool) -> int:
    """Grade a folder now, and again whenever a file in it is saved; Ctrl-C ends it.

    The workers stay warm, so that only what your code does takes time.

    \b
    grade watch hw2/
    """
    from grader.cache import find_cache_folder
    from grader.cli.finding import find_assignment
    from grader.errors import SubmissionError
    from grader.expected import ExpectedValues
    from grader.grading import grade
    from grader.report.live import watch
    from grader.sandbox.pool import Sandbox
    from grader.submission import read_submission

    found, name = find_assignment(path, assignment, course)
    with Sandbox(isolated=not trust_submission) as sandbox:
        sandbox.begin()
        expected = ExpectedValues(find_cache_folder())
        for _ in _wait_for_saves(path):
            started = time.monotonic()
            try:
                loaded = found.load(name, find_cache_folder("specs"))
                submission = read_submission(path)
            except SubmissionError as trouble:
                click.echo(f"grade: {trouble}", err=True)
                continue
            part_ids = [part_id for _, part_id, _ in loaded.parts()]
            with watch(part_ids, quiet=not sys.stderr.isatty()) as listener:
                report = grade(loaded, submission, sandbox, expected=expected, listener=listener)
            _show(report)
            elapsed_s = time.monotonic() - started
            click.echo(f"graded in {elapsed_s:.1f} s; waiting for the next save", err=True)
    return GRADED


def _show(report: Report) -> None:
    import shutil

    from grader.report.terminal import render
    from grader.verdicts import Verdict

    if sys.stdout.isatty():
        click.clear()
    encoding = (sys.stdout.encoding or "ascii").lower()
    # Whoever is at work on one part has others still blank: they would push it off the screen.
    answered = tuple(part for part in report.parts if part.verdict != Verdict.MISSING)
    text = render(
        report.model_copy(update={"parts": answered}) if answered else report,
        width=shutil.get_terminal_size().columns,
        colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
        ascii_only=not encoding.startswith("utf"),
    )
    click.echo(text, nl=False)
    blank = len(report.parts) - len(answered)
    if answered and blank:
        click.echo(f"{blank} part{'s' if blank > 1 else ''} not answered yet")


def _wait_for_saves(path: Path) -> Iterator[None]:
    """Once at the start, then after each change that has settled."""
    seen = take_stamp(path)
    yield
    while True:
        time.sleep(PAUSE_S)
        stamp = take_stamp(path)
        if stamp == seen:
            continue
        while (settled := _wait(path)) != stamp:
            stamp = settled
        seen = stamp
        yield


def _wait(path: Path) -> frozenset[tuple[str, int, int]]:
    time.sleep(SETTLED_S)
    return take_stamp(path)


def take_stamp(path: Path) -> frozenset[tuple[str, int, int]]:
    """Names, sizes and times of the files that a submission may be read from."""
    from grader.submission.names import Use, is_ignored_folder, name_use

    if path.is_file():
        status = path.stat()
        return frozenset({(path.name, status.st_size, status.st_mtime_ns)})
    found = set()
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not is_ignored_folder(name)]
        for name in names:
            if name_use(name) not in (Use.PYTHON, Use.NOTEBOOK, Use.ANSWERS):
                continue
            try:
                status = (Path(folder) / name).lstat()
            except OSError:
                continue
            found.add((str(Path(folder) / name), status.st_size, status.st_mtime_ns))
    return frozenset(found)
