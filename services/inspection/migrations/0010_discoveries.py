"""what is known of a discovery, and its entry in the ledger"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TEXTS = ("district", "street", "name", "address", "kind")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("discovery", sa.Column(name, sa.Text(), nullable=True))
    for name in ("lon", "lat"):
        op.add_column("discovery", sa.Column(name, sa.Float(), nullable=True))
    op.add_column("discovery", sa.Column("institution_id", sa.Uuid(), nullable=True))
    op.add_column("discovery", sa.Column("ledger_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE discovery SET ledger_id = gen_random_uuid()")
    op.alter_column("discovery", "ledger_id", nullable=False)
    op.create_unique_constraint(op.f("uq_discovery_ledger_id"), "discovery", ["ledger_id"])
    op.add_column("discovery", sa.Column("version", sa.BigInteger(), server_default="0", nullable=False))
    op.alter_column("discovery", "version", server_default=None)
    op.alter_column("discovery", "campaign_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM discovery WHERE campaign_id IS NULL")
    op.alter_column("discovery", "campaign_id", nullable=False)
    for name in ("version", "ledger_id", "institution_id", "lat", "lon", *reversed(_TEXTS)):
        op.drop_column("discovery", name)
