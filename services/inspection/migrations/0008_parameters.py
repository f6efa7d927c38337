"""numbers that offices decide"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PLATFORM = "default of the platform, from the day of the double-reduction opinion"
_SEED = (
    ("draw.minimum_share_bp", 500, "local rules on 双随机 checks: at least 5 % of the targets"),
    ("risk.points_high_violation", 5, _PLATFORM),
    ("risk.points_moderate_violation", 2, _PLATFORM),
    ("risk.points_low_violation", 1, _PLATFORM),
    ("risk.stale_days", 180, _PLATFORM),
    ("risk.stale_points", 2, _PLATFORM),
    ("risk.long_stale_days", 365, _PLATFORM),
    ("risk.long_stale_points", 4, _PLATFORM),
    ("risk.moderate_from_points", 2, _PLATFORM),
    ("risk.high_from_points", 5, _PLATFORM),
    ("campaign.retry_gap_days", 2, _PLATFORM),
)


def upgrade() -> None:
    parameter = op.create_table(
        "parameter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("to_be_confirmed", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter")),
        sa.UniqueConstraint("name", "valid_from", name="uq_parameter_name_valid_from"),
    )
    for number, (name, value, source) in enumerate(_SEED, 1):
        op.execute(
            sa.insert(parameter).values(
                id=sa.text(f"'019a4c1e-0e{number:02x}-7e{number:02x}-8a2b-5d0c6e7f0e{number:02x}'::uuid"),
                version=0,
                name=name,
                valid_from=sa.text("DATE '2021-07-24'"),
                value=value,
                source=source,
                to_be_confirmed=True,
            )
        )


def downgrade() -> None:
    op.drop_table("parameter")
