"""grid sets that begin on a day to come, and what became of old codes"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grid_set", sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE grid_set SET activated_at = imported_at")
    op.create_table(
        "grid_succession",
        sa.Column("grid_set_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("successor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["grid_set_id"], ["grid_set.id"], name=op.f("fk_grid_succession_grid_set_id_grid_set")),
        sa.PrimaryKeyConstraint("grid_set_id", "code", "successor", name=op.f("pk_grid_succession")),
    )
    op.create_index("ix_grid_succession_code", "grid_succession", ["code"])


def downgrade() -> None:
    op.drop_index("ix_grid_succession_code", table_name="grid_succession")
    op.drop_table("grid_succession")
    op.drop_column("grid_set", "activated_at")
