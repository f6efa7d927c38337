"""The sync with phones: operations sent by phones with their verdicts, and elements that were no operations.

A trigger notes in which transaction a row that phones follow was last changed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FOLLOWED = ("target", "campaign_target", "visit", "violation", "sync_operation")
NOTE_CHANGE = """
    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.changed_in := pg_current_xact_id()::text::bigint; RETURN NEW; END $$
"""


def upgrade() -> None:
    op.create_table(
        "sync_operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("team", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text(), comment="street of the changed entity; null until it is known"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("base_version", sa.BigInteger()),
        sa.Column("after", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skew_seconds", sa.Float(), nullable=False, comment="seconds added to the phone's time"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("entity_version", sa.BigInteger()),
        sa.Column("theirs", postgresql.JSONB()),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolution", sa.Text()),
        sa.Column("resolution_reason", sa.Text()),
        sa.Column("resolved_by", sa.Text()),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "(resolution IS NULL) = (resolved_at IS NULL)", name=op.f("ck_sync_operation_resolved_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_operation")),
    )
    op.create_index(
        "ix_sync_operation_held", "sync_operation", ["subject", "id"], postgresql_where=sa.text("verdict = 'held'")
    )
    op.create_index("ix_sync_operation_subject_changed_in_id", "sync_operation", ["subject", "changed_in", "id"])
    op.create_index(
        "ix_sync_operation_undecided",
        "sync_operation",
        ["received_at"],
        postgresql_where=sa.text("verdict IN ('held', 'hard_conflict') AND resolved_at IS NULL"),
    )
    op.create_index("ix_sync_operation_verdict_district_id", "sync_operation", ["verdict", "district", "id"])
    op.create_table(
        "sync_unreadable",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("team", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("operation_id", sa.Uuid()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("pointers", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="the element as JSON, in ASCII"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the text"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_unreadable")),
    )
    op.create_index("ix_sync_unreadable_district_id", "sync_unreadable", ["district", "id"])
    op.create_index("uq_sync_unreadable_subject_digest", "sync_unreadable", ["subject", "digest"], unique=True)
    op.execute(NOTE_CHANGE)
    for table in FOLLOWED:
        op.execute(
            f"CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION note_change()"
        )


def downgrade() -> None:
    for table in FOLLOWED:
        op.execute(f"DROP TRIGGER note_change ON {table}")
    op.execute("DROP FUNCTION note_change()")
    for table in ("sync_unreadable", "sync_operation"):
        op.drop_table(table)
