"""announced evidence is owed, and so is the decision of a conflict"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        INSERT INTO norm (id, version, name, valid_from, value, source, status)
        SELECT gen_random_uuid(), 0, name, '2021-07-24', 3, '平台默认值，待市局确认', 'to_be_confirmed'
        FROM unnest(ARRAY['evidence', 'sync_decision']) AS name
        """
    )
    op.create_index(
        "ix_evidence_announced", "evidence", ["announced_at"], postgresql_where=sa.text("state = 'announced'")
    )
    op.create_index(
        "ix_sync_operation_undecided",
        "sync_operation",
        ["received_at"],
        postgresql_where=sa.text("verdict IN ('held', 'hard_conflict') AND resolved_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_sync_operation_undecided", table_name="sync_operation")
    op.drop_index("ix_evidence_announced", table_name="evidence")
    op.execute("DELETE FROM norm WHERE name IN ('evidence', 'sync_decision')")
