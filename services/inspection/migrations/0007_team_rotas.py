"""a team's street and leader, its duties and absences"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("team", sa.Column("street", sa.Text(), nullable=True))
    op.add_column("team", sa.Column("leader", sa.Text(), nullable=True))
    op.create_table(
        "rota_entry",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("weekdays", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_rota_entry_days_in_order")),
        sa.CheckConstraint("(kind = 'absence') = (reason IS NOT NULL)", name=op.f("ck_rota_entry_absent_for_a_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_entry")),
    )
    op.create_index("ix_rota_entry_team_id_last_day", "rota_entry", ["team_id", "last_day"])


def downgrade() -> None:
    op.drop_index("ix_rota_entry_team_id_last_day", table_name="rota_entry")
    op.drop_table("rota_entry")
    op.drop_column("team", "leader")
    op.drop_column("team", "street")
