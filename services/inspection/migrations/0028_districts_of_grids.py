"""the district of a grid"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grid", sa.Column("district", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("grid", "district")
