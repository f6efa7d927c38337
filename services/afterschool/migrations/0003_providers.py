"""Providers: copies of the registry's institutions and permits."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("merged_into", sa.Uuid()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_provider")),
    )
    op.create_index("ix_provider_district_institution_id", "provider", ["district", "institution_id"])
    op.create_index(
        "ix_provider_merged_into", "provider", ["merged_into"], postgresql_where=sa.text("merged_into IS NOT NULL")
    )
    op.create_table(
        "provider_permit",
        sa.Column("permit_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("suspended_from", sa.Date()),
        sa.Column("suspended_until", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("ending", sa.Text()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("permit_id", name=op.f("pk_provider_permit")),
    )
    op.create_index("ix_provider_permit_institution_id", "provider_permit", ["institution_id"])


def downgrade() -> None:
    for table in ("provider_permit", "provider"):
        op.drop_table(table)
