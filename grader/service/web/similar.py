"""Submissions that are alike: what a person may want to look at."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.report.cleaning import clean_text
from grader.report.similar_page import SimilarPair
from grader.service.authorising import Action
from grader.service.versions import load_version
from grader.service.web.opening import PLACE, open_assignment_for
from grader.service.web.rendering import render
from grader.service.web.visiting import SignedIn
from grader.store.blobs import read_blob
from grader.store.schema import Assignment, Standing, Submission, User

router = APIRouter(prefix=PLACE + "/similar")
KEPT = 8
"""Comparisons remembered: until another submission counts, they stay the same."""
LINES = 400
_kept: OrderedDict[tuple[int, ...], tuple[SimilarPair, ...]] = OrderedDict()
_lock = threading.Lock()


@router.get("")
def show_pairs(visit: SignedIn, course: str, assignment: str) -> Response:
    """Pairs, the most alike first, each side by side."""
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(
            session, visit, course, assignment, Action.SEE_GRADEBOOK
        )
        rows = session.execute(
            select(Submission, User.name)
            .join(Standing, Standing.submission_id == Submission.id)
            .join(User, User.id == Submission.user_id)
            .where(Standing.assignment_id == wanted.id, Submission.archive_sha.is_not(None))
            .order_by(Submission.id)
        ).all()
        pairs = _compare(session, wanted, [(row[0], row[1]) for row in rows])
    return render(
        visit, "similar.html", course=found, assignment=wanted, pairs=pairs, count=len(rows),
        clean=clean_text, most=LINES,
    )  # fmt: skip


def _compare(
    session: Session, assignment: Assignment, rows: Sequence[tuple[Submission, str]]
) -> tuple[SimilarPair, ...]:
    from grader.batch.similarity import compare_class

    key = (assignment.id, assignment.version_id or 0, *(submission.id for submission, _ in rows))
    with _lock:
        if key in _kept:
            return _kept[key]
    loaded = load_version(session, assignment)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for submission, _ in rows:
            place = Path(folder) / str(submission.id)
            place.mkdir()
            path = place / submission.archive_name
            path.write_bytes(read_blob(session, submission.archive_sha or ""))
            paths.append(path)
        pairs = compare_class(loaded, paths, [name for _, name in rows])
    with _lock:
        _kept[key] = pairs
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return pairs
