"""institutions that a draw leaves out"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("draw", sa.Column("exclusions", json, server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    op.drop_column("draw", "exclusions")
