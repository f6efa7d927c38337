"""The penalties: the file of each case. Documents are JSON; what is counted or searched for has a column."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "penalty_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("told_institution_id", sa.Uuid()),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text()),
        sa.Column("offence", sa.Text(), nullable=False),
        sa.Column("offence_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("acts_from", sa.Date(), nullable=False),
        sa.Column("acts_until", sa.Date(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("harmful", sa.Boolean(), nullable=False),
        sa.Column("gravity", sa.Text(), nullable=False),
        sa.Column("illegal_income_fen", sa.BigInteger(), nullable=False),
        sa.Column("aggravations", postgresql.JSONB(), nullable=False),
        sa.Column("officers", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("recused", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("investigators", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("inquiries", postgresql.JSONB(), nullable=False),
        sa.Column("exhibits", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("preserved_on", sa.Date()),
        sa.Column("settled_on", sa.Date()),
        sa.Column(
            "review",
            postgresql.JSONB(
                none_as_null=True,
            ),
        ),
        sa.Column(
            "notice",
            postgresql.JSONB(
                none_as_null=True,
            ),
        ),
        sa.Column("hearing_fen", sa.BigInteger()),
        sa.Column("superseded", postgresql.JSONB(), nullable=False),
        sa.Column("statements", postgresql.JSONB(), nullable=False),
        sa.Column("hearing_waived", sa.Boolean(), nullable=False),
        sa.Column("hearing_asked_on", sa.Date()),
        sa.Column("hearing_told_on", sa.Date()),
        sa.Column("hearing_on", sa.Date()),
        sa.Column(
            "hearing",
            postgresql.JSONB(
                none_as_null=True,
            ),
        ),
        sa.Column(
            "decision",
            postgresql.JSONB(
                none_as_null=True,
            ),
        ),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("owed_fen", sa.BigInteger(), nullable=False),
        sa.Column("fine_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_by", sa.Text()),
        sa.Column("extension_reason", sa.Text()),
        sa.Column("notified_on", sa.Date()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("served_on", sa.Date()),
        sa.Column("paid_on", sa.Date()),
        sa.Column("enforced_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
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
    op.drop_table("penalty_case")
