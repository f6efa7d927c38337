"""Homework and finance: declared homework, reports on training institutions, waivers of fees, subsidy runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.data.database import key_condition

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _homework()
    _fees()
    _subsidies()


def _homework() -> None:
    """What schools declare of a class for a day, and reports that training institutions set homework."""
    op.create_table(
        "homework_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("entries", postgresql.JSONB(), nullable=False),
        sa.Column("written_minutes", sa.Integer(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("written_minutes >= 0", name=op.f("ck_homework_day_written_minutes_not_negative")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_homework_day_class_id_school_class")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_homework_day_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_homework_day")),
        sa.UniqueConstraint("class_id", "on_day", name=op.f("uq_homework_day_class_id_on_day")),
    )
    op.create_index("ix_homework_day_on_day_class_id", "homework_day", ["on_day", "class_id"])
    op.create_index("ix_homework_day_school_id_id", "homework_day", ["school_id", "id"])
    op.create_table(
        "homework_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Uuid()),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["provider.institution_id"],
            name=op.f("fk_homework_report_institution_id_provider"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_homework_report_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_homework_report")),
        sa.UniqueConstraint(
            "institution_id",
            "on_day",
            "reported_by",
            name=op.f("uq_homework_report_institution_id_on_day_reported_by"),
        ),
    )
    op.create_index("ix_homework_report_reported_by_id", "homework_report", ["reported_by", "id"])


def _fees() -> None:
    """Waivers of fees for hardship, and what schools collected and refunded."""
    op.create_table(
        "fee_waiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_fee_waiver_days_not_empty")),
        sa.CheckConstraint("share_bp BETWEEN 1 AND 10000", name=op.f("ck_fee_waiver_share_of_the_whole")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_fee_waiver_student_id_student")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_fee_waiver_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_waiver")),
    )
    op.create_index("ix_fee_waiver_student_id_valid_from", "fee_waiver", ["student_id", "valid_from"])
    op.create_index("ix_fee_waiver_school_id_id", "fee_waiver", ["school_id", "id"])
    op.create_table(
        "fee_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_fee_entry_term_is_normal")),
        sa.CheckConstraint("fen > 0", name=op.f("ck_fee_entry_fen_positive")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_fee_entry_student_id_student")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_fee_entry_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_entry")),
    )
    op.create_index("ix_fee_entry_student_id_term", "fee_entry", ["student_id", "term"])


def _subsidies() -> None:
    """Runs, and their lines with everything they were computed from."""
    op.create_table(
        "subsidy_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("computed_by", sa.Text(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_at", sa.DateTime(timezone=True)),
        sa.Column("locked_by", sa.Text()),
        sa.Column("locked_at", sa.DateTime(timezone=True)),
        sa.Column("discarded_at", sa.DateTime(timezone=True)),
        sa.Column("discard_reason", sa.Text()),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_subsidy_run_term_is_normal")),
        sa.CheckConstraint(
            "(state = 'locked') = (locked_at IS NOT NULL)", name=op.f("ck_subsidy_run_locked_at_a_time")
        ),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR reviewed_by <> computed_by", name=op.f("ck_subsidy_run_reviewed_by_another")
        ),
        sa.CheckConstraint(
            "state NOT IN ('reviewed', 'locked') OR reviewed_by IS NOT NULL",
            name=op.f("ck_subsidy_run_reviewed_before_lock"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_run")),
    )
    op.create_index("ix_subsidy_run_term_id", "subsidy_run", ["term", "id"])
    op.create_index(
        "uq_subsidy_run_term_open",
        "subsidy_run",
        ["term"],
        unique=True,
        postgresql_where=sa.text("state IN ('computed', 'reviewed')"),
    )
    op.create_table(
        "subsidy_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("grade", sa.SmallInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("days", "sessions", "least_days", "least_minutes", "end_minute")
        ),
        sa.Column("year_amount", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Uuid(), nullable=name == "share_norm_id")
            for name in ("amount_norm_id", "days_norm_id", "minutes_norm_id", "end_norm_id", "share_norm_id")
        ),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("target", "posted", "posting")),
        sa.CheckConstraint("posting = target - posted", name=op.f("ck_subsidy_line_posts_what_is_due")),
        sa.ForeignKeyConstraint(["run_id"], ["subsidy_run.id"], name=op.f("fk_subsidy_line_run_id_subsidy_run")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_subsidy_line_class_id_school_class")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_subsidy_line_school_id_school")),
        *(
            sa.ForeignKeyConstraint([name], ["norm.id"], name=op.f(f"fk_subsidy_line_{name}_norm"))
            for name in ("amount_norm_id", "days_norm_id", "minutes_norm_id", "end_norm_id", "share_norm_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_line")),
        sa.UniqueConstraint("run_id", "class_id", "programme", name=op.f("uq_subsidy_line_run_id_class_id_programme")),
    )
    op.create_index("ix_subsidy_line_class_id_programme", "subsidy_line", ["class_id", "programme"])
    op.create_index("ix_subsidy_line_run_id_id", "subsidy_line", ["run_id", "id"])


def downgrade() -> None:
    for table in ("subsidy_line", "subsidy_run", "fee_entry", "fee_waiver", "homework_report", "homework_day"):
        op.drop_table(table)
