"""Tables of courses: assignments, and the versions of their problems."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grader.store.types import Base, Document, Key, now


class Blob(Base):
    """Bytes by their SHA-256, compressed. In the database, so that one backup holds all."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class Course(Base):
    """A course, and the folder with its problems on the machine that registers them."""

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    folder: Mapped[str] = mapped_column(Text, default="")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    share: Mapped[int] = mapped_column(default=1)
    """How many waiting runs weigh as one: a course with share 4 gets four times the slots."""
    secret: Mapped[str] = mapped_column(String(64))
    """Seeds the hidden inputs."""
    keep_days: Mapped[int | None]
    """After this many days submissions may be removed; None keeps them."""
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    archived_at: Mapped[dt.datetime | None]


class Assignment(Base):
    """An assignment of a course; what it asks is in its current problem version."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("course_id", "slug"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    slug: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[dt.datetime | None]
    due_at: Mapped[dt.datetime | None]
    closes_at: Mapped[dt.datetime | None]
    """Nothing is taken after this; None takes late work without end."""
    counts: Mapped[str] = mapped_column(String(8), default="last")
    """Which submission counts: `last` or `best`."""
    policies: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    """Late work, attempts, dropped problems: `grader.spec.models.Policies`."""
    queue: Mapped[str] = mapped_column(String(32), default="cpu")
    """The resource it needs: cpu, gpu, gpu-h200."""
    per_hour: Mapped[int | None]
    """Submissions a student may hand in within an hour; None is the service's limit."""
    is_visible: Mapped[bool] = mapped_column(default=True)
    max_points: Mapped[Decimal] = mapped_column(default=Decimal(0))
    version_id: Mapped[int | None] = mapped_column(Key)
    """What new submissions are graded with. No foreign key: versions point here already."""
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class ProblemVersion(Base):
    """What an assignment asked at one time, by content: spec, reference, checks, environment."""

    __tablename__ = "problem_version"
    __table_args__ = (UniqueConstraint("assignment_id", "content_hash"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    content_hash: Mapped[str] = mapped_column(String(64))
    bundle_sha: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), index=True)
    """A zip of problems/<assignment>/ and reference/<assignment>/."""
    environment: Mapped[dict[str, str]] = mapped_column(Document)
    outline: Mapped[list[dict[str, Any]]] = mapped_column(Document)
    """Parts in order: id, title, kind, points, rubric. For staff: prompts are read elsewhere."""
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    note: Mapped[str] = mapped_column(Text, default="")
