"""The norm that was breached, beside the article of the penalty."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("penalty_proposal", sa.Column("breached", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("penalty_proposal", "breached")
