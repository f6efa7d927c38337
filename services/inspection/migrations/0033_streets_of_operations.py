"""an operation from a phone lies in the street of what it changed"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    said = "of what it changed, as soon as that is known"
    op.add_column("sync_operation", sa.Column("street", sa.Text(), nullable=True, comment=said))
    op.execute("UPDATE sync_operation SET street = visit.street FROM visit WHERE visit.id = sync_operation.entity_id")


def downgrade() -> None:
    op.drop_column("sync_operation", "street")
