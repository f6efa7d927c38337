"""The live numbers and offsets against which a rebuild is compared."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAMES = ("noun", "state", "kind", "district", "street", "grid", "school", "campaign", "month", "marks")


def upgrade() -> None:
    op.create_table(
        "barrier",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_barrier")),
    )
    op.create_table(
        "barrier_cell",
        *(sa.Column(name, sa.Text(), nullable=False) for name in NAMES),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*NAMES, name=op.f("pk_barrier_cell")),
    )


def downgrade() -> None:
    for table in ("barrier_cell", "barrier"):
        op.drop_table(table)
