"""Places that became free after enrolment closed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NAME = "ck_offering_nobody_waits_for_a_free_seat"


def upgrade() -> None:
    op.add_column("offering", sa.Column("held_back", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.drop_constraint(op.f(_NAME), "offering", type_="check")
    op.create_check_constraint(
        op.f(_NAME),
        "offering",
        "waiting = 0 OR (waiting > 0 AND (enrolled = capacity OR enrolled + held_back = capacity))",
    )


def downgrade() -> None:
    op.drop_constraint(op.f(_NAME), "offering", type_="check")
    # Who waits for a place that was held back waits no more than the capacity allows.
    op.execute("UPDATE offering SET capacity = enrolled WHERE waiting > 0 AND enrolled < capacity")
    op.create_check_constraint(op.f(_NAME), "offering", "waiting = 0 OR (waiting > 0 AND enrolled = capacity)")
    op.drop_column("offering", "held_back")
