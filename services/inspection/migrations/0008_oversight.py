"""The oversight: rounds of re-checks, and the re-check of each visit drawn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recheck_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("by_team", sa.Text()),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("population", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("drawn_total", sa.Integer(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recheck_round")),
    )
    op.create_index("ix_recheck_round_district_id", "recheck_round", ["district", "id"])
    op.create_table(
        "recheck",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("team", sa.Text(), nullable=False, comment="team that made the visit"),
        sa.Column("by_team", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("outcome_before", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("agrees", sa.Boolean()),
        sa.Column("outcome_found", sa.Text()),
        sa.Column("missed", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rechecked_by", sa.Text()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'done') = (agrees IS NOT NULL)", name=op.f("ck_recheck_done_with_a_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recheck")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_recheck_visit_id")),
    )
    op.create_index("ix_recheck_open", "recheck", ["id"], postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_recheck_round_id_id", "recheck", ["round_id", "id"])
    op.create_index("ix_recheck_team_state_id", "recheck", ["team", "state", "id"])


def downgrade() -> None:
    for table in ("recheck", "recheck_round"):
        op.drop_table(table)
