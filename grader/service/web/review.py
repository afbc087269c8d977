"""A submission for its staff: the code and the full report side by side."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from grader.errors import SubmissionError
from grader.report.cleaning import clean_text
from grader.service.api.finding import open_submission
from grader.service.api.showing import find_shown_run
from grader.service.authorising import Action
from grader.service.marked import read_marked_report
from grader.service.web.rendering import render
from grader.service.web.reports import report_policy, show_report
from grader.service.web.visiting import SignedIn
from grader.store.admission import find_run
from grader.store.blobs import read_blob
from grader.store.schema import Course, Submission, User
from grader.submission.read import read_submission

router = APIRouter(prefix="/submissions/{submission_id}/review")
LINES = 2_000
"""Of one file: more is not read on a page, and is in the download."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One file as text, line by line."""

    name: str
    lines: tuple[str, ...]
    more: int


@router.get("")
def show_review(visit: SignedIn, submission_id: int) -> Response:
    """Code on the left, everything that the grader found on the right."""
    with visit.service.store.read() as session:
        submission, assignment = open_submission(
            session, visit.person, submission_id, Action.SEE_STAFF_REPORT
        )
        course = session.get_one(Course, assignment.course_id)
        owner = session.get_one(User, submission.user_id)
        run = find_shown_run(session, submission.id)
        report = read_marked_report(session, run, "staff") if run else None
        latest = find_run(session, submission.id)
        files = read_shown(session, submission)
    return render(
        visit, "review.html", course=course, assignment=assignment, submission=submission,
        owner=owner, run=latest, report=report, shown=show_report(report) if report else None,
        files=files, zone_name=visit.timezone or course.timezone,
        headers={"Content-Security-Policy": report_policy()},
    )  # fmt: skip


def read_shown(session: Session, submission: Submission) -> list[Shown]:
    """Code and written answers as lines; what can't be shown is cleaned away."""
    if submission.archive_sha is None:
        return []
    content = read_blob(session, submission.archive_sha)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / submission.archive_name
        path.write_bytes(content)
        try:
            read = read_submission(path)
        except SubmissionError:
            return []
    texts = {source.name: source.text for source in read.sources}
    for answer in read.answers.values():
        before = texts.get(answer.file, "")
        texts[answer.file] = f"{before}\n## {answer.part}\n{answer.text}\n".lstrip("\n")
    return [_show(name, text) for name, text in texts.items()]


def _show(name: str, text: str) -> Shown:
    lines = [clean_text(line) for line in text.split("\n")]
    return Shown(name, tuple(lines[:LINES]), max(0, len(lines) - LINES))
