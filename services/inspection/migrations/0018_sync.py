"""what phones follow, and what they did without a line"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FOLLOWED = ("target", "campaign_target", "visit", "violation", "sync_operation")
INDEXES = {
    "target": ("ix_target_grid_changed_in_institution_id", ["grid", "changed_in", "institution_id"]),
    "campaign_target": ("ix_campaign_target_team_changed_in_id", ["team", "changed_in", "id"]),
    "visit": ("ix_visit_team_changed_in_id", ["team", "changed_in", "id"]),
    "violation": ("ix_violation_team_changed_in_id", ["team", "changed_in", "id"]),
}
NOTE = """
    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.changed_in := pg_current_xact_id()::text::bigint; RETURN NEW; END $$
"""


def upgrade() -> None:
    op.create_table(
        "sync_operation",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("base_version", sa.BigInteger(), nullable=True),
        sa.Column("after", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skew_seconds", sa.Float(), nullable=False, comment="what was added to the phone's time"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("entity_version", sa.BigInteger(), nullable=True),
        sa.Column("theirs", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("resolution_reason", sa.Text(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(resolution IS NULL) = (resolved_at IS NULL)", name=op.f("ck_sync_operation_resolved_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_operation")),
    )
    op.create_index(
        "ix_sync_operation_held",
        "sync_operation",
        ["device_id", "id"],
        postgresql_where=sa.text("verdict = 'held'"),
    )
    op.create_index("ix_sync_operation_verdict_district_id", "sync_operation", ["verdict", "district", "id"])
    op.execute(NOTE)
    for table in FOLLOWED:
        op.add_column(table, sa.Column("changed_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
        op.execute(
            f"CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION note_change()"
        )
    op.create_index("ix_sync_operation_device_id_changed_in_id", "sync_operation", ["device_id", "changed_in", "id"])
    op.drop_index("ix_target_grid", table_name="target")
    for table, (name, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for table, (name, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
    op.create_index("ix_target_grid", "target", ["grid"])
    op.drop_table("sync_operation")
    for table in FOLLOWED[:-1]:
        op.execute(f"DROP TRIGGER note_change ON {table}")
        op.drop_column(table, "changed_in")
    op.execute("DROP FUNCTION note_change()")
