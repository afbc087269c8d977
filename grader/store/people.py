"""Tables of people: who they are, how they sign in, and their role in a course."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grader.store.types import Base, Document, Key, now


class Role(StrEnum):
    """What somebody is in one course."""

    STUDENT = "student"
    GRADER = "grader"
    INSTRUCTOR = "instructor"
    OPERATOR = "operator"


class User(Base):
    """A person. Nothing here is shown to other students."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    """In lower case; also the name to sign in with."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """Argon2id; None where the person signs in elsewhere."""
    is_operator: Mapped[bool] = mapped_column(default=False)
    """Runs this service: an operator in every course."""
    timezone: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    disabled_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]


class Identity(Base):
    """One way to be recognised as a person: an OIDC or LTI issuer's subject."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class Enrolment(Base):
    """A person's role in a course."""

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("role in ('student','grader','instructor','operator')", name="role"),
    )

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16))
    section: Mapped[str] = mapped_column(String(80), default="")
    external_id: Mapped[str] = mapped_column(String(120), default="")
    """What the learning platform calls the person."""
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    left_at: Mapped[dt.datetime | None]


class SignIn(Base):
    """A browser's session; the cookie's secret is kept as a digest only."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    expires_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    how: Mapped[str] = mapped_column(String(300), default="local")
    """`local`, or the issuer."""
    browser: Mapped[str] = mapped_column(Text, default="")


class ApiToken(Base):
    """A token for a program; its secret is kept as a digest only."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    """Where it holds; None for all of the person's courses."""
    label: Mapped[str] = mapped_column(String(120), default="")
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(Document)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    expires_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
