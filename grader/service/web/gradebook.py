"""The gradebook: everybody's scores, as a page and as a table."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Response
from markupsafe import Markup

from grader.report.words import format_points
from grader.service.api.gradebook import write_csv
from grader.service.authorising import Action
from grader.service.web.opening import open_for
from grader.service.web.rendering import render
from grader.service.web.reports import attach
from grader.service.web.visiting import SignedIn
from grader.store.gradebook import Row, read_gradebook

router = APIRouter(prefix="/courses/{course}/gradebook")


@router.get("")
def show_gradebook(visit: SignedIn, course: str, section: str = "") -> Response:
    """A row a student, a column an assignment."""
    with visit.service.store.read() as session:
        found = open_for(session, visit, course, Action.SEE_GRADEBOOK)
        book = read_gradebook(session, found.id)
    sections = sorted({row.section for row in book.rows if row.section})
    place = f"/courses/{found.slug}/assignments"
    slugs = [each.slug for each in book.assignments]
    rows = [
        (row, draw_cells(place, slugs, row))
        for row in book.rows
        if not section or row.section == section
    ]
    return render(
        visit, "gradebook.html", course=found, assignments=book.assignments, rows=rows,
        sections=sections, section=section,
    )  # fmt: skip


def draw_cells(place: str, slugs: Sequence[str], row: Row) -> Markup:
    """A row's cells, written at once: a template would take twice as long for 24,000."""
    drawn = []
    for slug, cell in zip(slugs, row.cells, strict=True):
        text, marks = "–", ""
        if cell is not None:
            marks = "†" * cell.is_late + "*" * cell.is_adjusted
            marks += "…" if cell.open_points or cell.state == "pending" else ""
            if cell.state == "excused":
                text = "excused"
            elif cell.has_score:
                text = format_points(cell.score)
        drawn.append(
            f'<td class="number"><a href="{place}/{slug}/students/{row.user_id}">{text}</a>'
            f"<i>{marks}</i></td>"
        )
    # Slugs are names of the course's folders, the rest are numbers and our own words.
    return Markup("".join(drawn))


@router.get("/all.csv")
def download_all(visit: SignedIn, course: str) -> Response:
    """All scores as a table."""
    with visit.service.store.read() as session:
        found = open_for(session, visit, course, Action.EXPORT)
        book = read_gradebook(session, found.id)
    return attach(write_csv(book).encode(), f"{found.slug}.csv")
