"""`grade batch`: a class, graded in parallel; one bad submission never stops it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import GRADED, OUR_FAULT
from grader.cli.options import assignment_option, course_option, secret_option, trust_option

if TYPE_CHECKING:
    from grader.batch.grading import Batch, Graded
    from grader.batch.table import Row
    from grader.final_score import Circumstances
    from grader.report.class_statistics import ClassStatistics
    from grader.report.models import Report


@click.command("batch")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@assignment_option
@course_option
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="One row a student."
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The class on one HTML page, for staff.",
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder for everyone's report, HTML and JSON, as students may see it.",
)
@click.option(
    "--similar",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Similar submissions side by side, on an HTML page: evidence for a person.",
)
@click.option(
    "--roster",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="CSV: submission, student, submitted_at, attempt.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where reports are kept, to go on after a stop.  [default: this user's cache]",
)
@click.option("--fresh", is_flag=True, help="Grade again what has been graded before.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes.  [default: the cores]")
@trust_option
@secret_option
def command(
    paths: tuple[Path, ...],
    assignment: str | None,
    course: Path | None,
    csv_path: Path | None,
    page: Path | None,
    reports: Path | None,
    similar: Path | None,
    roster: Path | None,
    journal: Path | None,
    fresh: bool,
    jobs: int | None,
    trust_submission: bool,
    secret: str,
) -> int:
    """Grade many submissions of one assignment, each under the name that it comes by.

    What is graded is written down at once: after a stop, the same command goes on where it was.

    \b
    grade batch submissions/hw2/* --csv hw2.csv --page hw2.html
    grade batch students/*/hw2 --roster roster.csv --reports out/
    """
    from grader.batch.grading import Batch
    from grader.batch.journal import Journal, sweep_journals
    from grader.batch.labels import label_paths, name_student
    from grader.batch.roster import read_roster
    from grader.cache import find_cache_folder
    from grader.cli.finding import find_assignment
    from grader.final_score import Circumstances

    found, name = find_assignment(paths[0], assignment, course)
    loaded = found.load(name, find_cache_folder("specs"))
    folder = journal or find_cache_folder("batches") / loaded.id
    sweep_journals(find_cache_folder("batches"))
    labels = label_paths(paths)
    listed = read_roster(roster.read_text("utf-8"), loaded.policies.timezone) if roster else {}
    given = [listed.get(label) or Circumstances(student=name_student(label)) for label in labels]
    batch = Batch(
        assignment=loaded,
        paths=paths,
        students=[each.student for each in given],
        journal=Journal(folder),
        secret=secret,
        isolated=not trust_submission,
        is_fresh=fresh,
    )
    if batch.isolated:
        _require_isolation()
    graded = _grade_all(batch, jobs or len(os.sched_getaffinity(0)))
    statistics = _write_class(batch, labels, given, graded, csv_path, page, reports)
    if similar is not None:
        _write_similar(batch, labels, similar)
    if statistics.voided:
        count = len(statistics.voided)
        click.echo(
            f"grade: {count} part{' is' if count == 1 else 's are'} void, and not because of the"
            " answers; the same command tries them again",
            err=True,
        )
    return OUR_FAULT if any(each.is_our_fault for each in graded) else GRADED


def _require_isolation() -> None:
    """Try to break out once, before a class is begun.

    Errors   NoIsolation
    """
    from grader.sandbox.pool import Sandbox

    with Sandbox(slots=1) as sandbox:
        sandbox.prove()


def _grade_all(batch: Batch, jobs: int) -> list[Graded]:
    """Every submission, in the order given."""
    from grader.batch.grading import Graded, start_worker
    from grader.batch.progress import Progress
    from grader.batch.workers import WorkerPool
    from grader.errors import NoIsolation

    graded: list[Graded] = [Graded()] * len(batch.paths)
    progress = Progress(len(batch.paths), sys.stderr, width=shutil.get_terminal_size().columns)
    with WorkerPool(jobs, lambda: start_worker(batch)) as pool:
        try:
            for index, finished in pool.run(len(batch.paths)):
                if isinstance(finished, NoIsolation):
                    raise finished
                if isinstance(finished, Exception):
                    finished = Graded(trouble=str(finished), is_our_fault=True)
                graded[index] = finished
                progress.advance(finished.verdicts, was_known=finished.was_known)
        finally:
            progress.close()
    return graded


def _write_class(
    batch: Batch,
    labels: Sequence[str],
    given: Sequence[Circumstances],
    graded: Sequence[Graded],
    csv_path: Path | None,
    page: Path | None,
    reports: Path | None,
) -> ClassStatistics:
    """The table, the page and everyone's report, out of the journal: one report at a time."""
    from grader.batch.table import choose_rows, tabulate
    from grader.report.class_statistics import ClassStatistics
    from grader.report.writing import write_report

    statistics = ClassStatistics(batch.assignment.id, batch.assignment.title)
    rows = list(_make_rows(batch, labels, given, graded, reports, statistics))
    attempts = batch.assignment.policies.attempts
    counts, most = (attempts.counts, attempts.most) if attempts else ("best", None)
    chosen = choose_rows(rows, counts, most)
    table = tabulate(batch.assignment, chosen)
    if csv_path is None:
        click.echo(table, nl=False)
    else:
        write_report(table, csv_path)
    if page is not None:
        from grader.report.class_page import render_class

        write_report(render_class(statistics), page)
    return statistics


def _make_rows(
    batch: Batch,
    labels: Sequence[str],
    given: Sequence[Circumstances],
    graded: Sequence[Graded],
    reports: Path | None,
    statistics: ClassStatistics,
) -> Iterator[Row]:
    from grader.batch.labels import name_files
    from grader.batch.table import make_empty_row, make_row
    from grader.report.adjusting import adjust_report

    names = name_files(labels)
    for label, name, circumstances, each in zip(labels, names, given, graded, strict=True):
        known = batch.journal.find(each.key) if each.key else None
        if known is None:
            status = "void" if each.is_our_fault else "unreadable"
            statistics.add_trouble(label, f"{status}: {each.trouble}")
            yield make_empty_row(label, circumstances, each.trouble, status)
            continue
        student, staff = (adjust_report(one, batch.assignment, circumstances) for one in known)
        statistics.add(label, staff)
        if reports is not None:
            _write_reports(student, reports, name)
        yield make_row(label, circumstances, staff)


def _write_reports(report: Report, folder: Path, name: str) -> None:
    from grader.report import find_renderer
    from grader.report.writing import write_report

    folder.mkdir(parents=True, exist_ok=True)
    for format_name in ("html", "json"):
        text = find_renderer(format_name)(report)
        write_report(text, folder / f"{name}.{format_name}")


def _write_similar(batch: Batch, labels: Sequence[str], path: Path) -> None:
    from grader.batch.similarity import compare_class
    from grader.report.similar_page import render_similar
    from grader.report.writing import write_report

    pairs = compare_class(batch.assignment, batch.paths, labels)
    write_report(render_similar(batch.assignment.id, batch.assignment.title, pairs), path)
    click.echo(f"{len(pairs)} similar pairs: {path}", err=True)
