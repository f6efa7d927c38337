"""what was drawn and not visited"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("draw_visit", "visit_id", nullable=True)
    op.add_column("draw_visit", sa.Column("unvisited", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_draw_visit_visited_or_why_not"), "draw_visit", "(visit_id IS NULL) = (unvisited IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_draw_visit_visited_or_why_not"), "draw_visit")
    op.drop_column("draw_visit", "unvisited")
    op.execute("DELETE FROM draw_visit WHERE visit_id IS NULL")
    op.alter_column("draw_visit", "visit_id", nullable=False)
