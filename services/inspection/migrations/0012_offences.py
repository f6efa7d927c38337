"""the catalogue of offences, and violations that keep the version of theirs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.inspection.rulebook.offences import seed

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    offence = op.create_table(
        "offence",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("penalties", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("leniency", sa.Boolean(), nullable=False),
        sa.Column("life_or_finance", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_offence_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offence")),
    )
    op.create_index("uq_offence_code_valid_from", "offence", ["code", "valid_from"], unique=True)
    op.bulk_insert(offence, list(seed.rows()))
    op.add_column("violation", sa.Column("offence", sa.Text(), nullable=True))
    op.add_column("violation", sa.Column("offence_id", sa.Uuid(), nullable=True))
    op.add_column("violation", sa.Column("evidence", sa.ARRAY(sa.Uuid()), nullable=False, server_default="{}"))
    op.add_column("violation", sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("violation", sa.Column("extended_by", sa.Text(), nullable=True))
    op.add_column("violation", sa.Column("extension_reason", sa.Text(), nullable=True))
    op.add_column("violation", sa.Column("verification_visit_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_violation_version_of_an_offence"), "violation", "(offence IS NULL) = (offence_id IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_violation_extended_for_a_reason"), "violation", "(extended_at IS NULL) = (extension_reason IS NULL)"
    )
    op.create_index(
        "ix_violation_due_on",
        "violation",
        ["due_on", "id"],
        postgresql_where=sa.text("state = 'rectification_ordered'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_violation_due_on", table_name="violation", postgresql_where=sa.text("state = 'rectification_ordered'")
    )
    op.drop_constraint(op.f("ck_violation_extended_for_a_reason"), "violation")
    op.drop_constraint(op.f("ck_violation_version_of_an_offence"), "violation")
    for column in (
        "verification_visit_id", "extension_reason", "extended_by", "extended_at", "evidence", "offence_id", "offence",
    ):  # fmt: skip
        op.drop_column("violation", column)
    op.drop_index("uq_offence_code_valid_from", table_name="offence")
    op.drop_table("offence")
