"""phones enrolled to persons"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="32 bytes, Ed25519"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name=op.f("ck_device_revoked_at_a_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index("ix_device_district_id", "device", ["district", "id"])
    op.create_index("ix_device_subject_id", "device", ["subject", "id"])


def downgrade() -> None:
    op.drop_index("ix_device_subject_id", table_name="device")
    op.drop_index("ix_device_district_id", table_name="device")
    op.drop_table("device")
