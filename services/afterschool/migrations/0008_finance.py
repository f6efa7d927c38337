"""Homework and finance: declared homework, reports on training institutions, waivers of fees, subsidy runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _homework()


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


def downgrade() -> None:
    for table in ("homework_report", "homework_day"):
        op.drop_table(table)
