"""Marks that the sessions of a school in a term have to be planned again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planning_due",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_planning_due_school_id_school")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_planning_due_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_due")),
    )
    op.create_index("ix_planning_due_due_at", "planning_due", ["due_at"])


def downgrade() -> None:
    op.drop_table("planning_due")
