"""procedures, rules, commitment texts, terms and vacations can be withdrawn"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STANDS = "withdrawn_at IS NULL"
FOR_A_REASON = "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)"
TABLES = ("procedure", "rule", "commitment_text", "school_term")
ENTERED = (("rule", "enacted_at"), ("school_term", "entered_at"))
ONE_PROCEDURE = "uq_procedure_matter_kind_district_valid_from"
PROCEDURE = ["matter", "kind", "district", "valid_from"]
ONE_TEXT = "uq_commitment_text_number"


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("withdrawn_by", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("withdrawal_reason", sa.Text(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_withdrawn_for_a_reason"), table, FOR_A_REASON)
    for table, column in ENTERED:
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f(ONE_PROCEDURE), "procedure", type_="unique")
    op.create_index(
        ONE_PROCEDURE,
        "procedure",
        PROCEDURE,
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text(STANDS),
    )
    op.drop_constraint(op.f(ONE_TEXT), "commitment_text", type_="unique")
    op.create_index(ONE_TEXT, "commitment_text", ["number"], unique=True, postgresql_where=sa.text(STANDS))


def downgrade() -> None:
    for table in TABLES:  # what was withdrawn would hold again for the version of the program before
        op.execute(f"DELETE FROM {table} WHERE withdrawn_at IS NOT NULL")  # noqa: S608  # names of ours
    op.drop_index(ONE_TEXT, table_name="commitment_text", postgresql_where=sa.text(STANDS))
    op.create_unique_constraint(op.f(ONE_TEXT), "commitment_text", ["number"])
    op.drop_index(ONE_PROCEDURE, table_name="procedure", postgresql_where=sa.text(STANDS))
    op.create_unique_constraint(op.f(ONE_PROCEDURE), "procedure", PROCEDURE, postgresql_nulls_not_distinct=True)
    for table, column in ENTERED:
        op.drop_column(table, column)
    for table in TABLES:
        op.drop_constraint(op.f(f"ck_{table}_withdrawn_for_a_reason"), table, type_="check")
        for column in ("withdrawal_reason", "withdrawn_by", "withdrawn_at"):
            op.drop_column(table, column)
