"""Tables of what people decide: marks, overrides, extensions, regrades; and the audit trail.

Rows are added and never changed: a later row takes an earlier one's place, both stay.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from grader.store.types import Base, Document, Key, now


class RubricMark(Base):
    """Points that a person gave for one part, or one item of its rubric; the latest counts."""

    __tablename__ = "rubric_mark"
    __table_args__ = (Index("ix_rubric_mark_submission_id", "submission_id", "part", "item"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    part: Mapped[str] = mapped_column(String(80))
    item: Mapped[str] = mapped_column(String(200), default="")
    """The rubric's item; empty for the part as a whole."""
    points: Mapped[Decimal | None]
    """None takes the mark back."""
    comment: Mapped[str] = mapped_column(Text, default="")
    """For the student."""
    reason: Mapped[str] = mapped_column(Text, default="")
    """For staff."""
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    source_id: Mapped[int | None] = mapped_column(Key)
    """The submission that was marked, where this one has the same answer: a number, no link."""
    at: Mapped[dt.datetime] = mapped_column(default=now)


class ScoreOverride(Base):
    """A person's word over the grader's; the latest for a part, or for the whole, counts."""

    __tablename__ = "score_override"
    __table_args__ = (
        CheckConstraint("kind in ('set','add','excuse','withdraw')", name="kind"),
        Index("ix_score_override_assignment_id", "assignment_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    part: Mapped[str] = mapped_column(String(80), default="")
    """Empty for the assignment as a whole."""
    kind: Mapped[str] = mapped_column(String(12))
    points: Mapped[Decimal | None]
    reason: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[dt.datetime] = mapped_column(default=now)


class Extension(Base):
    """More time for one student; the latest counts."""

    __tablename__ = "extension"
    __table_args__ = (Index("ix_extension_assignment_id", "assignment_id", "user_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    due_at: Mapped[dt.datetime | None]
    """None takes the extension back."""
    reason: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[dt.datetime] = mapped_column(default=now)


class Regrade(Base):
    """Grading submissions again with another version; counts for nobody until published."""

    __tablename__ = "regrade"
    __table_args__ = (
        CheckConstraint("state in ('dry-run','applied','published','abandoned')", name="state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("problem_version.id"))
    state: Mapped[str] = mapped_column(String(16), default="dry-run")
    never_lowers: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    published_at: Mapped[dt.datetime | None]


class Standing(Base):
    """A student's score as it was last computed: a copy that may be made anew at any time."""

    __tablename__ = "standing"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id"), primary_key=True, index=True
    )
    state: Mapped[str] = mapped_column(String(16))
    """`graded`, `pending`, `excused`."""
    score: Mapped[Decimal]
    max_score: Mapped[Decimal]
    open_points: Mapped[Decimal]
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))
    is_late: Mapped[bool] = mapped_column(default=False)
    is_adjusted: Mapped[bool] = mapped_column(default=False)
    """A person's mark or override, or a policy, is in it."""
    computed_at: Mapped[dt.datetime] = mapped_column(default=now)


class Passback(Base):
    """A score on its way to a learning platform: one row a student, the newest score wins."""

    __tablename__ = "passback"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    score: Mapped[Decimal | None]
    max_score: Mapped[Decimal | None]
    version: Mapped[int] = mapped_column(default=1)
    sent_version: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[dt.datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[dt.datetime] = mapped_column(default=now)


class AuditEntry(Base):
    """Who did what; each entry holds the digest of the one before."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=now)
    actor_id: Mapped[int | None]
    """A number and no link: an erased person's entries stay."""
    action: Mapped[str] = mapped_column(String(60))
    thing: Mapped[str] = mapped_column(String(120))
    """What it was done to: `submission 12`."""
    detail: Mapped[dict[str, Any]] = mapped_column(Document)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
