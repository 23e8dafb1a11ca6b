"""The first schema: people, submissions, results, written answers, policy, requests, publication, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HISTORY = (
    "audit_events",
    "submissions",
    "stray_intakes",
    "grader_versions",
    "grader_tests",
    "results",
    "outcomes",
    "outcome_texts",
    "grading_faults",
    "written_answers",
    "written_scores",
    "written_score_items",
    "written_score_comments",
    "overrides",
    "extensions",
    "late_days",
    "regrade_messages",
    "publications",
    "published_grades",
)
"""Tables that only grow. The database itself holds this: a bug in a service, or a tool at the prompt, cannot
rewrite what was handed in, what was graded, or who changed what."""


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION tito_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in HISTORY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION tito_refuse_change()"
            )
        return
    for table in HISTORY:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _allow_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in HISTORY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute("DROP FUNCTION tito_refuse_change()")
        return
    for table in HISTORY:
        for event in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER {table}_no_{event.lower()}")


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_checkpoints_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoints")),
        sa.UniqueConstraint("slug", name=op.f("uq_checkpoints_slug")),
    )
    op.create_table(
        "sections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sections")),
        sa.UniqueConstraint("name", name=op.f("uq_sections_name")),
    )
    op.create_table(
        "stray_intakes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claimed_student", sa.String(length=200), nullable=False),
        sa.Column("claimed_checkpoint", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_intakes")),
        sa.UniqueConstraint(
            "claimed_student",
            "claimed_checkpoint",
            "digest",
            name=op.f("uq_stray_intakes_claimed_student_claimed_checkpoint_digest"),
        ),
    )
    op.create_table(
        "grader_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_grader_versions_checkpoint_checkpoints")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grader_versions")),
        sa.UniqueConstraint("checkpoint", "digest", name=op.f("uq_grader_versions_checkpoint_digest")),
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("publish", "roll back", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("never_lowers", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "(kind = 'roll back') = (undoes IS NOT NULL)", name=op.f("ck_publications_undoes_if_roll_back")
        ),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_publications_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(["undoes"], ["publications.id"], name=op.f("fk_publications_undoes_publications")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sa.UniqueConstraint("undoes", name=op.f("uq_publications_undoes")),
    )
    op.create_index("ix_publications_checkpoint", "publications", ["checkpoint"], unique=False)
    op.create_table(
        "students",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.String(length=64), nullable=False),
        sa.Column("folded_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("section_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("student_id <> ''", name=op.f("ck_students_has_id")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_students_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students")),
        sa.UniqueConstraint("folded_id", name=op.f("uq_students_folded_id")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_students_pseudonym")),
        sa.UniqueConstraint("student_id", name=op.f("uq_students_student_id")),
    )
    op.create_index(op.f("ix_students_section_id"), "students", ["section_id"], unique=False)
    op.create_table(
        "written_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(length=64), nullable=False),
        sa.Column("grade_id", sa.String(length=100), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("possible", sa.BigInteger(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.CheckConstraint("possible >= 0", name=op.f("ck_written_questions_possible_not_negative")),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_written_questions_checkpoint_checkpoints")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_questions")),
        sa.UniqueConstraint(
            "checkpoint", "module", "grade_id", name=op.f("uq_written_questions_checkpoint_module_grade_id")
        ),
    )
    op.create_table(
        "current_graders",
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grader_version_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_current_graders_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(
            ["grader_version_id"],
            ["grader_versions.id"],
            name=op.f("fk_current_graders_grader_version_id_grader_versions"),
        ),
        sa.PrimaryKeyConstraint("checkpoint", name=op.f("pk_current_graders")),
    )
    op.create_table(
        "extensions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_extensions_has_reason")),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_extensions_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_extensions_student_id_students")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
    )
    op.create_index("ix_extensions_student_id_checkpoint", "extensions", ["student_id", "checkpoint"], unique=False)
    op.create_table(
        "grader_tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("grader_version_id", sa.Integer(), nullable=False),
        sa.Column("test", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("cell", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["grader_version_id"],
            ["grader_versions.id"],
            name=op.f("fk_grader_tests_grader_version_id_grader_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grader_tests")),
        sa.UniqueConstraint(
            "grader_version_id",
            "test",
            "title",
            "public",
            "cell",
            name=op.f("uq_grader_tests_grader_version_id_test_title_public_cell"),
        ),
    )
    op.create_table(
        "late_days",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_late_days_has_reason")),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_late_days_student_id_students")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_days")),
    )
    op.create_index("ix_late_days_student_id", "late_days", ["student_id"], unique=False)
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_overrides_has_reason")),
        sa.CheckConstraint("score >= 0", name=op.f("ck_overrides_score_not_negative")),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_overrides_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_overrides_student_id_students")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index("ix_overrides_student_id_checkpoint", "overrides", ["student_id", "checkpoint"], unique=False)
    op.create_table(
        "rubric_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("lowest", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["written_questions.id"], name=op.f("fk_rubric_items_question_id_written_questions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubric_items")),
        sa.UniqueConstraint("question_id", "label", name=op.f("uq_rubric_items_question_id_label")),
    )
    op.create_table(
        "saved_comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["written_questions.id"], name=op.f("fk_saved_comments_question_id_written_questions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_comments")),
    )
    op.create_index(op.f("ix_saved_comments_question_id"), "saved_comments", ["question_id"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column(
            "status",
            sa.Enum("accepted", "rejected", name="status", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_seconds", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(status = 'accepted') = (attempt IS NOT NULL)", name=op.f("ck_submissions_attempt_if_accepted")
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_submissions_attempt_from_one")),
        sa.CheckConstraint("late_seconds >= 0", name=op.f("ck_submissions_late_not_negative")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_submissions_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_submissions_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_submissions_student_id_students")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint(
            "student_id", "checkpoint", "attempt", name=op.f("uq_submissions_student_id_checkpoint_attempt")
        ),
        sa.UniqueConstraint(
            "student_id",
            "checkpoint",
            "digest",
            "idempotency_key",
            name=op.f("uq_submissions_student_id_checkpoint_digest_idempotency_key"),
        ),
    )
    op.create_index("ix_submissions_checkpoint_status", "submissions", ["checkpoint", "status"], unique=False)
    op.create_index("ix_submissions_received_at", "submissions", ["received_at"], unique=False)
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("checkpoint", sa.Integer(), nullable=True),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_audit_events_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_audit_events_student_id_students")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_audit_events_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_action", "audit_events", ["action", "id"], unique=False)
    op.create_index("ix_audit_events_checkpoint", "audit_events", ["checkpoint", "id"], unique=False)
    op.create_index("ix_audit_events_student_id", "audit_events", ["student_id", "id"], unique=False)
    op.create_table(
        "grading_claims",
        sa.Column("submission_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grader_version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["grader_version_id"],
            ["grader_versions.id"],
            name=op.f("fk_grading_claims_grader_version_id_grader_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_grading_claims_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", "grader_version_id", name=op.f("pk_grading_claims")),
    )
    op.create_table(
        "grading_faults",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("grader_version_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grader_version_id"],
            ["grader_versions.id"],
            name=op.f("fk_grading_faults_grader_version_id_grader_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_grading_faults_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_faults")),
    )
    op.create_index(
        "ix_grading_faults_submission_id", "grading_faults", ["submission_id", "grader_version_id"], unique=False
    )
    op.create_table(
        "regrade_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "changed",
                "declined",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=100), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "(status = 'open') = (decided_at IS NULL)", name=op.f("ck_regrade_requests_decided_if_not_open")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_regrade_requests_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade_requests")),
    )
    op.create_index("ix_regrade_requests_status", "regrade_requests", ["status"], unique=False)
    op.create_index(
        "uq_regrade_requests_open",
        "regrade_requests",
        ["submission_id", "about"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("grader_version_id", sa.Integer(), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("possible", sa.BigInteger(), nullable=False),
        sa.Column(
            "counts",
            sa.Enum("isolated", "cumulative", name="counts", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.Column("tier", sa.String(length=32), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("graded_by", sa.String(length=100), nullable=False),
        sa.CheckConstraint("earned >= 0 AND earned <= possible", name=op.f("ck_results_earned_within")),
        sa.ForeignKeyConstraint(
            ["grader_version_id"], ["grader_versions.id"], name=op.f("fk_results_grader_version_id_grader_versions")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_results_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint(
            "submission_id", "grader_version_id", name=op.f("uq_results_submission_id_grader_version_id")
        ),
    )
    op.create_index("ix_results_grader_version_id", "results", ["grader_version_id"], unique=False)
    op.create_table(
        "written_answers",
        sa.Column("submission_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("question_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["written_questions.id"], name=op.f("fk_written_answers_question_id_written_questions")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_written_answers_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", "question_id", name=op.f("pk_written_answers")),
    )
    op.create_index(op.f("ix_written_answers_question_id"), "written_answers", ["question_id"], unique=False)
    op.create_table(
        "written_claims",
        sa.Column("submission_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("question_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["written_questions.id"], name=op.f("fk_written_claims_question_id_written_questions")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_written_claims_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", "question_id", name=op.f("pk_written_claims")),
    )
    op.create_table(
        "written_scores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column(
            "reading",
            sa.Enum("counted", "second", name="reading", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("carried_from", sa.Integer(), nullable=True),
        sa.Column("graded_by", sa.String(length=100), nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("earned >= 0", name=op.f("ck_written_scores_earned_not_negative")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_written_scores_revision_from_one")),
        sa.ForeignKeyConstraint(
            ["carried_from"], ["written_scores.id"], name=op.f("fk_written_scores_carried_from_written_scores")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["written_questions.id"], name=op.f("fk_written_scores_question_id_written_questions")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_written_scores_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_scores")),
        sa.UniqueConstraint(
            "submission_id",
            "question_id",
            "reading",
            "revision",
            name=op.f("uq_written_scores_submission_id_question_id_reading_revision"),
        ),
    )
    op.create_index("ix_written_scores_question_id", "written_scores", ["question_id"], unique=False)
    op.create_table(
        "outcome_texts",
        sa.Column("result_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_outcome_texts_result_id_results")),
        sa.PrimaryKeyConstraint("result_id", "position", name=op.f("pk_outcome_texts")),
    )
    op.create_table(
        "outcomes",
        sa.Column("result_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grader_test_id", sa.Integer(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum("isolated", "cumulative", name="mode", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "verdict",
            sa.Enum(
                "passed",
                "failed",
                "raised",
                "timed out",
                "out of memory",
                "output limit",
                "crashed",
                "protocol violation",
                "missing",
                "platform fault",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("possible", sa.BigInteger(), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("inherited_from", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.CheckConstraint("earned >= 0 AND earned <= possible", name=op.f("ck_outcomes_earned_within")),
        sa.ForeignKeyConstraint(
            ["grader_test_id"], ["grader_tests.id"], name=op.f("fk_outcomes_grader_test_id_grader_tests")
        ),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_outcomes_result_id_results")),
        sa.PrimaryKeyConstraint("result_id", "position", name=op.f("pk_outcomes")),
    )
    op.create_index("ix_outcomes_grader_test_id", "outcomes", ["grader_test_id", "mode", "verdict"], unique=False)
    op.create_table(
        "published_grades",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("result_id", sa.Integer(), nullable=True),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("possible", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.String(length=100), nullable=False),
        sa.Column("pending", sa.String(length=100), nullable=False),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_published_grades_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_published_grades_publication_id_publications")
        ),
        sa.ForeignKeyConstraint(
            ["replaces"], ["published_grades.id"], name=op.f("fk_published_grades_replaces_published_grades")
        ),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_published_grades_result_id_results")),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_published_grades_student_id_students")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_published_grades_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_grades")),
        sa.UniqueConstraint("publication_id", "student_id", name=op.f("uq_published_grades_publication_id_student_id")),
    )
    op.create_index("ix_published_grades_student_id", "published_grades", ["student_id", "checkpoint"], unique=False)
    op.create_table(
        "regrade_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_regrade_messages_has_text")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["regrade_requests.id"], name=op.f("fk_regrade_messages_request_id_regrade_requests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade_messages")),
    )
    op.create_index("ix_regrade_messages_request_id", "regrade_messages", ["request_id"], unique=False)
    op.create_table(
        "written_score_comments",
        sa.Column("score_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("saved_comment_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_comment_id"],
            ["saved_comments.id"],
            name=op.f("fk_written_score_comments_saved_comment_id_saved_comments"),
        ),
        sa.ForeignKeyConstraint(
            ["score_id"], ["written_scores.id"], name=op.f("fk_written_score_comments_score_id_written_scores")
        ),
        sa.PrimaryKeyConstraint("score_id", "saved_comment_id", name=op.f("pk_written_score_comments")),
    )
    op.create_table(
        "written_score_items",
        sa.Column("score_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rubric_item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["rubric_item_id"], ["rubric_items.id"], name=op.f("fk_written_score_items_rubric_item_id_rubric_items")
        ),
        sa.ForeignKeyConstraint(
            ["score_id"], ["written_scores.id"], name=op.f("fk_written_score_items_score_id_written_scores")
        ),
        sa.PrimaryKeyConstraint("score_id", "rubric_item_id", name=op.f("pk_written_score_items")),
    )
    op.create_table(
        "published",
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grade_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoints.number"], name=op.f("fk_published_checkpoint_checkpoints")
        ),
        sa.ForeignKeyConstraint(
            ["grade_id"], ["published_grades.id"], name=op.f("fk_published_grade_id_published_grades")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_published_student_id_students")),
        sa.PrimaryKeyConstraint("student_id", "checkpoint", name=op.f("pk_published")),
        sa.UniqueConstraint("grade_id", name=op.f("uq_published_grade_id")),
    )
    _refuse_changes()


def downgrade() -> None:
    _allow_changes()
    op.drop_table("published")
    op.drop_table("written_score_items")
    op.drop_table("written_score_comments")
    op.drop_table("regrade_messages")
    op.drop_table("published_grades")
    op.drop_table("outcomes")
    op.drop_table("outcome_texts")
    op.drop_table("written_scores")
    op.drop_table("written_claims")
    op.drop_table("written_answers")
    op.drop_table("results")
    op.drop_table("regrade_requests")
    op.drop_table("grading_faults")
    op.drop_table("grading_claims")
    op.drop_table("audit_events")
    op.drop_table("submissions")
    op.drop_table("saved_comments")
    op.drop_table("rubric_items")
    op.drop_table("overrides")
    op.drop_table("late_days")
    op.drop_table("grader_tests")
    op.drop_table("extensions")
    op.drop_table("current_graders")
    op.drop_table("written_questions")
    op.drop_table("students")
    op.drop_table("publications")
    op.drop_table("grader_versions")
    op.drop_table("stray_intakes")
    op.drop_table("sections")
    op.drop_table("checkpoints")
