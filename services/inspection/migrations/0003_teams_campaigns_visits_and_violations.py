"""teams, campaigns, visits and violations"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DEADLINES = """
    INSERT INTO rectification_deadline (severity, valid_from, days, source) VALUES
        ('high', '2021-07-24', 3, 'default of the platform, from the day of the double-reduction opinion'),
        ('moderate', '2021-07-24', 15, 'default of the platform, from the day of the double-reduction opinion'),
        ('low', '2021-07-24', 30, 'default of the platform, from the day of the double-reduction opinion')
"""


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("scope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("district", sa.Text(), nullable=True, comment="whose campaign; null is the city's"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("targets_total", sa.Integer(), nullable=False),
        sa.Column("closed_total", sa.Integer(), nullable=False),
        sa.Column("discoveries_total", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_state_id", "campaign", ["state", "id"], unique=False)
    op.create_table(
        "campaign_tally",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, comment="open, the reason of closing, or newly_found"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.UniqueConstraint(
            "campaign_id", "grid", "team", "state", name="uq_campaign_tally_cell", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "campaign_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (reason IS NOT NULL)", name=op.f("ck_campaign_target_closed_with_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_target")),
        sa.UniqueConstraint("campaign_id", "institution_id", name="uq_campaign_target_institution"),
    )
    op.create_index(
        "ix_campaign_target_grid", "campaign_target", ["campaign_id", "grid", "institution_id"], unique=False
    )
    op.create_index(
        "ix_campaign_target_team", "campaign_target", ["campaign_id", "team", "state", "institution_id"], unique=False
    )
    op.create_table(
        "discovery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_discovery_visit_id")),
    )
    op.create_index("ix_discovery_campaign_id_id", "discovery", ["campaign_id", "id"], unique=False)
    op.create_table(
        "rectification_deadline",
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("severity", "valid_from", name=op.f("pk_rectification_deadline")),
    )
    op.execute(DEADLINES)
    op.create_table(
        "team",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("grids", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("members", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("formed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    op.create_index("ix_team_district_id", "team", ["district", "id"], unique=False)
    op.create_index("uq_team_code", "team", ["code"], unique=True)
    op.create_table(
        "violation",
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("requirement", sa.Text(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verification_note", sa.Text(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_violation_closed_at_a_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation")),
    )
    op.create_index("ix_violation_grid_id", "violation", ["grid", "id"], unique=False)
    op.create_index("ix_violation_institution_id_id", "violation", ["institution_id", "id"], unique=False)
    op.create_index("ix_violation_state_severity_id", "violation", ["state", "severity", "id"], unique=False)
    op.create_index("ix_violation_team_id", "violation", ["team", "id"], unique=False)
    op.create_index("ix_violation_visit_id", "violation", ["visit_id"], unique=False)
    op.create_index(
        "uq_violation_external_ref",
        "violation",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_table(
        "visit",
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_target_id", sa.Uuid(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("visited_on", sa.Date(), nullable=True),
        sa.Column("inspectors", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("visit_type", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('done', 'reviewed') OR outcome IS NOT NULL", name=op.f("ck_visit_ended_with_an_outcome")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index("ix_visit_campaign_id_id", "visit", ["campaign_id", "id"], unique=False)
    op.create_index("ix_visit_institution_id_id", "visit", ["institution_id", "id"], unique=False)
    op.create_index("ix_visit_state_id", "visit", ["state", "id"], unique=False)
    op.create_index("ix_visit_team_state_id", "visit", ["team", "state", "id"], unique=False)
    op.create_index(
        "uq_visit_external_ref",
        "visit",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_table(
        "team_grid",
        sa.Column("grid", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_grid_team_id_team")),
        sa.PrimaryKeyConstraint("grid", name=op.f("pk_team_grid")),
    )
    op.create_index(op.f("ix_team_grid_team_id"), "team_grid", ["team_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_team_grid_team_id"), table_name="team_grid")
    op.drop_table("team_grid")
    op.drop_index("uq_visit_external_ref", table_name="visit", postgresql_where=sa.text("external_ref IS NOT NULL"))
    op.drop_index("ix_visit_team_state_id", table_name="visit")
    op.drop_index("ix_visit_state_id", table_name="visit")
    op.drop_index("ix_visit_institution_id_id", table_name="visit")
    op.drop_index("ix_visit_campaign_id_id", table_name="visit")
    op.drop_table("visit")
    op.drop_index(
        "uq_violation_external_ref", table_name="violation", postgresql_where=sa.text("external_ref IS NOT NULL")
    )
    op.drop_index("ix_violation_visit_id", table_name="violation")
    op.drop_index("ix_violation_team_id", table_name="violation")
    op.drop_index("ix_violation_state_severity_id", table_name="violation")
    op.drop_index("ix_violation_institution_id_id", table_name="violation")
    op.drop_index("ix_violation_grid_id", table_name="violation")
    op.drop_table("violation")
    op.drop_index("uq_team_code", table_name="team")
    op.drop_index("ix_team_district_id", table_name="team")
    op.drop_table("team")
    op.drop_table("rectification_deadline")
    op.drop_index("ix_discovery_campaign_id_id", table_name="discovery")
    op.drop_table("discovery")
    op.drop_index("ix_campaign_target_team", table_name="campaign_target")
    op.drop_index("ix_campaign_target_grid", table_name="campaign_target")
    op.drop_table("campaign_target")
    op.drop_table("campaign_tally")
    op.drop_index("ix_campaign_state_id", table_name="campaign")
    op.drop_table("campaign")
