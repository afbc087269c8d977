"""The gradebook, as JSON or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

from grader.report.gradebooks import write_points, write_table
from grader.service.acting import Asker
from grader.service.api.finding import open_course
from grader.service.authorising import Action, Thing, require
from grader.service.running import find_service
from grader.store.gradebook import Cell, Gradebook, read_gradebook

router = APIRouter(tags=["gradebook"])


class GradebookColumn(BaseModel):
    """An assignment."""

    slug: str
    title: str
    max_points: float


class GradebookCell(BaseModel):
    """One student's score in one assignment."""

    state: str
    score: float
    max_score: float
    open_points: float
    submission_id: int | None
    is_late: bool
    is_adjusted: bool


class GradebookRow(BaseModel):
    """One student; cells stand as the columns do."""

    user_id: int
    name: str
    email: str
    section: str
    external_id: str
    total: float
    cells: list[GradebookCell | None]


class GradebookView(BaseModel):
    """A course's scores."""

    columns: list[GradebookColumn]
    rows: list[GradebookRow]


@router.get("/courses/{course}/gradebook", response_model=GradebookView)
def read(
    request: Request, known: Asker, course: str, format: Literal["json", "csv"] = "json"
) -> Response:
    """All students with all their scores."""
    with find_service(request).store.read() as session:
        found = open_course(session, known, course)
        require(known, Action.SEE_GRADEBOOK, Thing(found.id))
        book = read_gradebook(session, found.id)
    if format == "csv":
        return Response(
            write_csv(book),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{found.slug}.csv"'},
        )
    # Written at once: validating 24,000 cells again would take longer than reading them.
    return Response(to_json(_show(book)), media_type="application/json")


_FIELDS = Cell._fields


def _show(book: Gradebook) -> dict[str, object]:
    return {
        "columns": [
            {
                "slug": assignment.slug,
                "title": assignment.title,
                "max_points": float(assignment.max_points),
            }
            for assignment in book.assignments
        ],
        "rows": [
            {
                "user_id": row.user_id,
                "name": row.name,
                "email": row.email,
                "section": row.section,
                "external_id": row.external_id,
                "total": row.total,
                "cells": [cell and dict(zip(_FIELDS, cell, strict=True)) for cell in row.cells],
            }
            for row in book.rows
        ],
    }


def write_csv(book: Gradebook) -> str:
    """A row a student; cells that a spreadsheet would take for formulas are kept from it."""
    slugs = (assignment.slug for assignment in book.assignments)
    rows: list[Sequence[str]] = [["name", "email", "section", "external_id", *slugs, "total"]]
    for row in book.rows:
        scores = [_write_cell(cell) for cell in row.cells]
        person = [row.name, row.email, row.section, row.external_id]
        rows.append([*person, *scores, write_points(row.total)])
    return write_table(rows)


def _write_cell(cell: Cell | None) -> str:
    """Empty where nothing is graded yet, as the page has a dash there: a 0 was earned."""
    if cell is None:
        return ""
    if cell.state == "excused":
        return "excused"
    return write_points(cell.score) if cell.has_score else ""
