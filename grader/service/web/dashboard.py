"""An assignment for its staff: how the class does, and how the grader does."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from grader.service.authorising import Action
from grader.service.web.charts import Column, draw_columns
from grader.service.web.opening import PLACE, open_assignment_for
from grader.service.web.rendering import render
from grader.service.web.visiting import SignedIn
from grader.store.dashboard import read_dashboard
from grader.store.schema import Assignment, ProblemVersion

router = APIRouter(prefix=PLACE + "/dashboard")
BINS = 10


@router.get("")
def show_dashboard(visit: SignedIn, course: str, assignment: str) -> Response:
    """Everything on one page."""
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(
            session, visit, course, assignment, Action.SEE_GRADEBOOK
        )
        figures = read_dashboard(session, wanted)
        titles = read_titles(session, wanted)
    columns = count_shares((*figures.shares, *figures.open_shares))
    slow = sorted(
        (check for check in figures.checks if check.slowest_ms is not None),
        key=lambda check: -(check.slowest_ms or 0),
    )[:10]
    return render(
        visit, "dashboard.html", course=found, assignment=wanted, figures=figures,
        columns=columns, chart=draw_columns(
            columns, f"Scores of {count_students(columns)}", "share of the points, in %"
        ),
        slow=slow, titles=titles, shown=count_students(columns), percent=write_percent,
    )  # fmt: skip


def read_titles(session: Session, assignment: Assignment) -> dict[str, str]:
    """Parts as people call them, by their names in the current version."""
    version = session.get(ProblemVersion, assignment.version_id) if assignment.version_id else None
    return {
        part["id"]: part["title"] or part["id"] for part in (version.outline if version else ())
    }


def count_shares(shares: tuple[float, ...]) -> list[Column]:
    """How many students are in each tenth of the points; a full score is in the last."""
    counts = [0] * BINS
    for share in shares:
        counts[max(0, min(BINS - 1, int(share * BINS)))] += 1
    return [Column(f"{index * 10}–{index * 10 + 10}", count) for index, count in enumerate(counts)]


def count_students(columns: Sequence[Column]) -> str:
    """How many there are in all columns."""
    count = sum(column.count for column in columns)
    return f"{count} student{'' if count == 1 else 's'}"


def write_percent(share: float) -> str:
    """A share for people: never none or all of them where there are a few."""
    percent = 100 * share
    if 0 < percent < 1:
        return "< 1 %"
    if 99 < percent < 100:
        return "> 99 %"
    return f"{percent:.0f} %"
