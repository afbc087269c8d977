"""The gradebook: everybody's scores, and the files that learning platforms import."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Response
from markupsafe import Markup

from grader.errors import UsageError
from grader.report.gradebooks import Result, fill_canvas, fill_moodle
from grader.report.words import format_points
from grader.service.api.gradebook import write_csv
from grader.service.authorising import Action
from grader.service.web.opening import open_for
from grader.service.web.rendering import render
from grader.service.web.reports import attach
from grader.service.web.visiting import SignedIn, UploadForm
from grader.store.catalogue import find_assignment
from grader.store.gradebook import Gradebook, Row, read_gradebook
from grader.store.schema import Assignment

router = APIRouter(prefix="/courses/{course}/gradebook")
EXPORT_BYTES = 8 << 20
"""A platform's export of 2,000 students with 100 columns is about 2 MiB."""


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
            elif cell.submission_id is not None or cell.is_adjusted:
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


@router.post("/fill")
def fill(visit: SignedIn, form: UploadForm, course: str) -> Response:
    """Fill one assignment's scores into the file that Canvas or Moodle exported."""
    with visit.service.store.read() as session:
        found = open_for(session, visit, course, Action.EXPORT)
        assignment = find_assignment(session, found, form.read("assignment", 64))
        book = read_gradebook(session, found.id)
    uploads = [upload for upload in form.files.get("export", ()) if upload.filename]
    if not uploads:
        raise UsageError("choose the file that your learning platform exported")
    content = uploads[0].file.read(EXPORT_BYTES + 1)
    if len(content) > EXPORT_BYTES:
        raise UsageError("this file is larger than any gradebook; choose the export itself")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("this file is not UTF-8 text; choose the CSV that was exported") from None
    results = list_results(book, assignment)
    platform = form.read("platform", 10)
    if platform == "canvas":
        filled = fill_canvas(text, results, form.read("column", 200) or assignment.title)
    else:
        filled = fill_moodle(text, results)
    name = f"{found.slug}-{assignment.slug}-{platform}.csv"
    response = attach(filled.text.encode(), name)
    response.headers["X-Without-Row"] = str(len(filled.without_row))
    return response


def list_results(book: Gradebook, assignment: Assignment) -> list[Result]:
    """One assignment's scores, under each name by which a platform may know the student."""
    place = next(index for index, each in enumerate(book.assignments) if each.id == assignment.id)
    found = []
    for row in book.rows:
        cell = row.cells[place]
        if cell is None or cell.submission_id is None or cell.state == "excused":
            continue
        found.append(
            Result(
                student=row.external_id or row.email,
                score=f"{cell.score:.4f}".rstrip("0").rstrip("."),
                max_score=f"{cell.max_score:.4f}".rstrip("0").rstrip("."),
                is_final=cell.state == "graded",
            )
        )
    return found
