"""Indexes to find who names a blob: a database looks there for each that is removed."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = (
    ("submission", "archive_sha"),
    ("problem_version", "bundle_sha"),
    ("grading_run", "student_report_sha"),
    ("grading_run", "staff_report_sha"),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, column in COLUMNS:
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
