"""the permit's number of an institution, by which complaints are matched, too"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("target", sa.Column("permit_no", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("target", "permit_no")
