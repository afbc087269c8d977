"""What an operator may set of a course, from anywhere but its folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from grader.store import audit
from grader.store.catalogue import require_zone
from grader.store.schema import Course
from grader.store.types import now


def read_course_settings(course: Course) -> dict[str, Any]:
    """Each setting by its name."""
    return {
        "title": course.title,
        "timezone": course.timezone,
        "share": course.share,
        "keep_days": course.keep_days,
        "is_archived": course.archived_at is not None,
    }


def configure_course(
    session: Session, course: Course, changes: Mapping[str, Any], *, author_id: int | None
) -> None:
    """Change settings, and note who did.

    Errors   UsageError for an unknown time zone.
    """
    for name, value in changes.items():
        if name == "timezone":
            require_zone(value)
        if name == "is_archived":
            course.archived_at = (course.archived_at or now()) if value else None
        else:
            setattr(course, name, value)
    session.flush()
    audit.note(session, author_id, "set course", f"course {course.id}", **changes)
