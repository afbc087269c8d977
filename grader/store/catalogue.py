"""Courses and assignments, and registering what a folder of problems asks."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound, UsageError
from grader.store.blobs import keep_blob
from grader.store.schema import Assignment, Course, ProblemVersion
from grader.store.scores import refresh_all

if TYPE_CHECKING:
    from grader.spec.loaded import LoadedAssignment

LIBRARIES = ("numpy", "torch", "numba", "sympy", "mpmath")
"""What a number may depend on, beside the grader and Python."""
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip knows: the same files always make the same bytes."""


def add_course(
    session: Session, slug: str, title: str, folder: str = "", timezone: str = "UTC"
) -> Course:
    """Add a course.

    Errors   Conflict when there is one of that name; UsageError for a name that addresses can't
             hold, and for an unknown time zone.
    """
    if not _SLUG.fullmatch(slug):
        raise UsageError(
            f"'{slug[:80]}' is no course's name; letters, digits and - _ . as in dl-26"
        )
    if session.scalar(select(Course).where(Course.slug == slug)):
        raise Conflict(f"there is a course '{slug}' already")
    require_zone(timezone)
    course = Course(
        slug=slug,
        title=title,
        folder=folder,
        timezone=timezone,
        secret=secrets.token_hex(32),
    )
    session.add(course)
    session.flush()
    return course


def find_course(session: Session, slug: str) -> Course:
    """Errors   NotFound."""
    course = session.scalar(select(Course).where(Course.slug == slug))
    if course is None:
        raise NotFound(f"there is no course '{slug}'")
    return course


def find_assignment(session: Session, course: Course, slug: str) -> Assignment:
    """Errors   NotFound."""
    found = session.scalar(
        select(Assignment).where(Assignment.course_id == course.id, Assignment.slug == slug)
    )
    if found is None:
        raise NotFound(f"there is no assignment '{slug}' in {course.slug}")
    return found


def find_course_and_assignment(
    session: Session, course_slug: str, slug: str
) -> tuple[Course, Assignment | None]:
    """Both at once; None where the course has no such assignment.

    Errors   NotFound when there is no such course.
    """
    row = session.execute(_BOTH, {"course": course_slug, "assignment": slug}).first()
    if row is None:
        raise NotFound(f"there is no course '{course_slug}'")
    return row[0], row[1]


_BOTH = (
    select(Course, Assignment)
    .outerjoin(
        Assignment,
        and_(Assignment.course_id == Course.id, Assignment.slug == bindparam("assignment")),
    )
    .where(Course.slug == bindparam("course"))
)


def list_assignments(session: Session, course_id: int) -> list[Assignment]:
    """In the order that students see."""
    return list(
        session.scalars(
            select(Assignment)
            .where(Assignment.course_id == course_id)
            .order_by(Assignment.position, Assignment.slug)
        )
    )


def register_assignment(
    session: Session,
    course: Course,
    loaded: LoadedAssignment,
    root: Path,
    *,
    environment: Mapping[str, str] | None = None,
    make_current: bool = True,
    note: str = "",
) -> tuple[Assignment, ProblemVersion, bool]:
    """Note what an assignment asks now; whether that is new.

    A version is named by the bytes of its problems and references and by the versions of the
    libraries: whatever could change a verdict changes the name.
    """
    bundle = pack_bundle(root, loaded.id)
    environment = dict(environment or describe_environment())
    content_hash = _name_version(bundle, environment)
    assignment = session.scalar(
        select(Assignment).where(Assignment.course_id == course.id, Assignment.slug == loaded.id)
    )
    if assignment is None:
        position = session.scalar(select(func.count()).where(Assignment.course_id == course.id))
        assignment = Assignment(
            course_id=course.id, slug=loaded.id, title=loaded.title, position=position or 0
        )
        session.add(assignment)
        session.flush()
    version = session.scalar(
        select(ProblemVersion).where(
            ProblemVersion.assignment_id == assignment.id,
            ProblemVersion.content_hash == content_hash,
        )
    )
    is_new = version is None
    if version is None:
        version = ProblemVersion(
            assignment_id=assignment.id,
            content_hash=content_hash,
            bundle_sha=keep_blob(session, bundle),
            environment=environment,
            outline=outline_parts(loaded),
            note=note,
        )
        session.add(version)
        session.flush()
    if make_current or assignment.version_id is None:
        assignment.version_id = version.id
        assignment.title = loaded.title
        policies = loaded.policies
        before = (assignment.due_at, assignment.policies, assignment.counts)
        assignment.due_at = read_due(loaded.due, course.timezone) or assignment.due_at
        # Where the folder is silent, what staff set on a page stays.
        late = (assignment.policies or {}).get("late") if policies.late is None else None
        assignment.policies = policies.model_dump(mode="json")
        if late is not None:
            assignment.policies |= {"late": late}
        if policies.attempts:
            assignment.counts = policies.attempts.counts
        assignment.max_points = sum_points(version.outline)
        session.flush()
        if before != (assignment.due_at, assignment.policies, assignment.counts):
            refresh_all(session, assignment)
    return assignment, version, is_new


def outline_parts(loaded: LoadedAssignment) -> list[dict[str, Any]]:
    """Parts in order, with what marking and a gradebook need; nothing that answers them."""
    return [
        {
            "id": part_id,
            "problem": problem.id,
            "title": part.title,
            "kind": part.kind,
            "points": str(part.points),
            "rubric": [
                {"item": item.item, "points": str(item.points)}
                for item in getattr(part, "rubric", ())
            ],
        }
        for problem, part_id, part in loaded.parts()
    ]


def sum_points(outline: list[dict[str, Any]]) -> Any:
    """What all parts are worth, to a ten-thousandth."""
    from decimal import Decimal
    from fractions import Fraction

    units = sum(round(Fraction(part["points"]) * 10_000) for part in outline)
    return Decimal(units) / 10_000


def pack_bundle(root: Path, assignment_id: str) -> bytes:
    """`problems/<assignment>/` and `reference/<assignment>/` as a zip, always the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("problems", "reference"):
            folder = root / part / assignment_id
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                name = path.relative_to(root).as_posix()
                if path.is_file() and "__pycache__" not in name:
                    archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes())
    return content.getvalue()


def describe_environment() -> dict[str, str]:
    """Versions of what verdicts depend on, without importing any of it."""
    import sys
    from importlib.metadata import PackageNotFoundError, version

    from grader import __version__

    found = {"grader": __version__, "python": ".".join(map(str, sys.version_info[:2]))}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found


def read_due(due: str | None, timezone: str) -> dt.datetime | None:
    """A due date as the spec writes it: the end of a day where no time is given."""
    from grader.spec.dates import read_time

    return read_time(due, timezone).astimezone(dt.UTC) if due else None


def require_zone(name: str) -> None:
    """Errors   UsageError for what is no time zone."""
    from grader.spec.dates import find_timezone

    try:
        find_timezone(name)
    except ValueError:
        raise UsageError(f"no time zone '{name}'; write it as Europe/London") from None


def _name_version(bundle: bytes, environment: Mapping[str, str]) -> str:
    digest = hashlib.sha256(bundle)
    digest.update(json.dumps(dict(environment), sort_keys=True).encode())
    return digest.hexdigest()
