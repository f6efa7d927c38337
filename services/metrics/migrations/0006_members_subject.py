"""The subject of a counted thing."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("member", sa.Column("about", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("member", "about")
