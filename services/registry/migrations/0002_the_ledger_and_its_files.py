"""the ledger and its files"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_entry",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_file_entry")),
    )
    op.create_index("ix_file_entry_institution_id_at", "file_entry", ["institution_id", "at"], unique=False)
    op.create_table(
        "institution",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("permit_no", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("profit", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("legal_representative", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_institution_both_coordinates_or_none")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
    )
    op.create_index("ix_institution_district_id", "institution", ["district", "id"])
    op.create_index("ix_institution_kind_id", "institution", ["kind", "id"])
    op.create_index("ix_institution_status_id", "institution", ["status", "id"])
    op.create_index("ix_institution_street_id", "institution", ["street", "id"])
    op.create_index(
        "uq_institution_external_ref",
        "institution",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_institution_uscc", "institution", ["uscc"], unique=True, postgresql_where=sa.text("uscc IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("uq_institution_uscc", table_name="institution", postgresql_where=sa.text("uscc IS NOT NULL"))
    op.drop_index(
        "uq_institution_external_ref", table_name="institution", postgresql_where=sa.text("external_ref IS NOT NULL")
    )
    op.drop_index("ix_institution_street_id", table_name="institution")
    op.drop_index("ix_institution_status_id", table_name="institution")
    op.drop_index("ix_institution_kind_id", table_name="institution")
    op.drop_index("ix_institution_district_id", table_name="institution")
    op.drop_table("institution")
    op.drop_index("ix_file_entry_institution_id_at", table_name="file_entry")
    op.drop_table("file_entry")
