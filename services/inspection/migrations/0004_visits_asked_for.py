"""visits that another service asked for"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("purpose", sa.Text(), nullable=True))
    op.add_column("visit", sa.Column("reference_id", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("passed", sa.Boolean(), nullable=True))
    op.create_check_constraint(
        op.f("ck_visit_asked_for_something"), "visit", "(purpose IS NULL) = (reference_id IS NULL)"
    )
    op.create_index(
        "ix_visit_reference_id", "visit", ["reference_id"], postgresql_where=sa.text("reference_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_visit_reference_id", table_name="visit")
    op.drop_constraint(op.f("ck_visit_asked_for_something"), "visit")
    for column in ("passed", "reference_id", "purpose"):
        op.drop_column("visit", column)
