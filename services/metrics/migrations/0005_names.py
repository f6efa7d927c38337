"""Names of what is counted, and the grids of each set."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "named",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.PrimaryKeyConstraint("code", "kind", name=op.f("pk_named")),
    )
    op.create_table(
        "map_grid",
        sa.Column("grid_set_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("polygon", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("grid_set_id", "code", name=op.f("pk_map_grid")),
    )
    op.create_table(
        "withdrawn_grids",
        sa.Column("grid_set_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("grid_set_id", name=op.f("pk_withdrawn_grids")),
    )


def downgrade() -> None:
    for table in ("withdrawn_grids", "map_grid", "named"):
        op.drop_table(table)
