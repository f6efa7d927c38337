"""The overview of the ledger: doubts about its entries that an official dismissed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quality_dismissal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("dismissed_by", sa.Text(), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_dismissal")),
        sa.UniqueConstraint(
            "code",
            "institution_id",
            "other_id",
            name=op.f("uq_quality_dismissal_code_institution_id_other_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_quality_dismissal_institution_id", "quality_dismissal", ["institution_id"])


def downgrade() -> None:
    op.drop_table("quality_dismissal")
