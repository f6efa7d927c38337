"""violations keep when they were rectified"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("violation", sa.Column("rectified_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        UPDATE violation SET rectified_at = (
            SELECT max((journal.payload ->> 'at')::timestamptz) FROM journal
            WHERE journal.key = violation.id AND journal.type = 'inspection.violation.rectified.v1'
        )
        WHERE statement IS NOT NULL
        """
    )


def downgrade() -> None:
    op.drop_column("violation", "rectified_at")
