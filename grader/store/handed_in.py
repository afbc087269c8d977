"""Tables of submissions and of what grading them gave."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from grader.store.types import Base, Document, Key, now


class RunState(StrEnum):
    """Where a grading is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """The student handed in again before it began."""
    QUARANTINED = "quarantined"
    """Whoever graded it died three times: ours, and for a person to look at."""

    @property
    def is_open(self) -> bool:
        """Whether something will still happen to it by itself."""
        return self in (RunState.QUEUED, RunState.RUNNING)


class Purpose(StrEnum):
    """Why something is graded; the more urgent first."""

    INTERACTIVE = "interactive"
    PRACTICE = "practice"
    REGRADE = "regrade"


class Submission(Base):
    """What a student handed in at one moment; never changed."""

    __tablename__ = "submission"
    __table_args__ = (
        # Two posts of the same files at the same time compute the same ordinal: one wins.
        UniqueConstraint("assignment_id", "user_id", "ordinal"),
        Index("ix_submission_content_hash", "content_hash"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    ordinal: Mapped[int]
    """1 for the student's first."""
    content_hash: Mapped[str] = mapped_column(String(80))
    """As in the report: over the names and bytes of the files that count."""
    archive_sha: Mapped[str | None] = mapped_column(ForeignKey("blob.sha256"), index=True)
    """None once retention has removed the files."""
    archive_name: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    """The folder's or file's own name, for people."""
    manifest: Mapped[list[dict[str, Any]]] = mapped_column(Document)
    """Files that count: name, sha256, size."""
    is_practice: Mapped[bool] = mapped_column(default=False)
    """Graded, and never counted."""
    source: Mapped[str] = mapped_column(String(16), default="api")
    received_at: Mapped[dt.datetime] = mapped_column(default=now)


class UploadChunk(Base):
    """A piece of an upload under way, so that a broken connection goes on where it was."""

    __tablename__ = "upload_chunk"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class GradingRun(Base):
    """One grading of one submission. The row is the intent; an engine only delivers it."""

    __tablename__ = "grading_run"
    __table_args__ = (
        UniqueConstraint("submission_id", "version_id", "purpose", "generation"),
        CheckConstraint(
            "state in ('queued','running','done','cancelled','superseded','quarantined')",
            name="state",
        ),
        # The queue itself: short, whatever the history.
        Index(
            "ix_grading_run_waiting",
            "queue",
            text("priority DESC"),
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_grading_run_course_waiting", "course_id", "state"),
        Index("ix_grading_run_submission_id", "submission_id"),
        Index("ix_grading_run_state", "state", "heartbeat_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("problem_version.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    """Also in the assignment; here for counting who waits."""
    purpose: Mapped[str] = mapped_column(String(16))
    generation: Mapped[int] = mapped_column(default=0)
    """Rises when a person asks for another try."""
    regrade_id: Mapped[int | None] = mapped_column(ForeignKey("regrade.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default=RunState.QUEUED)
    queue: Mapped[str] = mapped_column(String(32))
    priority: Mapped[int]
    starts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)
    """How often whoever graded it ended without a word."""
    lease_token: Mapped[str | None] = mapped_column(String(36))
    """Held by whoever grades it now: a result under another token is not taken."""
    worker: Mapped[str] = mapped_column(String(120), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    heartbeat_at: Mapped[dt.datetime | None]
    queued_at: Mapped[dt.datetime] = mapped_column(default=now)
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    cancel_asked_at: Mapped[dt.datetime | None]
    fault: Mapped[str] = mapped_column(Text, default="")
    """For staff: what went wrong on our side."""
    score: Mapped[Decimal | None]
    max_score: Mapped[Decimal | None]
    open_points: Mapped[Decimal | None]
    isolation: Mapped[str] = mapped_column(String(16), default="")
    environment: Mapped[dict[str, str]] = mapped_column(Document, default=dict)
    student_report_sha: Mapped[str | None] = mapped_column(ForeignKey("blob.sha256"), index=True)
    staff_report_sha: Mapped[str | None] = mapped_column(ForeignKey("blob.sha256"), index=True)


class RunEvent(Base):
    """What a run under way has come to; removed once it is done, as the report has it all."""

    __tablename__ = "run_event"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("grading_run.id", ondelete="CASCADE"))
    starts: Mapped[int]
    """Which try it belongs to: a second try tells its story anew."""
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    """For students: a part as their report will show it."""

    __table_args__ = (Index("ix_run_event_run_id", "run_id", "id"),)


class PartOutcome(Base):
    """One part of one run."""

    __tablename__ = "part_outcome"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("grading_run.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(16))
    score: Mapped[Decimal]
    max_score: Mapped[Decimal]
    open_points: Mapped[Decimal]


class CheckOutcome(Base):
    """One check of one run."""

    __tablename__ = "check_outcome"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("grading_run.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(16))
    score: Mapped[Decimal]
    max_score: Mapped[Decimal]
    hidden: Mapped[bool]
    mistake: Mapped[str] = mapped_column(Text, default="")
    elapsed_ms: Mapped[float | None]
    memory_mib: Mapped[float | None]


class Worker(Base):
    """A process that grades: an embedded engine's, or a host's."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    host: Mapped[str] = mapped_column(String(200))
    queues: Mapped[list[str]] = mapped_column(Document)
    slots: Mapped[int]
    started_at: Mapped[dt.datetime] = mapped_column(default=now)
    heartbeat_at: Mapped[dt.datetime] = mapped_column(default=now)
    stopped_at: Mapped[dt.datetime | None]
