"""The class as a table: a row for each student, the same whenever the same was handed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from grader.final_score import Circumstances, choose_attempt
from grader.report.gradebooks import write_table
from grader.report.models import Report
from grader.report.words import format_change
from grader.spec.loaded import LoadedAssignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One submission's row."""

    submission: str
    circumstances: Circumstances
    score: float | None = None
    """None where nothing could be graded."""
    max_score: float = 0
    open_points: float = 0
    status: str = ""
    explanation: str = ""
    parts: tuple[float, ...] = ()


def make_row(label: str, circumstances: Circumstances, report: Report) -> Row:
    """The row of a report that has been adjusted."""
    return Row(
        submission=label,
        circumstances=circumstances,
        score=report.score,
        max_score=report.max_score,
        open_points=report.open_points,
        status=report.status,
        explanation="; ".join(
            f"{format_change(each.points)}: {each.explanation}" for each in report.adjustments
        ),
        parts=tuple(part.score for part in report.parts),
    )


def make_empty_row(label: str, circumstances: Circumstances, trouble: str, status: str) -> Row:
    """The row of a submission without a report."""
    return Row(submission=label, circumstances=circumstances, status=f"{status}: {trouble}")


def choose_rows(rows: Iterable[Row], counts: str, most: int | None = None) -> tuple[Row, ...]:
    """One row a student: of several attempts the last, or the best, of the `most` that count."""
    by_student: dict[str, list[Row]] = {}
    for row in rows:
        by_student.setdefault(row.circumstances.student, []).append(row)
    return tuple(_choose(attempts, counts, most) for attempts in by_student.values())


def _choose(attempts: list[Row], counts: str, most: int | None) -> Row:
    scored = sorted(
        (row for row in attempts if row.score is not None),
        key=lambda row: row.circumstances.attempt,
    )
    if len(attempts) == 1 or not scored:
        return attempts[-1]
    if most is not None:
        scored = [row for row in scored if row.circumstances.attempt <= most] or scored
    chosen = scored[choose_attempt([row.score or 0 for row in scored], counts)]
    words = f"{counts} of {len(attempts)} attempts: number {chosen.circumstances.attempt}"
    return replace(chosen, explanation="; ".join(filter(None, (words, chosen.explanation))))


def tabulate(assignment: LoadedAssignment, rows: Sequence[Row]) -> str:
    """CSV: who, the score that counts and why, then a column for each part."""
    part_ids = [f"{assignment.id}/{part_id}" for _, part_id, _ in assignment.parts()]
    header = [
        "submission", "student", "score", "max_score", "open_points", "status", "explanation",
        *part_ids,
    ]  # fmt: skip
    return write_table([header, *_list_cells(rows, len(part_ids))])


def _list_cells(rows: Sequence[Row], parts: int) -> Iterator[list[str]]:
    for row in rows:
        who = [row.submission, row.circumstances.student]
        if row.score is None:
            yield [*who, "", "", "", row.status, "", *[""] * parts]
            continue
        totals = [f"{number:.10g}" for number in (row.score, row.max_score, row.open_points)]
        scores = [f"{score:.10g}" for score in row.parts]
        yield [*who, *totals, row.status, row.explanation, *scores]
