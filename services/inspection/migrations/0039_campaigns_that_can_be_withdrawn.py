"""campaigns can be withdrawn before they begin"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

CHECK = "ck_campaign_withdrawn_for_a_reason"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("campaign", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.add_column("campaign", sa.Column("withdrawal_reason", sa.Text(), nullable=True))
    op.create_check_constraint(op.f(CHECK), "campaign", "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)")


def downgrade() -> None:
    # The version of the program before knows no withdrawn campaign: it would be a draft or open again.
    op.execute("DELETE FROM campaign_target WHERE state = 'withdrawn'")
    op.execute(
        "DELETE FROM campaign_tally WHERE campaign_id IN (SELECT id FROM campaign WHERE withdrawn_at IS NOT NULL)"
    )
    op.execute("DELETE FROM campaign WHERE withdrawn_at IS NOT NULL")
    op.drop_constraint(op.f(CHECK), "campaign", type_="check")
    for column in ("withdrawal_reason", "withdrawn_by", "withdrawn_at"):
        op.drop_column("campaign", column)
