"""what penalty decisions ask of the registry, and where each case stands"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "penalty_proposal",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("grounds", sa.Text(), nullable=True),
        sa.Column("permit_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'received') = (decided_at IS NULL)", name=op.f("ck_penalty_proposal_decided_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalty_proposal")),
        sa.UniqueConstraint("case_id", "kind", name="uq_penalty_proposal_case_id_kind"),
    )
    op.create_index("ix_penalty_proposal_institution_id_id", "penalty_proposal", ["institution_id", "id"])
    op.create_index("ix_penalty_proposal_state_id", "penalty_proposal", ["state", "id"])
    op.create_table(
        "case_standing",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_standing")),
    )
    op.create_index(
        "ix_case_standing_open", "case_standing", ["institution_id"], postgresql_where=sa.text("state = 'served'")
    )


def downgrade() -> None:
    op.drop_index("ix_case_standing_open", table_name="case_standing", postgresql_where=sa.text("state = 'served'"))
    op.drop_table("case_standing")
    op.drop_index("ix_penalty_proposal_state_id", table_name="penalty_proposal")
    op.drop_index("ix_penalty_proposal_institution_id_id", table_name="penalty_proposal")
    op.drop_table("penalty_proposal")
