"""The planning: random inspections (双随机), and the visit or the reason without one for each institution drawn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), comment="district that holds the draw; null is the city"),
        sa.Column("scope", postgresql.JSONB(), nullable=False),
        sa.Column("pool", postgresql.JSONB(), nullable=False),
        sa.Column("recusals", postgresql.JSONB(), nullable=False),
        sa.Column("exclusions", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=False),
        sa.Column("certified_per_pair", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("targets_total", sa.Integer(), nullable=False),
        sa.Column("inspectors_total", sa.Integer(), nullable=False),
        sa.Column("drawn_total", sa.Integer(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False, comment="32 bytes, secret until the draw is revealed"),
        sa.Column("seed_sha256", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False, comment="canonical JSON, as it was hashed"),
        sa.Column("targets", sa.Text(), nullable=False, comment="canonical JSON, as it was hashed"),
        sa.Column("inspectors", sa.Text(), nullable=False, comment="canonical JSON, as it was hashed"),
        sa.Column(
            "people", postgresql.JSONB(), nullable=False, comment="the inspectors behind the pseudonyms of this draw"
        ),
        sa.Column("result", sa.Text()),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True)),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("cancellation_reason", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'revealed') = (result IS NOT NULL)", name=op.f("ck_draw_revealed_with_a_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
    )
    op.create_index("ix_draw_district_id", "draw", ["district", "id"])
    op.create_table(
        "draw_visit",
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("inspectors", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("unvisited", sa.Text()),
        sa.CheckConstraint(
            "(visit_id IS NULL) = (unvisited IS NOT NULL)", name=op.f("ck_draw_visit_visited_or_why_not")
        ),
        sa.PrimaryKeyConstraint("draw_id", "institution_id", name=op.f("pk_draw_visit")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_draw_visit_visit_id")),
    )


def downgrade() -> None:
    for table in ("draw_visit", "draw"):
        op.drop_table(table)
