"""numbers that offices decide, those by severity among them"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PLATFORM = "default of the platform, from the day of the double-reduction opinion"
_OURS = "平台默认值，待市局确认"
_LARGE = "行政处罚法第六十三条“较大数额”，山西省标准待确认"
_SEED = (
    ("visit", 14, _OURS),
    ("retry", 2, _PLATFORM),
    ("review", 5, _OURS),
    ("order", 3, _OURS),
    ("verification", 7, _OURS),
    ("complaint_match", 2, _OURS),
    ("complaint_answer", 15, _OURS),
    ("escalation.1", 1, _OURS),
    ("escalation.2", 3, _OURS),
    ("escalation.3", 7, _OURS),
    ("case_extension", 30, "行政处罚法第六十条，经批准延长的天数待确认"),
    ("hearing_fen.person", 1_000_000, _LARGE),
    ("hearing_fen.organisation", 10_000_000, _LARGE),
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
)


def upgrade() -> None:
    norm = op.create_table(
        "norm",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm")),
    )
    op.create_index("uq_norm_name_valid_from", "norm", ["name", "valid_from"], unique=True)
    for name, value, source in _SEED:
        op.execute(
            sa.insert(norm).values(
                id=sa.func.gen_random_uuid(),
                version=0,
                name=name,
                valid_from=sa.text("DATE '2021-07-24'"),
                value=value,
                source=source,
                status="to_be_confirmed",
            )
        )
    op.execute(
        """
        INSERT INTO norm (id, version, name, valid_from, value, source, status)
        SELECT gen_random_uuid(), 0, 'rectification.' || severity, valid_from, days, source, 'to_be_confirmed'
        FROM rectification_deadline
        """
    )
    op.drop_table("rectification_deadline")


def downgrade() -> None:
    op.create_table(
        "rectification_deadline",
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("severity", "valid_from", name=op.f("pk_rectification_deadline")),
    )
    op.execute(
        """
        INSERT INTO rectification_deadline (severity, valid_from, days, source)
        SELECT substr(name, 15), valid_from, value, source FROM norm WHERE name LIKE 'rectification.%'
        """
    )
    op.drop_table("norm")
