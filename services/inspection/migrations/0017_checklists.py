"""checklists in versions, and visits that keep the one they used"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.inspection.rulebook.checklists import seed

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    checklist = op.create_table(
        "checklist",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("enacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_checklist_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist")),
    )
    op.create_index("uq_checklist_code_valid_from", "checklist", ["code", "valid_from"], unique=True)
    op.bulk_insert(checklist, list(seed.rows()))
    op.add_column("visit", sa.Column("checklist_id", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("visit", "answers")
    op.drop_column("visit", "checklist_id")
    op.drop_index("uq_checklist_code_valid_from", table_name="checklist")
    op.drop_table("checklist")
