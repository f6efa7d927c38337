"""permits know whether they were decided on here"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    decided_at = sa.Column(
        "decided_at", sa.DateTime(timezone=True), nullable=True, comment="of the last decision here, but for its end"
    )
    op.add_column("permit", decided_at)
    op.execute(
        """
        UPDATE permit SET decided_at = told.at FROM (
            SELECT key, max(at) AS at FROM journal
            WHERE type IN (
                'registry.permit.renewed.v1', 'registry.permit.suspended.v1', 'registry.permit.reinstated.v1'
            )
            GROUP BY key
        ) AS told WHERE told.key = permit.id
        """
    )


def downgrade() -> None:
    op.drop_column("permit", "decided_at")
