"""Reported figures, and the numbers of past days."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reported_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("period_from", sa.Date()),
        sa.Column("note", sa.Text()),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("return_reason", sa.Text()),
        sa.CheckConstraint("value >= 0", name=op.f("ck_reported_figure_value_not_negative")),
        sa.CheckConstraint(
            "period_from IS NULL OR period_from <= as_of", name=op.f("ck_reported_figure_days_in_order")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> submitted_by", name=op.f("ck_reported_figure_decided_by_another")
        ),
        sa.CheckConstraint(
            "(state = 'submitted') = (decided_at IS NULL)", name=op.f("ck_reported_figure_decided_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_figure")),
    )
    op.create_index(
        "ix_reported_figure_approved",
        "reported_figure",
        ["indicator", "district", "as_of", "id"],
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_table(
        "scorecard_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True)),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column(
            "numbers",
            postgresql.JSONB(),
            nullable=False,
            comment="by code: numerator, denominator, rule version",
        ),
        sa.PrimaryKeyConstraint("day", "scope", name=op.f("pk_scorecard_day")),
    )
    op.create_index("ix_scorecard_day_scope_day", "scorecard_day", ["scope", "day"])


def downgrade() -> None:
    op.drop_table("scorecard_day")
    op.drop_table("reported_figure")
