"""Tables for work that comes from a code host: whose repository, which commits, what is told."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grader.store.types import Base, Document, Key, now


class CommitState(StrEnum):
    """Where a commit that was handed in is."""

    WAITING = "waiting"
    TAKEN = "taken"
    """Its files are submissions."""
    REFUSED = "refused"
    """It could not be had from the host, however often it was asked."""
    SUPERSEDED = "superseded"
    """A later commit of the same repository came before this one was fetched."""


class ResultState(StrEnum):
    """Whether the host was told what came of a commit."""

    WAITING = "waiting"
    TOLD = "told"
    KEPT = "kept"
    """The host takes nothing from this service; whoever handed in reads it here."""
    GIVEN_UP = "given-up"


class StudentRepository(Base):
    """A repository on a code host, and whose work its commits are."""

    __tablename__ = "student_repository"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    """`owner/name`, in lower case."""
    number: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """The host's own, kept from the first signed message: a name may pass to another."""
    assignment: Mapped[str] = mapped_column(String(64), default="")
    """Which one the repository is; empty where each has a folder of its name."""
    folder: Mapped[str] = mapped_column(String(200), default="")
    """Where the work lies; empty for the root."""
    branch: Mapped[str] = mapped_column(String(200), default="")
    """Whose commits count; empty for the host's default branch."""
    actors: Mapped[list[str]] = mapped_column(Document, default=list)
    """Logins whose pushes count, in lower case; empty for whoever may push."""
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class SignedMessage(Base):
    """A message that was believed once; the same is not believed again."""

    __tablename__ = "signed_message"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    received_at: Mapped[dt.datetime] = mapped_column(default=now)
    expires_at: Mapped[dt.datetime | None]
    """When its own time is over; None for a signature that is good for ever."""


class HandedInCommit(Base):
    """A commit that a signed message told of."""

    __tablename__ = "handed_in_commit"
    __table_args__ = (
        CheckConstraint("state in ('waiting','taken','refused','superseded')", name="state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("student_repository.id"), index=True)
    sha: Mapped[str] = mapped_column(String(64))
    ref: Mapped[str] = mapped_column(String(300), default="")
    event: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(200))
    """The repository it is fetched from and told in: for a pull request that which it goes to."""
    installation: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12), default=CommitState.WAITING, index=True)
    received_at: Mapped[dt.datetime] = mapped_column(default=now)
    """When this service heard of it: that counts for lateness, whatever the commit says."""
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[dt.datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")


class CommitResult(Base):
    """What came of a commit in one assignment, and whether the host was told."""

    __tablename__ = "commit_result"
    __table_args__ = (
        UniqueConstraint("commit_id", "assignment"),
        CheckConstraint("state in ('waiting','told','kept','given-up')", name="state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    commit_id: Mapped[int] = mapped_column(ForeignKey("handed_in_commit.id"))
    assignment: Mapped[str] = mapped_column(String(64))
    folder: Mapped[str] = mapped_column(String(200), default="")
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), index=True)
    words: Mapped[str] = mapped_column(Text, default="")
    """Why there is no submission."""
    state: Mapped[str] = mapped_column(String(12), default=ResultState.WAITING, index=True)
    check_run: Mapped[int | None] = mapped_column(BigInteger)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[dt.datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
