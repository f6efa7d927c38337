"""penalty cases, and the calendar by which days are counted"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "known_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_known_year")),
    )
    op.create_table(
        "known_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_known_day")),
    )
    op.create_index("ix_known_day_year", "known_day", ["year"])
    op.create_table(
        "penalty_case",
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("told_institution_id", sa.Uuid(), nullable=True),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=True),
        sa.Column("offence", sa.Text(), nullable=False),
        sa.Column("offence_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("acts_from", sa.Date(), nullable=False),
        sa.Column("acts_until", sa.Date(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("harmful", sa.Boolean(), nullable=False),
        sa.Column("gravity", sa.Text(), nullable=False),
        sa.Column("illegal_income_fen", sa.BigInteger(), nullable=False),
        sa.Column("officers", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("recused", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("inquiries", JSONB, nullable=False),
        sa.Column("exhibits", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("preserved_on", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("review", JSONB, nullable=True),
        sa.Column("notice", JSONB, nullable=True),
        sa.Column("statements", JSONB, nullable=False),
        sa.Column("hearing_waived", sa.Boolean(), nullable=False),
        sa.Column("hearing_asked_on", sa.Date(), nullable=True),
        sa.Column("hearing_told_on", sa.Date(), nullable=True),
        sa.Column("hearing_on", sa.Date(), nullable=True),
        sa.Column("hearing", JSONB, nullable=True),
        sa.Column("decision", JSONB, nullable=True),
        sa.Column("answers", JSONB, nullable=False),
        sa.Column("owed_fen", sa.BigInteger(), nullable=False),
        sa.Column("fine_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_by", sa.Text(), nullable=True),
        sa.Column("extension_reason", sa.Text(), nullable=True),
        sa.Column("notified_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("enforced_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("acts_from <= acts_until", name=op.f("ck_penalty_case_days_in_order")),
        sa.CheckConstraint(
            "institution_id IS NOT NULL OR party_name IS NOT NULL", name=op.f("ck_penalty_case_somebody_is_the_party")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalty_case")),
    )
    op.create_index("ix_penalty_case_district_id", "penalty_case", ["district", "id"])
    op.create_index("ix_penalty_case_institution_id_id", "penalty_case", ["institution_id", "id"])
    op.create_index("ix_penalty_case_state_id", "penalty_case", ["state", "id"])
    op.create_index(
        "uq_penalty_case_violation_id",
        "penalty_case",
        ["violation_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_penalty_case_violation_id", table_name="penalty_case", postgresql_where=sa.text("state <> 'withdrawn'")
    )
    op.drop_index("ix_penalty_case_state_id", table_name="penalty_case")
    op.drop_index("ix_penalty_case_institution_id_id", table_name="penalty_case")
    op.drop_index("ix_penalty_case_district_id", table_name="penalty_case")
    op.drop_table("penalty_case")
    op.drop_index("ix_known_day_year", table_name="known_day")
    op.drop_table("known_day")
    op.drop_table("known_year")
