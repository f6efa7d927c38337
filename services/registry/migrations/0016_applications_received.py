"""When an application was received, what was told late, and what was left untold."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("application", sa.Column("received_on", sa.Date(), nullable=True))
    op.add_column("application", sa.Column("told_late", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("application", sa.Column("untold", sa.ARRAY(sa.Text()), nullable=True))
    op.execute("UPDATE application SET received_on = submitted_on")


def downgrade() -> None:
    for column in ("untold", "told_late", "received_on"):
        op.drop_column("application", column)
