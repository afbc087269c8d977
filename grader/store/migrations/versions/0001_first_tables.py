"""The tables of a first service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grader.store.types import Document, Key, Moment, Points

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", Key, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("thing", sa.String(length=120), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entry_hash")),
    )
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "course",
        sa.Column("id", Key, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("slug", name=op.f("uq_course_slug")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_operator", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("disabled_at", Moment(), nullable=True),
        sa.Column("erased_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("queues", Document, nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("heartbeat_at", Moment(), nullable=False),
        sa.Column("stopped_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("course_id", Key, nullable=True),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_api_token_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_api_token_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_token_prefix")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", Key, nullable=False),
        sa.Column("course_id", Key, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("opens_at", Moment(), nullable=True),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("closes_at", Moment(), nullable=True),
        sa.Column("counts", sa.String(length=8), nullable=False),
        sa.Column("policies", Document, nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("is_visible", sa.Boolean(), nullable=False),
        sa.Column("max_points", Points(), nullable=False),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_assignment_course_id_course")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("course_id", "slug", name=op.f("uq_assignment_course_id_slug")),
    )
    op.create_table(
        "enrolment",
        sa.Column("course_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("section", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("left_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "role in ('student','grader','instructor','operator')", name=op.f("ck_enrolment_role")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_enrolment_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_enrolment_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("course_id", "user_id", name=op.f("pk_enrolment")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_user_id"), ["user_id"], unique=False)

    op.create_table(
        "identity",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_identity_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("how", sa.String(length=300), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_sign_in_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_in_secret_hash")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_user_id"), ["user_id"], unique=False)

    op.create_table(
        "upload_chunk",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_upload_chunk_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "sha256", "start", name=op.f("pk_upload_chunk")),
    )
    op.create_table(
        "extension",
        sa.Column("id", Key, nullable=False),
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", Key, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_extension_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_extension_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_extension_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
    )
    with op.batch_alter_table("extension", schema=None) as batch_op:
        batch_op.create_index(
            "ix_extension_assignment_id", ["assignment_id", "user_id"], unique=False
        )

    op.create_table(
        "passback",
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("score", Points(), nullable=True),
        sa.Column("max_score", Points(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sent_version", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Moment(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_passback_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_passback_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_passback")),
    )
    op.create_table(
        "problem_version",
        sa.Column("id", Key, nullable=False),
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("bundle_sha", sa.String(length=64), nullable=False),
        sa.Column("environment", Document, nullable=False),
        sa.Column("outline", Document, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_problem_version_assignment_id_assignment"),
        ),
        sa.ForeignKeyConstraint(
            ["bundle_sha"], ["blob.sha256"], name=op.f("fk_problem_version_bundle_sha_blob")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_version")),
        sa.UniqueConstraint(
            "assignment_id",
            "content_hash",
            name=op.f("uq_problem_version_assignment_id_content_hash"),
        ),
    )
    op.create_table(
        "score_override",
        sa.Column("id", Key, nullable=False),
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("points", Points(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", Key, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "kind in ('set','add','excuse','withdraw')", name=op.f("ck_score_override_kind")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_score_override_assignment_id_assignment"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["user_account.id"],
            name=op.f("fk_score_override_author_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_score_override_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_override")),
    )
    with op.batch_alter_table("score_override", schema=None) as batch_op:
        batch_op.create_index(
            "ix_score_override_assignment_id", ["assignment_id", "user_id"], unique=False
        )

    op.create_table(
        "submission",
        sa.Column("id", Key, nullable=False),
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.Column("archive_sha", sa.String(length=64), nullable=True),
        sa.Column("archive_name", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("manifest", Document, nullable=False),
        sa.Column("is_practice", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_sha"], ["blob.sha256"], name=op.f("fk_submission_archive_sha_blob")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_submission_assignment_id_assignment"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_submission_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint(
            "assignment_id",
            "user_id",
            "ordinal",
            name=op.f("uq_submission_assignment_id_user_id_ordinal"),
        ),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index("ix_submission_content_hash", ["content_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_user_id"), ["user_id"], unique=False)

    op.create_table(
        "regrade",
        sa.Column("id", Key, nullable=False),
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("version_id", Key, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("never_lowers", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", Key, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("published_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "state in ('dry-run','applied','published','abandoned')", name=op.f("ck_regrade_state")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_regrade_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_regrade_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["problem_version.id"],
            name=op.f("fk_regrade_version_id_problem_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade")),
    )
    with op.batch_alter_table("regrade", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_regrade_assignment_id"), ["assignment_id"], unique=False
        )

    op.create_table(
        "rubric_mark",
        sa.Column("id", Key, nullable=False),
        sa.Column("submission_id", Key, nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("points", Points(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", Key, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_rubric_mark_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_rubric_mark_submission_id_submission"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubric_mark")),
    )
    with op.batch_alter_table("rubric_mark", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rubric_mark_submission_id", ["submission_id", "part", "item"], unique=False
        )

    op.create_table(
        "standing",
        sa.Column("assignment_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("score", Points(), nullable=False),
        sa.Column("max_score", Points(), nullable=False),
        sa.Column("open_points", Points(), nullable=False),
        sa.Column("submission_id", Key, nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("is_adjusted", sa.Boolean(), nullable=False),
        sa.Column("computed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_standing_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_standing_submission_id_submission")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_standing_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_standing")),
    )
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_standing_user_id"), ["user_id"], unique=False)

    op.create_table(
        "grading_run",
        sa.Column("id", Key, nullable=False),
        sa.Column("submission_id", Key, nullable=False),
        sa.Column("version_id", Key, nullable=False),
        sa.Column("course_id", Key, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("regrade_id", Key, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(length=36), nullable=True),
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("heartbeat_at", Moment(), nullable=True),
        sa.Column("queued_at", Moment(), nullable=False),
        sa.Column("started_at", Moment(), nullable=True),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("cancel_asked_at", Moment(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("score", Points(), nullable=True),
        sa.Column("max_score", Points(), nullable=True),
        sa.Column("open_points", Points(), nullable=True),
        sa.Column("isolation", sa.String(length=16), nullable=False),
        sa.Column("environment", Document, nullable=False),
        sa.Column("student_report_sha", sa.String(length=64), nullable=True),
        sa.Column("staff_report_sha", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "state in ('queued','running','done','cancelled','superseded','quarantined')",
            name=op.f("ck_grading_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_grading_run_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["regrade_id"], ["regrade.id"], name=op.f("fk_grading_run_regrade_id_regrade")
        ),
        sa.ForeignKeyConstraint(
            ["staff_report_sha"], ["blob.sha256"], name=op.f("fk_grading_run_staff_report_sha_blob")
        ),
        sa.ForeignKeyConstraint(
            ["student_report_sha"],
            ["blob.sha256"],
            name=op.f("fk_grading_run_student_report_sha_blob"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_grading_run_submission_id_submission"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["problem_version.id"],
            name=op.f("fk_grading_run_version_id_problem_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_run")),
        sa.UniqueConstraint(
            "submission_id",
            "version_id",
            "purpose",
            "generation",
            name=op.f("uq_grading_run_submission_id_version_id_purpose_generation"),
        ),
    )
    with op.batch_alter_table("grading_run", schema=None) as batch_op:
        batch_op.create_index("ix_grading_run_course_waiting", ["course_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_grading_run_regrade_id"), ["regrade_id"], unique=False)
        batch_op.create_index("ix_grading_run_state", ["state", "heartbeat_at"], unique=False)
        batch_op.create_index("ix_grading_run_submission_id", ["submission_id"], unique=False)
        batch_op.create_index(
            "ix_grading_run_waiting",
            ["queue", sa.text("priority DESC"), "id"],
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )

    op.create_table(
        "check_outcome",
        sa.Column("run_id", Key, nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("score", Points(), nullable=False),
        sa.Column("max_score", Points(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("mistake", sa.Text(), nullable=False),
        sa.Column("elapsed_ms", sa.Double(), nullable=True),
        sa.Column("memory_mib", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["grading_run.id"],
            name=op.f("fk_check_outcome_run_id_grading_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "part", "position", name=op.f("pk_check_outcome")),
    )
    op.create_table(
        "part_outcome",
        sa.Column("run_id", Key, nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("score", Points(), nullable=False),
        sa.Column("max_score", Points(), nullable=False),
        sa.Column("open_points", Points(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["grading_run.id"],
            name=op.f("fk_part_outcome_run_id_grading_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "part", name=op.f("pk_part_outcome")),
    )
    op.create_table(
        "run_event",
        sa.Column("id", Key, nullable=False),
        sa.Column("run_id", Key, nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["grading_run.id"],
            name=op.f("fk_run_event_run_id_grading_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_event")),
    )
    with op.batch_alter_table("run_event", schema=None) as batch_op:
        batch_op.create_index("ix_run_event_run_id", ["run_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("run_event", schema=None) as batch_op:
        batch_op.drop_index("ix_run_event_run_id")

    op.drop_table("run_event")
    op.drop_table("part_outcome")
    op.drop_table("check_outcome")
    with op.batch_alter_table("grading_run", schema=None) as batch_op:
        batch_op.drop_index("ix_grading_run_submission_id")
        batch_op.drop_index("ix_grading_run_state")
        batch_op.drop_index(batch_op.f("ix_grading_run_regrade_id"))
        batch_op.drop_index("ix_grading_run_course_waiting")
        batch_op.drop_index("ix_grading_run_waiting")

    op.drop_table("grading_run")
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_standing_user_id"))

    op.drop_table("standing")
    with op.batch_alter_table("rubric_mark", schema=None) as batch_op:
        batch_op.drop_index("ix_rubric_mark_submission_id")

    op.drop_table("rubric_mark")
    with op.batch_alter_table("regrade", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_regrade_assignment_id"))

    op.drop_table("regrade")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_user_id"))
        batch_op.drop_index("ix_submission_content_hash")

    op.drop_table("submission")
    with op.batch_alter_table("score_override", schema=None) as batch_op:
        batch_op.drop_index("ix_score_override_assignment_id")

    op.drop_table("score_override")
    op.drop_table("problem_version")
    op.drop_table("passback")
    with op.batch_alter_table("extension", schema=None) as batch_op:
        batch_op.drop_index("ix_extension_assignment_id")

    op.drop_table("extension")
    op.drop_table("upload_chunk")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_user_id"))

    op.drop_table("sign_in")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_user_id"))

    op.drop_table("identity")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_user_id"))

    op.drop_table("enrolment")
    op.drop_table("assignment")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    op.drop_table("worker")
    op.drop_table("user_account")
    op.drop_table("course")
    op.drop_table("blob")
    op.drop_table("audit_entry")
