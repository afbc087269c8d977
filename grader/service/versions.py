"""What an assignment asks, loaded from the version that its submissions are graded with."""

from __future__ import annotations

import io
import tempfile
import threading
import zipfile
from collections import OrderedDict
from pathlib import Path

from sqlalchemy.orm import Session

from grader.errors import NotFound
from grader.spec.loaded import LoadedAssignment
from grader.store.blobs import read_blob
from grader.store.schema import Assignment, ProblemVersion

KEPT = 64
"""Assignments loaded at once, some hundred KiB each."""
_kept: OrderedDict[str, LoadedAssignment] = OrderedDict()
_lock = threading.Lock()


def load_version(session: Session, assignment: Assignment) -> LoadedAssignment:
    """The assignment as it is graded now; loaded once a version.

    Errors   NotFound while nothing is registered.
    """
    version = session.get(ProblemVersion, assignment.version_id) if assignment.version_id else None
    if version is None:
        raise NotFound(f"{assignment.slug} has no problems yet")
    with _lock:
        if version.bundle_sha in _kept:
            _kept.move_to_end(version.bundle_sha)
            return _kept[version.bundle_sha]
    loaded = _load(read_blob(session, version.bundle_sha), assignment.slug)
    with _lock:
        _kept[version.bundle_sha] = loaded
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
