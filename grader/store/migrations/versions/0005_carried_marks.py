"""Which submission a mark was given for, where the same answer was handed in again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grader.store.types import Key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rubric_mark", sa.Column("source_id", Key, nullable=True))


def downgrade() -> None:
    op.drop_column("rubric_mark", "source_id")
