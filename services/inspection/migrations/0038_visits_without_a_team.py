"""Planned visits without a team are found by an index."""

from alembic import op
from sqlalchemy import text

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_visit_unassigned", "visit", ["id"], postgresql_where=text("state = 'planned' AND team IS NULL"))


def downgrade() -> None:
    op.drop_index("ix_visit_unassigned", table_name="visit")
