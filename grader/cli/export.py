"""`grade export`: scores for a learning platform, and autograders for others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import GRADED
from grader.cli.options import course_option
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.report.filling import Filled
    from grader.report.gradebooks import Result


@click.group("export")
def command() -> None:
    """Write scores for Canvas, Moodle or a spreadsheet, or an autograder for another platform."""


_table = click.argument(
    "table", metavar="HW2.CSV", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
_output = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True
)
_pending = click.option("--pending", is_flag=True, help="Also scores that still have points open.")
_scale = click.option(
    "--scale", is_flag=True, help="Write the same share of the platform's points, if they differ."
)


@command.command("canvas")
@_table
@click.option(
    "--gradebook",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The gradebook that Canvas exported.",
)
@click.option("--column", help="The assignment's name in Canvas.  [default: the table's name]")
@_pending
@_scale
@_output
def canvas(
    table: Path, gradebook: Path, column: str | None, pending: bool, scale: bool, output: Path
) -> int:
    """Fill the table of `grade batch --csv` into Canvas's gradebook."""
    from grader.report.filling import fill_canvas

    results, title = _read(table, pending), column or table.stem
    return _write(fill_canvas(_read_text(gradebook), results, title, scale=scale), output)


@command.command("moodle")
@_table
@click.option(
    "--worksheet",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The grading worksheet that Moodle exported.",
)
@_pending
@_scale
@_output
def moodle(table: Path, worksheet: Path, pending: bool, scale: bool, output: Path) -> int:
    """Fill the table of `grade batch --csv` into Moodle's grading worksheet."""
    from grader.report.filling import fill_moodle

    results = _read(table, pending)
    return _write(fill_moodle(_read_text(worksheet), results, scale=scale), output)


@command.command("csv")
@_table
@_pending
@_output
def plain(table: Path, pending: bool, output: Path) -> int:
    """Student, score, maximum and why, for a spreadsheet."""
    from grader.report.filling import Filled
    from grader.report.gradebooks import write_plain

    return _write(Filled(text=write_plain(_read(table, pending))), output)


@command.command("gradescope")
@click.argument("assignment")
@course_option
@_output
@click.option("--secret", envvar="GRADE_SECRET", default="", help="Seeds the hidden inputs.")
def gradescope(assignment: str, course: Path | None, output: Path, secret: str) -> int:
    """Build an autograder zip for Gradescope: setup.sh, run_autograder, grader and problems."""
    from grader.ci.autograder import build_gradescope
    from grader.cli.finding import find_course_here

    written = build_gradescope(find_course_here(course), assignment.strip("/"), output, secret)
    click.echo(f"wrote {output}: {written} files; upload it under Configure Autograder")
    return GRADED


@command.command("prairielearn")
@click.argument("assignment")
@course_option
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The question's folder in a PrairieLearn course.",
)
@click.option("--secret", envvar="GRADE_SECRET", default="", help="Seeds the hidden inputs.")
def prairielearn(assignment: str, course: Path | None, folder: Path, secret: str) -> int:
    """Build an external grader for PrairieLearn: tests/, Dockerfile, info.json."""
    from grader.ci.autograder import build_prairielearn
    from grader.cli.finding import find_course_here

    written = build_prairielearn(find_course_here(course), assignment.strip("/"), folder, secret)
    click.echo(f"wrote {written} files to {folder}; build and name its image as README.md says")
    return GRADED


def _read(table: Path, pending: bool) -> list[Result]:
    from grader.report.gradebooks import read_results

    results = read_results(_read_text(table))
    waiting = [each.student for each in results if each.score and not each.is_final]
    if waiting and not pending:
        click.echo(
            f"left out, points are open: {_list(waiting)}; --pending writes what they have so far",
            err=True,
        )
        return [each for each in results if each.is_final]
    return list(results)


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8; export it again as CSV with UTF-8") from None


def _write(filled: Filled, output: Path) -> int:
    from grader.report.writing import write_report

    write_report(filled.text, output)
    if filled.without_row:
        click.echo(f"not in the gradebook: {_list(filled.without_row)}", err=True)
    if filled.doubled:
        click.echo(
            f"left out, more than one row or student fits: {_list(filled.doubled)}; write them by"
            " hand",
            err=True,
        )
    click.echo(f"wrote {output}")
    return GRADED


def _list(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
