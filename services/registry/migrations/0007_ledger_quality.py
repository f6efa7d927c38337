"""ledger quality, merges, and what standings are judged by"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("institution", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_institution_merged_into",
        "institution",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "ix_institution_permit_no", "institution", ["permit_no"], postgresql_where=sa.text("permit_no IS NOT NULL")
    )
    op.create_table(
        "placement",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("blind_spot", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_placement")),
    )
    op.create_table(
        "quality_dismissal",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("dismissed_by", sa.Text(), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_dismissal")),
        sa.UniqueConstraint(
            "code",
            "institution_id",
            "other_id",
            name=op.f("uq_quality_dismissal_code_institution_id_other_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_quality_dismissal_institution_id", "quality_dismissal", ["institution_id"])
    op.create_table(
        "violation_standing",
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("violation_id", name=op.f("pk_violation_standing")),
    )
    op.create_index(
        "ix_violation_standing_penal",
        "violation_standing",
        ["institution_id"],
        postgresql_where=sa.text("state IN ('rectification_ordered', 'rectified')"),
    )


def downgrade() -> None:
    for table in ("violation_standing", "quality_dismissal", "placement"):
        op.drop_table(table)
    op.drop_index("ix_institution_permit_no", table_name="institution")
    op.drop_index("ix_institution_merged_into", table_name="institution")
    op.drop_column("institution", "merged_into")
