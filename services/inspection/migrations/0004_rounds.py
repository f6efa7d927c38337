"""The rounds: campaigns, visits and what visits discover."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.data.database import key_condition

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _campaigns()
    _visits()
    _discoveries()


def _campaigns() -> None:
    """Campaigns, the institutions on their lists, and counts of these by grid, team and state."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text()),
        sa.Column("scope", postgresql.JSONB(), nullable=False),
        sa.Column("district", sa.Text(), comment="district that holds the campaign; null is the city"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("targets_total", sa.Integer(), nullable=False),
        sa.Column("closed_total", sa.Integer(), nullable=False),
        sa.Column("discoveries_total", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("launched_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_campaign_withdrawn_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_state_id", "campaign", ["state", "id"])
    op.create_table(
        "campaign_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "shut_on",
            sa.ARRAY(sa.Date()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="the days of visits that met a closed door",
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("changed_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (reason IS NOT NULL)", name=op.f("ck_campaign_target_closed_with_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_target")),
        sa.UniqueConstraint("campaign_id", "institution_id", name="uq_campaign_target_institution"),
    )
    op.create_index("ix_campaign_target_grid", "campaign_target", ["campaign_id", "grid", "institution_id"])
    op.create_index("ix_campaign_target_team", "campaign_target", ["campaign_id", "team", "state", "institution_id"])
    op.create_index("ix_campaign_target_team_changed_in_id", "campaign_target", ["team", "changed_in", "id"])
    op.create_table(
        "campaign_tally",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False, comment="open, newly_found, or the reason of closing"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.UniqueConstraint(
            "campaign_id", "grid", "team", "state", name="uq_campaign_tally_cell", postgresql_nulls_not_distinct=True
        ),
    )


def _visits() -> None:
    """Visits, from plan to review. A visit keeps the checklist version it used."""
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("campaign_id", sa.Uuid()),
        sa.Column("campaign_target_id", sa.Uuid()),
        sa.Column("team", sa.Text()),
        sa.Column("grid", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("visited_on", sa.Date()),
        sa.Column("inspectors", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("score", sa.Integer()),
        sa.Column("visit_type", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("review_note", sa.Text()),
        sa.Column("external_ref", sa.Text()),
        sa.Column("purpose", sa.Text()),
        sa.Column("reference_id", sa.Uuid()),
        sa.Column("passed", sa.Boolean()),
        sa.Column("checklist_id", sa.Uuid()),
        sa.Column("answers", postgresql.JSONB()),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("reviewed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(key_condition("external_ref"), name=op.f("ck_visit_external_ref_is_normal")),
        sa.CheckConstraint(
            "state NOT IN ('done', 'reviewed') OR outcome IS NOT NULL", name=op.f("ck_visit_ended_with_an_outcome")
        ),
        sa.CheckConstraint("(purpose IS NULL) = (reference_id IS NULL)", name=op.f("ck_visit_asked_for_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index("ix_visit_campaign_id_id", "visit", ["campaign_id", "id"])
    op.create_index(
        "ix_visit_closed_doors",
        "visit",
        ["campaign_target_id"],
        postgresql_where=sa.text("outcome = 'closed_door' AND campaign_target_id IS NOT NULL"),
    )
    op.create_index("ix_visit_institution_id_id", "visit", ["institution_id", "id"])
    op.create_index(
        "ix_visit_reference_id", "visit", ["reference_id"], postgresql_where=sa.text("reference_id IS NOT NULL")
    )
    op.create_index("ix_visit_state_id", "visit", ["state", "id"])
    op.create_index("ix_visit_team_changed_in_id", "visit", ["team", "changed_in", "id"])
    op.create_index("ix_visit_team_state_id", "visit", ["team", "state", "id"])
    op.create_index(
        "ix_visit_unassigned", "visit", ["id"], postgresql_where=sa.text("state = 'planned' AND team IS NULL")
    )
    op.create_index(
        "uq_visit_external_ref",
        "visit",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )


def _discoveries() -> None:
    """Institutions that a visit found and the ledger did not have."""
    op.create_table(
        "discovery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid()),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("lon", sa.Float()),
        sa.Column("lat", sa.Float()),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery")),
        sa.UniqueConstraint("ledger_id", name=op.f("uq_discovery_ledger_id")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_discovery_visit_id")),
    )
    op.create_index("ix_discovery_campaign_id_id", "discovery", ["campaign_id", "id"])


def downgrade() -> None:
    for table in ("discovery", "visit", "campaign_tally", "campaign_target", "campaign"):
        op.drop_table(table)
