"""The accountability: a copy of who is responsible for each institution, and who was told of late duties."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "responsible",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text()),
        sa.Column("department", sa.Text()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "role", name=op.f("pk_responsible")),
    )
    op.create_table(
        "escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "part",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="team whose part of the duty is late; empty for a duty without parts",
        ),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text()),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("step", "subject_id", "part", "due_on", "level", "role", name="uq_escalation_once"),
    )
    op.create_index("ix_escalation_district_id", "escalation", ["district", "id"])
    op.create_index("ix_escalation_institution_id_id", "escalation", ["institution_id", "id"])


def downgrade() -> None:
    for table in ("escalation", "responsible"):
        op.drop_table(table)
