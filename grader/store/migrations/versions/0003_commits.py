"""Repositories of students, and the commits that are handed in from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grader.store.types import Document, Key, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "student_repository",
        sa.Column("id", Key, nullable=False),
        sa.Column("course_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=True),
        sa.Column("assignment", sa.String(64), nullable=False),
        sa.Column("folder", sa.String(200), nullable=False),
        sa.Column("branch", sa.String(200), nullable=False),
        sa.Column("actors", Document, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_repository")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_student_repository_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_student_repository_user_id_user_account"),
        ),
        sa.UniqueConstraint("name", name=op.f("uq_student_repository_name")),
        sa.UniqueConstraint("number", name=op.f("uq_student_repository_number")),
    )
    op.create_index(op.f("ix_student_repository_course_id"), "student_repository", ["course_id"])
    op.create_index(op.f("ix_student_repository_user_id"), "student_repository", ["user_id"])
    op.create_table(
        "signed_message",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_signed_message")),
    )
    op.create_table(
        "handed_in_commit",
        sa.Column("id", Key, nullable=False),
        sa.Column("repository_id", Key, nullable=False),
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("ref", sa.String(300), nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("installation", sa.BigInteger, nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", Moment, nullable=True),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed_in_commit")),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["student_repository.id"],
            name=op.f("fk_handed_in_commit_repository_id_student_repository"),
        ),
        sa.CheckConstraint(
            "state in ('waiting','taken','refused','superseded')",
            name=op.f("ck_handed_in_commit_state"),
        ),
    )
    op.create_index(
        op.f("ix_handed_in_commit_repository_id"), "handed_in_commit", ["repository_id"]
    )
    op.create_index(op.f("ix_handed_in_commit_state"), "handed_in_commit", ["state"])
    op.create_table(
        "commit_result",
        sa.Column("id", Key, nullable=False),
        sa.Column("commit_id", Key, nullable=False),
        sa.Column("assignment", sa.String(64), nullable=False),
        sa.Column("folder", sa.String(200), nullable=False),
        sa.Column("submission_id", Key, nullable=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("check_run", sa.BigInteger, nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", Moment, nullable=True),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commit_result")),
        sa.ForeignKeyConstraint(
            ["commit_id"],
            ["handed_in_commit.id"],
            name=op.f("fk_commit_result_commit_id_handed_in_commit"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_commit_result_submission_id_submission"),
        ),
        sa.UniqueConstraint(
            "commit_id", "assignment", name=op.f("uq_commit_result_commit_id_assignment")
        ),
        sa.CheckConstraint(
            "state in ('waiting','told','kept','given-up')", name=op.f("ck_commit_result_state")
        ),
    )
    op.create_index(op.f("ix_commit_result_submission_id"), "commit_result", ["submission_id"])
    op.create_index(op.f("ix_commit_result_state"), "commit_result", ["state"])


def downgrade() -> None:
    for table in ("commit_result", "handed_in_commit", "signed_message", "student_repository"):
        op.drop_table(table)
