"""cleanings of evidence are counted, and stall where they fail for no fault of the file"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    begun = "cleanings begun since it was received"
    failed = "what of ours failed last; it says nothing about the file"
    op.add_column("evidence", sa.Column("tries", sa.Integer(), server_default="0", nullable=False, comment=begun))
    op.add_column("evidence", sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("evidence", sa.Column("fault", sa.Text(), nullable=True, comment=failed))
    since = "since when a person must look"
    op.add_column("evidence", sa.Column("stalled_at", sa.DateTime(timezone=True), nullable=True, comment=since))
    op.create_index("ix_evidence_stalled", "evidence", ["id"], postgresql_where=sa.text("stalled_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_evidence_stalled", table_name="evidence")
    for column in ("stalled_at", "fault", "next_try_at", "tries"):
        op.drop_column("evidence", column)
