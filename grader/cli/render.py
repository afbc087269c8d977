"""`grade render`: a report that was graded before, in another format."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import GRADED
from grader.errors import UsageError
from grader.report import FORMATS


@click.command("render")
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), required=True)
@click.option("--folder", default="", help="Where the submission lies in its repository.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False))
def command(report: Path, format_name: str, folder: str, output: Path | None) -> int:
    """Write a report's JSON in another format, without grading again.

    \b
    grade render report.json --format junit -o report.xml
    """
    from grader.report import render_report
    from grader.report.json import read
    from grader.report.writing import write_report

    try:
        found = read(report.read_bytes())
    except ValueError:
        raise UsageError(f"{report} is no report; write one with --format json") from None
    text = render_report(found, format_name, folder)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_report(text, output)
    return GRADED
