"""The English name of a grid."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grid", sa.Column("name_en", sa.Text()))


def downgrade() -> None:
    op.drop_column("grid", "name_en")
