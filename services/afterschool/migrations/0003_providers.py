"""institutions and permits, copied from the registry"""

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
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_provider")),
    )
    op.create_index("ix_provider_district_institution_id", "provider", ["district", "institution_id"], unique=False)
    op.create_index(
        "ix_provider_merged_into",
        "provider",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
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
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("suspended_from", sa.Date(), nullable=True),
        sa.Column("suspended_until", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("permit_id", name=op.f("pk_provider_permit")),
    )
    op.create_index("ix_provider_permit_institution_id", "provider_permit", ["institution_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_provider_permit_institution_id", table_name="provider_permit")
    op.drop_table("provider_permit")
    op.drop_index("ix_provider_merged_into", table_name="provider", postgresql_where=sa.text("merged_into IS NOT NULL"))
    op.drop_index("ix_provider_district_institution_id", table_name="provider")
    op.drop_table("provider")
