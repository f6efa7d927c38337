"""violations that were reported by mistake"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("violation", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.add_column("violation", sa.Column("withdrawal_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("violation", "withdrawal_reason")
    op.drop_column("violation", "withdrawn_by")
