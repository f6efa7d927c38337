"""grids and targets"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grid_set",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_set")),
        sa.UniqueConstraint("number", name=op.f("uq_grid_set_number")),
    )
    op.create_table(
        "target",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("blind_spot", sa.Text(), nullable=True),
        sa.Column("last_visited_on", sa.Date(), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_target")),
    )
    op.create_index(
        "ix_target_blind_spot",
        "target",
        ["blind_spot", "institution_id"],
        unique=False,
        postgresql_where=sa.text("blind_spot IS NOT NULL"),
    )
    op.create_index("ix_target_grid", "target", ["grid"], unique=False)
    op.create_index("ix_target_last_visited_on", "target", ["last_visited_on", "institution_id"], unique=False)
    op.create_index(
        "uq_target_external_ref",
        "target",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_table(
        "grid",
        sa.Column("grid_set_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("geometry", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("area_km2", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["grid_set_id"], ["grid_set.id"], name=op.f("fk_grid_grid_set_id_grid_set")),
        sa.PrimaryKeyConstraint("grid_set_id", "code", name=op.f("pk_grid")),
    )


def downgrade() -> None:
    op.drop_table("grid")
    op.drop_index("uq_target_external_ref", table_name="target", postgresql_where=sa.text("external_ref IS NOT NULL"))
    op.drop_index("ix_target_last_visited_on", table_name="target")
    op.drop_index("ix_target_grid", table_name="target")
    op.drop_index("ix_target_blind_spot", table_name="target", postgresql_where=sa.text("blind_spot IS NOT NULL"))
    op.drop_table("target")
    op.drop_table("grid_set")
