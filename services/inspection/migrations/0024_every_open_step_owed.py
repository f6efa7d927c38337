"""targets, submissions and re-checks are owed"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ONCE = ["step", "subject_id", "due_on", "level", "role"]


def upgrade() -> None:
    op.execute(
        """
        INSERT INTO norm (id, version, name, valid_from, value, source, status)
        SELECT gen_random_uuid(), 0, name, '2021-07-24', value, '平台默认值，待市局确认', 'to_be_confirmed'
        FROM (VALUES ('submission', 1), ('recheck', 7)) AS owed (name, value)
        """
    )
    op.create_index("ix_recheck_open", "recheck", ["id"], postgresql_where=sa.text("state = 'open'"))
    op.create_index(
        "ix_visit_closed_doors",
        "visit",
        ["campaign_target_id"],
        postgresql_where=sa.text("outcome = 'closed_door' AND campaign_target_id IS NOT NULL"),
    )
    op.add_column(
        "escalation",
        sa.Column(
            "part",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="whose part of it, where it has parts",
        ),
    )
    op.drop_constraint("uq_escalation_once", "escalation", type_="unique")
    op.create_unique_constraint("uq_escalation_once", "escalation", [*ONCE[:2], "part", *ONCE[2:]])


def downgrade() -> None:
    op.execute("DELETE FROM escalation WHERE step IN ('target', 'submission', 'recheck')")
    op.drop_constraint("uq_escalation_once", "escalation", type_="unique")
    op.create_unique_constraint("uq_escalation_once", "escalation", ONCE)
    op.drop_column("escalation", "part")
    op.drop_index("ix_visit_closed_doors", table_name="visit")
    op.drop_index("ix_recheck_open", table_name="recheck")
    op.execute("DELETE FROM norm WHERE name IN ('submission', 'recheck')")
