"""a person's operations, whichever phone he sends them with"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

HELD = sa.text("verdict = 'held'")


def upgrade() -> None:
    op.drop_index("ix_sync_operation_held", table_name="sync_operation")
    op.drop_index("ix_sync_operation_device_id_changed_in_id", table_name="sync_operation")
    op.create_index("ix_sync_operation_held", "sync_operation", ["subject", "id"], postgresql_where=HELD)
    op.create_index("ix_sync_operation_subject_changed_in_id", "sync_operation", ["subject", "changed_in", "id"])


def downgrade() -> None:
    op.drop_index("ix_sync_operation_subject_changed_in_id", table_name="sync_operation")
    op.drop_index("ix_sync_operation_held", table_name="sync_operation")
    op.create_index("ix_sync_operation_device_id_changed_in_id", "sync_operation", ["device_id", "changed_in", "id"])
    op.create_index("ix_sync_operation_held", "sync_operation", ["device_id", "id"], postgresql_where=HELD)
