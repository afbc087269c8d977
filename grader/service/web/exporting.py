"""One assignment's scores in the file that a learning platform exported, and who is not in it."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.report.filling import Filled, fill_canvas, fill_moodle
from grader.report.gradebooks import Result, write_points
from grader.service.authorising import Action
from grader.service.web.opening import open_for
from grader.service.web.rendering import render
from grader.service.web.reports import attach
from grader.service.web.visiting import Form, SignedIn, UploadForm, Visit
from grader.store.catalogue import find_assignment
from grader.store.gradebook import Gradebook, read_gradebook
from grader.store.schema import Assignment, Course

router = APIRouter(prefix="/courses/{course}/gradebook")
EXPORT_BYTES = 8 << 20
"""A platform's export of 2,000 students with 100 columns is about 2 MiB."""
KEPT_BYTES = 900_000
"""What a form holds of one field; such a table packed is a tenth of that."""
PLATFORMS = {"canvas": "Canvas", "moodle": "Moodle"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    platform: str
    column: str
    with_open: bool
    scale: bool


@router.post("/fill")
def fill(request: Request, visit: SignedIn, form: UploadForm, course: str) -> Response:
    """Say what filling the file does, or give it back filled where that was asked for.

    A program, which wants no page, gets the file at once.
    """
    with visit.service.store.read() as session:
        found, assignment, book = _open(session, visit, form, course)
    wish = Wish(
        platform=form.read("platform", 10),
        column=form.read("column", 200),
        with_open="open" in form,
        scale="scale" in form,
    )
    if wish.platform not in PLATFORMS:
        raise UsageError(f"choose one of: {', '.join(PLATFORMS)}")
    content = read_export(form)
    results = list_results(book, assignment)
    is_page = "text/html" in request.headers.get("accept", "") and form.read("do", 10) != "download"
    filled, trouble = None, ""
    try:
        filled = _fill(content, results, assignment, wish)
    except UsageError as error:
        if not is_page:
            raise
        trouble = str(error)
    if filled is not None and not is_page:
        response = attach(
            filled.text.encode(), f"{found.slug}-{assignment.slug}-{wish.platform}.csv"
        )
        response.headers["X-Without-Row"] = str(len(filled.without_row) + len(filled.doubled))
        return response
    kept = pack(content)
    return render(
        visit, "gradebook_fill.html", status=422 if trouble else 200, course=found,
        assignment=assignment, platform=PLATFORMS[wish.platform], wish=wish, filled=filled,
        trouble=trouble, kept=kept if len(kept) <= KEPT_BYTES else "",
        waiting=[each.student for each in results if each.score and not each.is_final],
        excused=[each.student for each in results if each.is_excused],
    )  # fmt: skip


def _open(
    session: Session, visit: Visit, form: Form, slug: str
) -> tuple[Course, Assignment, Gradebook]:
    course = open_for(session, visit, slug, Action.EXPORT)
    assignment = find_assignment(session, course, form.read("assignment", 64))
    return course, assignment, read_gradebook(session, course.id)


def _fill(content: bytes, results: Sequence[Result], assignment: Assignment, wish: Wish) -> Filled:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("this file is not UTF-8 text; choose the CSV that was exported") from None
    # Whose score is left out is a student here all the same.
    given = [
        each if each.is_final or wish.with_open else replace(each, score="") for each in results
    ]
    if wish.platform == "canvas":
        return fill_canvas(text, given, wish.column or assignment.title, scale=wish.scale)
    return fill_moodle(text, given, scale=wish.scale)


def read_export(form: Form) -> bytes:
    """The file that was chosen, or the one that the page before kept.

    Errors   UsageError.
    """
    uploads = [upload for upload in form.files.get("export", ()) if upload.filename]
    kept = form.get("kept", "")
    content = uploads[0].file.read(EXPORT_BYTES + 1) if uploads else unpack(kept)
    if not content:
        raise UsageError("choose the file that your learning platform exported")
    if len(content) > EXPORT_BYTES:
        raise UsageError("this file is larger than any gradebook; choose the export itself")
    return content


def pack(content: bytes) -> str:
    """A file as a form's field."""
    return base64.b64encode(zlib.compress(content)).decode()


def unpack(text: str) -> bytes:
    """The file again, never more than a byte too much of it; nothing of any other text."""
    try:
        return zlib.decompressobj().decompress(
            base64.b64decode(text, validate=True), EXPORT_BYTES + 1
        )
    except (binascii.Error, ValueError, zlib.error):
        return b""


def list_results(book: Gradebook, assignment: Assignment) -> list[Result]:
    """Everybody's score in one assignment, under each name that a platform may know them by."""
    place = next(index for index, each in enumerate(book.assignments) if each.id == assignment.id)
    found = []
    for row in book.rows:
        cell = row.cells[place]
        found.append(
            Result(
                student=f"{row.name} ({row.email})" if row.email else row.name,
                names=tuple(filter(None, (row.external_id, row.email))) or (row.name,),
                score=write_points(cell.score) if cell and cell.has_score else "",
                max_score=write_points(cell.max_score or float(assignment.max_points))
                if cell
                else "",
                # A score that was set by hand is one, with and without a submission.
                is_final=cell is None or (cell.state != "pending" and not cell.open_points),
                is_excused=cell is not None and cell.state == "excused",
            )
        )
    return found
