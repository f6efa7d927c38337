"""How far each partition of the log has been counted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("read_to", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_source")),
    )


def downgrade() -> None:
    op.drop_table("source")
