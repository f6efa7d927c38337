"""closed doors end a target by their days"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "campaign_target",
        sa.Column(
            "shut_on",
            sa.ARRAY(sa.Date()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="the day of each closed door",
        ),
    )
    op.execute(
        """
        UPDATE campaign_target SET shut_on = tried.days
        FROM (
            SELECT campaign_target_id AS id, array_agg(visited_on ORDER BY visited_on) AS days FROM visit
            WHERE outcome = 'closed_door' AND visited_on IS NOT NULL AND campaign_target_id IS NOT NULL
            GROUP BY campaign_target_id
        ) AS tried
        WHERE campaign_target.id = tried.id AND campaign_target.attempts > 0
        """
    )


def downgrade() -> None:
    op.drop_column("campaign_target", "shut_on")
