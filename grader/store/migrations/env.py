"""What Alembic runs for each command: on the connection that it is given."""

from __future__ import annotations

from alembic import context

from grader.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes a table by writing it anew.
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
