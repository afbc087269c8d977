"""What an assignment asks, loaded from the version that its submissions are graded with."""

from __future__ import annotations

import io
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from grader.errors import NotFound
from grader.spec.loaded import LoadedAssignment
from grader.spec.params import draw_values
from grader.spec.personal import personalise
from grader.store.blobs import read_blob
from grader.store.schema import Assignment, Course, ProblemVersion

KEPT = 64
"""Assignments loaded at once, some hundred KiB each."""
Key = tuple[str, tuple[object, ...]]
"""A bundle, and what was drawn for a student; students who draw the same share it."""
_kept: OrderedDict[Key, LoadedAssignment] = OrderedDict()
_lock = threading.Lock()


def load_version(
    session: Session,
    assignment: Assignment,
    student_id: int | None = None,
    version_id: int | None = None,
) -> LoadedAssignment:
    """The assignment as it is graded now, with a student's own values; loaded once a version.

    Without a student, parameters have their first values; `version_id` asks for another version.

    Errors   NotFound while nothing is registered.
    """
    version_id = version_id or assignment.version_id
    version = session.get(ProblemVersion, version_id) if version_id else None
    if version is None:
        raise NotFound(f"{assignment.slug} has no problems yet")
    loaded = _recall(
        (version.bundle_sha, ()),
        lambda: _load(read_blob(session, version.bundle_sha), assignment.slug),
    )
    if student_id is None or not any(problem.is_to_be_drawn for problem in loaded.problems):
        return loaded
    student, secret = name_student(student_id), _find_secret(session, assignment)
    drawn = draw_for(loaded, student, secret)
    return _recall((version.bundle_sha, drawn), lambda: personalise(loaded, student, secret))


def name_student(user_id: int) -> str:
    """Whose values are drawn: a number that stays, whatever a person is called."""
    return f"student {user_id}"


def draw_for(loaded: LoadedAssignment, student: str, secret: str) -> tuple[object, ...]:
    """What a student draws in an assignment; quick, and the same for the same version."""
    return tuple(
        tuple(draw_values(problem.params, problem.id, student, secret).items())
        for problem in loaded.problems
    )


def _find_secret(session: Session, assignment: Assignment) -> str:
    return session.get_one(Course, assignment.course_id).secret


def _recall(key: Key, load: Callable[[], LoadedAssignment]) -> LoadedAssignment:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    loaded = load()
    with _lock:
        _kept[key] = loaded
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return loaded


def _load(bundle: bytes, slug: str) -> LoadedAssignment:
    from grader.spec.loading import Course

    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            # Our own: packed by the catalogue from the course's folder.
            archive.extractall(folder)
        return Course(Path(folder)).load(slug)


def find_decided(session: Session, assignment: Assignment) -> frozenset[str]:
    """Which settings the course's folder decides."""
    if assignment.version_id is None:
        return frozenset()
    loaded = load_version(session, assignment)
    says = {
        "due_at": loaded.due,
        "late": loaded.policies.late,
        "counts": loaded.policies.attempts,
    }
    return frozenset(name for name, said in says.items() if said is not None)
