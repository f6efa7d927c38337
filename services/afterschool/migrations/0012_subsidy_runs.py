"""Subsidy runs of one district, computed by the worker; a locked run and its lines never change."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OPEN = "state IN ('computing', 'computed', 'reviewed')"
OPEN_BEFORE = "state IN ('computed', 'reviewed')"


def upgrade() -> None:
    op.add_column("subsidy_run", sa.Column("district", sa.Text()))
    op.add_column("subsidy_run", sa.Column("asked_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE subsidy_run SET asked_at = computed_at")
    op.alter_column("subsidy_run", "asked_at", nullable=False)
    op.alter_column("subsidy_run", "computed_at", nullable=True)
    op.create_check_constraint(
        op.f("ck_subsidy_run_computed_first"),
        "subsidy_run",
        "computed_at IS NOT NULL OR state IN ('computing', 'discarded')",
    )
    op.drop_index("uq_subsidy_run_term_open", "subsidy_run")
    op.create_index(
        "uq_subsidy_run_term_open",
        "subsidy_run",
        ["term", "district"],
        unique=True,
        postgresql_where=sa.text(OPEN),
        postgresql_nulls_not_distinct=True,
    )
    op.execute(
        """
        CREATE FUNCTION locked_run_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state = 'locked' THEN
                RAISE EXCEPTION 'a locked subsidy run never changes; the next one posts the difference';
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION locked_line_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM subsidy_run WHERE id = OLD.run_id AND state = 'locked') THEN
                RAISE EXCEPTION 'the lines of a locked subsidy run never change; the next run posts the difference';
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$
        """
    )
    for table, function in (("subsidy_run", "locked_run"), ("subsidy_line", "locked_line")):
        op.execute(
            f"""
            CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {function}_never_changes()
            """
        )


def downgrade() -> None:
    """Runs that are being computed, and runs of one district, are dropped: the schema before knows neither."""
    for table, function in (("subsidy_line", "locked_line"), ("subsidy_run", "locked_run")):
        op.execute(f"DROP TRIGGER never_changes ON {table}")
        op.execute(f"DROP FUNCTION {function}_never_changes()")
    dropped = "district IS NOT NULL OR computed_at IS NULL"
    op.execute(f"DELETE FROM subsidy_line WHERE run_id IN (SELECT id FROM subsidy_run WHERE {dropped})")  # noqa: S608
    op.execute(f"DELETE FROM subsidy_run WHERE {dropped}")  # noqa: S608
    op.drop_constraint(op.f("ck_subsidy_run_computed_first"), "subsidy_run")
    op.drop_index("uq_subsidy_run_term_open", "subsidy_run")
    op.create_index(
        "uq_subsidy_run_term_open", "subsidy_run", ["term"], unique=True, postgresql_where=sa.text(OPEN_BEFORE)
    )
    op.alter_column("subsidy_run", "computed_at", nullable=False)
    op.drop_column("subsidy_run", "asked_at")
    op.drop_column("subsidy_run", "district")
