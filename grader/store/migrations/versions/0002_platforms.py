"""Learning platforms, and sign-ins that are under way elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grader.store.types import Document, Key, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "platform",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("client_id", sa.String(300), nullable=False),
        sa.Column("deployments", Document, nullable=False),
        sa.Column("login_url", sa.Text, nullable=False),
        sa.Column("token_url", sa.Text, nullable=False),
        sa.Column("keys_url", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_platform_issuer_client_id")),
    )
    op.create_table(
        "platform_context",
        sa.Column("id", Key, nullable=False),
        sa.Column("platform_id", Key, nullable=False),
        sa.Column("context", sa.String(300), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("course_id", Key, nullable=True),
        sa.Column("members_url", sa.Text, nullable=False),
        sa.Column("read_at", Moment, nullable=True),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_context")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_platform_context_platform_id_platform")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_platform_context_course_id_course")
        ),
        sa.UniqueConstraint(
            "platform_id", "context", name=op.f("uq_platform_context_platform_id_context")
        ),
    )
    op.create_index(op.f("ix_platform_context_course_id"), "platform_context", ["course_id"])
    op.create_table(
        "platform_link",
        sa.Column("id", Key, nullable=False),
        sa.Column("platform_id", Key, nullable=False),
        sa.Column("resource", sa.String(300), nullable=False),
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("scores_url", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_link")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_platform_link_platform_id_platform")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_platform_link_assignment_id_assignment"),
        ),
        sa.UniqueConstraint(
            "platform_id", "resource", name=op.f("uq_platform_link_platform_id_resource")
        ),
    )
    op.create_index(op.f("ix_platform_link_assignment_id"), "platform_link", ["assignment_id"])
    op.create_table(
        "pending_sign_in",
        sa.Column("state_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_pending_sign_in")),
    )
    op.create_table(
        "service_key",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("private", Document, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_service_key")),
    )


def downgrade() -> None:
    for table in (
        "service_key",
        "pending_sign_in",
        "platform_link",
        "platform_context",
        "platform",
    ):
        op.drop_table(table)
