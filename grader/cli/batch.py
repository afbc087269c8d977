"""`grade batch`: a class, graded in parallel; one bad submission never stops it."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import GRADED, OUR_FAULT
from grader.cli.options import assignment_option, course_option, secret_option, trust_option
from grader.errors import GraderError, NoIsolation, SubmissionError

if TYPE_CHECKING:
    from grader.report.models import Report


@dataclass(frozen=True, slots=True)
class Graded:
    """One submission of the class: its report, or why there is none."""

    path: Path
    report: Report | None = None
    trouble: str = ""
    is_our_fault: bool = False


@click.command("batch")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@assignment_option
@course_option
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="One row a student."
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder for everyone's report, HTML and JSON.",
)
@click.option("--jobs", type=click.IntRange(1, 64), help="At once.  [default: one more than cores]")
@trust_option
@secret_option
def command(
    paths: tuple[Path, ...],
    assignment: str | None,
    course: Path | None,
    csv_path: Path | None,
    reports: Path | None,
    jobs: int | None,
    trust_submission: bool,
    secret: str,
) -> int:
    """Grade many submissions of one assignment.

    \b
    grade batch submissions/hw2/* --csv hw2.csv --reports out/
    """
    from grader.cache import find_cache_folder
    from grader.cli.finding import find_assignment
    from grader.expected import ExpectedValues
    from grader.grading import grade
    from grader.sandbox.pool import Sandbox
    from grader.submission import read_submission

    found, name = find_assignment(paths[0], assignment, course)
    loaded = found.load(name, find_cache_folder("specs"))
    expected = ExpectedValues(find_cache_folder())
    with Sandbox(isolated=not trust_submission) as sandbox:

        def grade_one(path: Path) -> Graded:
            try:
                submission = read_submission(path)
                report = grade(loaded, submission, sandbox, expected=expected, secret=secret)
            except NoIsolation:
                raise
            except SubmissionError as trouble:
                return Graded(path, trouble=str(trouble))
            except GraderError as fault:
                return Graded(path, trouble=str(fault), is_our_fault=True)
            if reports is not None:
                _write_reports(report, reports / path.name)
            return Graded(path, report)

        graded = _grade_all(paths, grade_one, jobs or sandbox.slots + 1)
    table = _tabulate(graded)
    if csv_path is not None:
        from grader.report.writing import write_report

        write_report(table, csv_path)
    else:
        click.echo(table, nl=False)
    return OUR_FAULT if any(each.is_our_fault for each in graded) else GRADED


def _grade_all(
    paths: Sequence[Path], grade_one: Callable[[Path], Graded], jobs: int
) -> list[Graded]:
    """Every submission, in the order given; the first error that stops all is raised."""
    progress = _Progress(len(paths))
    with ThreadPoolExecutor(jobs) as pool:
        order: dict[Future[Graded], int] = {
            pool.submit(grade_one, path): index for index, path in enumerate(paths)
        }
        graded: dict[int, Graded] = {}
        try:
            for future in as_completed(order):
                graded[order[future]] = future.result()
                progress.advance()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            progress.close()
    return [graded[index] for index in range(len(paths))]


class _Progress:
    """A bar with the time left on a terminal; elsewhere a line at every tenth."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.started = total, 0, time.monotonic()
        self.is_live = sys.stderr.isatty()

    def advance(self) -> None:
        self.done += 1
        elapsed_s = time.monotonic() - self.started
        left_s = elapsed_s / self.done * (self.total - self.done)
        if self.is_live:
            filled = 30 * self.done // self.total
            bar = "█" * filled + "·" * (30 - filled)
            line = f"\r  {bar} {self.done}/{self.total}  {_say_time(left_s)} left "
            click.echo(line, nl=False, err=True)
        elif self.done * 10 // self.total > (self.done - 1) * 10 // self.total:
            click.echo(f"  {self.done}/{self.total}, {_say_time(left_s)} left", err=True)

    def close(self) -> None:
        if self.is_live:
            click.echo(f"  {self.done} graded", err=True)


def _say_time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _write_reports(report: Report, path: Path) -> None:
    from grader.report import find_renderer
    from grader.report.writing import write_report

    path.parent.mkdir(parents=True, exist_ok=True)
    for format_name in ("html", "json"):
        write_report(find_renderer(format_name)(report), Path(f"{path}.{format_name}"))


def _tabulate(graded: Sequence[Graded]) -> str:
    """CSV: name, score, what is open, a column a part; formulas are kept from spreadsheets."""
    parts = next(([part.id for part in each.report.parts] for each in graded if each.report), [])
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["submission", "score", "max_score", "open_points", "status", *parts])
    for each in graded:
        name = _guard_formula(each.path.name)
        if each.report is None:
            status = "void" if each.is_our_fault else "unreadable"
            rows.writerow([name, "", "", "", f"{status}: {each.trouble}", *[""] * len(parts)])
            continue
        report = each.report
        scores = [f"{part.score:g}" for part in report.parts]
        totals = [f"{number:g}" for number in (report.score, report.max_score, report.open_points)]
        rows.writerow([name, *totals, report.status, *scores])
    return text.getvalue()


def _guard_formula(text: str) -> str:
    """A cell that starts like a formula would be run by a spreadsheet."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
