"""grids, norms, offences and checklists can be withdrawn, and know which version gave way to them"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

STANDS = "withdrawn_at IS NULL"
FOR_A_REASON = "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)"
UNIQUE = {
    "norm": ("uq_norm_name_valid_from", ["name", "valid_from"]),
    "offence": ("uq_offence_code_valid_from", ["code", "valid_from"]),
    "checklist": ("uq_checklist_code_valid_from", ["code", "valid_from"]),
}
ENDED_BY = {"offence": "inspection.offence.repealed.v1", "checklist": "inspection.checklist.retired.v1"}


def upgrade() -> None:
    for table in ("grid_set", *UNIQUE):
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("withdrawn_by", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("withdrawal_reason", sa.Text(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_withdrawn_for_a_reason"), table, FOR_A_REASON)
    for table in ("norm", "offence"):
        op.add_column(table, sa.Column("enacted_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("checklist", "enacted_at", nullable=True)
    for table, fact in ENDED_BY.items():
        op.add_column(table, sa.Column("predecessor_id", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("predecessor_valid_to", sa.Date(), nullable=True))
        remember(table, fact)
    op.drop_constraint(op.f("uq_grid_set_number"), "grid_set", type_="unique")
    op.create_index("uq_grid_set_number", "grid_set", ["number"], unique=True, postgresql_where=sa.text(STANDS))
    for table, (name, columns) in UNIQUE.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, unique=True, postgresql_where=sa.text(STANDS))


def remember(table: str, fact: str) -> None:
    """Who gave way to whom, and until when it was to last before. A last day without a reason came from a successor."""
    op.execute(
        f"""
        UPDATE {table} AS later SET predecessor_id = before.id, predecessor_valid_to = (
            SELECT (payload ->> 'valid_to')::date FROM journal
            WHERE key = before.id AND type = '{fact}' AND payload ->> 'valid_to' <> before.valid_to::text
            ORDER BY key_version DESC LIMIT 1
        )
        FROM {table} AS before
        WHERE before.code = later.code AND before.valid_to = later.valid_from - 1 AND EXISTS (
            SELECT FROM journal WHERE key = before.id AND type = '{fact}' AND reason IS NULL
            AND payload ->> 'valid_to' = before.valid_to::text
        )
        """  # noqa: S608  # names of ours
    )


def downgrade() -> None:
    forget_withdrawn()
    for table, (name, columns) in UNIQUE.items():
        op.drop_index(name, table_name=table, postgresql_where=sa.text(STANDS))
        op.create_index(name, table, columns, unique=True)
    op.drop_index("uq_grid_set_number", table_name="grid_set", postgresql_where=sa.text(STANDS))
    op.create_unique_constraint(op.f("uq_grid_set_number"), "grid_set", ["number"])
    for table in ENDED_BY:
        op.drop_column(table, "predecessor_valid_to")
        op.drop_column(table, "predecessor_id")
    op.execute("UPDATE checklist SET enacted_at = now() WHERE enacted_at IS NULL")
    op.alter_column("checklist", "enacted_at", nullable=False)
    for table in ("norm", "offence"):
        op.drop_column(table, "enacted_at")
    for table in ("grid_set", *UNIQUE):
        op.drop_constraint(op.f(f"ck_{table}_withdrawn_for_a_reason"), table, type_="check")
        for column in ("withdrawal_reason", "withdrawn_by", "withdrawn_at"):
            op.drop_column(table, column)


def forget_withdrawn() -> None:
    """What was withdrawn would hold again for the version of the program before."""
    for table in ("grid_succession", "grid"):
        op.execute(
            f"DELETE FROM {table} WHERE grid_set_id IN (SELECT id FROM grid_set WHERE withdrawn_at IS NOT NULL)"  # noqa: S608  # names of ours
        )
    for table in ("grid_set", *UNIQUE):
        op.execute(f"DELETE FROM {table} WHERE withdrawn_at IS NOT NULL")  # noqa: S608  # names of ours
