"""members carry marks: what else holds of them, whoever said it"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BEFORE = ["generation", "noun", "state", "kind", "district", "street", "grid", "school", "campaign", "month"]


def upgrade() -> None:
    op.add_column("cell", sa.Column("marks", sa.Text(), server_default="", nullable=False))
    op.drop_constraint("uq_cell_dimensions", "cell")
    op.create_unique_constraint("uq_cell_dimensions", "cell", [*_BEFORE, "marks"])
    op.alter_column("cell", "marks", server_default=None)


def downgrade() -> None:
    op.drop_constraint("uq_cell_dimensions", "cell")
    op.create_unique_constraint("uq_cell_dimensions", "cell", _BEFORE)
    op.drop_column("cell", "marks")
