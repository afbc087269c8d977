"""Tables for signing in elsewhere: learning platforms, and sign-ins that are under way."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grader.store.types import Base, Document, Key, now


class Platform(Base):
    """A learning platform that this service is registered with, by LTI 1.3."""

    __tablename__ = "platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(String(300))
    client_id: Mapped[str] = mapped_column(String(300))
    deployments: Mapped[list[str]] = mapped_column(Document)
    """Which deployments may launch."""
    login_url: Mapped[str] = mapped_column(Text)
    token_url: Mapped[str] = mapped_column(Text)
    keys_url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class PlatformContext(Base):
    """A platform's course, and which of ours it is."""

    __tablename__ = "platform_context"
    __table_args__ = (UniqueConstraint("platform_id", "context"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    context: Mapped[str] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(String(300), default="")
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"), index=True)
    """None until an operator has said which."""
    members_url: Mapped[str] = mapped_column(Text, default="")
    """Where its roster is read; empty where the platform gives none."""
    read_at: Mapped[dt.datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")


class PlatformLink(Base):
    """A link in a platform's course to one of our assignments, and where its scores go."""

    __tablename__ = "platform_link"
    __table_args__ = (UniqueConstraint("platform_id", "resource"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    resource: Mapped[str] = mapped_column(String(300))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    scores_url: Mapped[str] = mapped_column(Text, default="")
    """The line item; empty where the platform takes no scores."""


class PendingSignIn(Base):
    """A sign-in under way elsewhere, or a ticket that leads back from there; used once."""

    __tablename__ = "pending_sign_in"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    """`oidc`, `lti`, `ticket`, `deep-link`."""
    browser_hash: Mapped[str] = mapped_column(String(64), default="")
    """Of the cookie in the browser that began it."""
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    expires_at: Mapped[dt.datetime]


class ServiceKey(Base):
    """The key that this service signs with towards platforms."""

    __tablename__ = "service_key"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    private: Mapped[dict[str, Any]] = mapped_column(Document)
    """A JSON Web Key."""
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
