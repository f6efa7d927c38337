"""what left a team's grids is told to its phones"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "target",
        sa.Column(
            "left_grids",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="where it stood before: phones there are told that it left",
        ),
    )
    op.create_index(
        "ix_target_left_grids",
        "target",
        ["left_grids"],
        postgresql_using="gin",
        postgresql_where=sa.text("left_grids <> '{}'"),
    )


def downgrade() -> None:
    op.drop_index("ix_target_left_grids", table_name="target")
    op.drop_column("target", "left_grids")
