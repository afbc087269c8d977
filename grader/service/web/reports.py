"""A submission's page: how its grading stands, live, then its report; and its files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound
from grader.report.html import render_main
from grader.report.html_parts import anchor
from grader.report.models import PartReport, Report
from grader.service.api.finding import open_submission
from grader.service.api.showing import find_shown_run, show_submission
from grader.service.authorising import Action, Thing, may
from grader.service.marked import read_marked_report
from grader.service.web.guarding import write_policy
from grader.service.web.rendering import render
from grader.service.web.visiting import PageForm, SignedIn
from grader.store.admission import find_run
from grader.store.blobs import read_blob
from grader.store.marks import find_counted_marks
from grader.store.schema import Course, GradingRun, RubricMark, RunEvent, User
from grader.store.scores import explain_standing
from grader.store.withdrawing import withdraw

router = APIRouter(prefix="/submissions/{submission_id}")

ATTACHED = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}


@cache
def report_policy() -> str:
    """A report's charts bring one style of their own, the same always: allowed by its digest."""
    from grader.report.charts import STYLE

    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return write_policy(style_src=f"'self' 'sha256-{digest}'")


@router.get("")
def show_one(visit: SignedIn, submission_id: int) -> Response:
    """How the grading stands, or the report."""
    person = visit.person
    with visit.service.store.read() as session:
        submission, assignment = open_submission(
            session, person, submission_id, Action.SEE_SUBMISSION
        )
        course = session.get_one(Course, assignment.course_id)
        view = show_submission(visit.service, session, person, submission, assignment)
        run = find_shown_run(session, submission.id)
        report = read_marked_report(session, run, "student") if run else None
        latest = find_run(session, submission.id)
        parts = _find_parts(session, latest) if latest and not run else []
        owner = session.get_one(User, submission.user_id)
        sees_score = may(person, Action.SEE_SCORE, Thing(course.id, submission.user_id))
        judged = explain_standing(session, assignment, owner.id) if sees_score else None
        marks = find_counted_marks(session, run) if run else {}
    return render(
        visit, "submission.html", course=course, assignment=assignment, submission=submission,
        view=view, report=report, parts=parts, owner=owner, judged=judged,
        shown=show_report(report) if report else None, marked=gather_marked(report, marks),
        anchor=anchor, is_own=owner.id == person.user_id,
        zone_name=visit.timezone or course.timezone,
        headers={"Content-Security-Policy": report_policy()},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marked:
    """A part that a person has marked, for its student: who did is nobody's business."""

    part: PartReport
    items: tuple[tuple[str, Decimal], ...]
    """Of a rubric, with their points; none where the part was marked as a whole."""
    comments: tuple[str, ...]


def gather_marked(
    report: Report | None, marks: Mapping[str, Mapping[str, RubricMark]]
) -> list[Marked]:
    """The marks that count, by part and item, each comment once."""
    found = []
    for part in report.parts if report else ():
        given = marks.get(part.id.rpartition("/")[2], {})
        if given:
            items = tuple((item, mark.points or Decimal(0)) for item, mark in given.items() if item)
            said = tuple(dict.fromkeys(mark.comment for mark in given.values() if mark.comment))
            found.append(Marked(part, items, said))
    return found


def show_report(report: Report) -> Markup:
    """A report's own parts, which the report's writer has escaped."""
    return Markup("\n".join(render_main(report)))


def _find_parts(session: Session, run: GradingRun) -> list[dict[str, object]]:
    from sqlalchemy import select

    rows = session.scalars(
        select(RunEvent.document).where(RunEvent.run_id == run.id).order_by(RunEvent.id)
    )
    return list(rows)


@router.get("/report.{ending}")
def download_report(visit: SignedIn, submission_id: int, ending: str) -> Response:
    """The report as a file: `.html`, `.json` or `.md`."""
    from grader.report import html, json, markdown

    writers = {"html": html.render, "json": json.render, "md": markdown.render}
    if ending not in writers:
        raise NotFound(f"there is no report.{ending}; there are: {', '.join(writers)}")
    with visit.service.store.read() as session:
        submission, assignment = open_submission(
            session, visit.person, submission_id, Action.SEE_SUBMISSION
        )
        run = find_shown_run(session, submission.id)
        report = read_marked_report(session, run, "student") if run else None
    if report is None:
        raise Conflict("this is not graded yet")
    name = f"{assignment.slug}-{submission.ordinal}.{ending}"
    return attach(writers[ending](report).encode(), name)


@router.get("/archive")
def download_archive(visit: SignedIn, submission_id: int) -> Response:
    """What was handed in, as it came."""
    with visit.service.store.read() as session:
        submission, assignment = open_submission(
            session, visit.person, submission_id, Action.SEE_SUBMISSION
        )
        if submission.archive_sha is None:
            raise NotFound("these files were removed")
        content = read_blob(session, submission.archive_sha)
    ending = submission.archive_name.rpartition(".")[2]
    return attach(content, f"{assignment.slug}-{submission.ordinal}.{ending}")


@router.post("/cancel")
def cancel(visit: SignedIn, form: PageForm, submission_id: int) -> Response:
    """Cancel a grading that waits or runs."""

    def work(session: Session) -> None:
        submission, assignment = open_submission(
            session, visit.person, submission_id, Action.CANCEL
        )
        withdraw(session, submission, assignment, by=visit.person.user_id)

    visit.service.store.attempt(work)
    return RedirectResponse(f"/submissions/{submission_id}", 303)


def attach(content: bytes, name: str) -> Response:
    """A file to keep, which a browser never shows as a page of ours."""
    headers = ATTACHED | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)
