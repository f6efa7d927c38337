"""Licensing: permits, applications for them, and transformations of institutions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.data.database import key_condition

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _permits()
    _applications()
    _transformations()


def _permits() -> None:
    """Permits by their days (the status is derived, not stored), and the last number given out in each district."""
    op.create_table(
        "permit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("suspended_from", sa.Date()),
        sa.Column("suspended_until", sa.Date()),
        sa.Column("suspension_cause", sa.Text()),
        sa.Column("suspension_basis", sa.Text()),
        sa.Column(
            "decided_at",
            sa.DateTime(timezone=True),
            comment="time of the registry's last decision on the permit, except its ending",
        ),
        sa.Column("ended_on", sa.Date()),
        sa.Column("ending", sa.Text()),
        sa.Column("ending_cause", sa.Text()),
        sa.Column("ending_basis", sa.Text()),
        sa.Column("notice_id", sa.Uuid()),
        sa.Column("application_id", sa.Uuid()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(key_condition("number"), name=op.f("ck_permit_number_is_normal")),
        sa.CheckConstraint("(ended_on IS NULL) = (ending IS NULL)", name=op.f("ck_permit_ended_in_a_way")),
        sa.CheckConstraint(
            "(suspended_from IS NULL) = (suspended_until IS NULL)", name=op.f("ck_permit_suspended_between_days")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit")),
        sa.UniqueConstraint("number", name=op.f("uq_permit_number")),
    )
    op.create_index("ix_permit_district_id", "permit", ["district", "id"])
    op.create_index("ix_permit_institution_id_id", "permit", ["institution_id", "id"])
    op.create_index("ix_permit_valid_to_id", "permit", ["valid_to", "id"])
    op.create_table(
        "permit_number",
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district", name=op.f("pk_permit_number")),
    )


def _applications() -> None:
    """Applications, each under the procedure of its first submission."""
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("newcomer", postgresql.JSONB()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("documents", postgresql.JSONB(), nullable=False),
        sa.Column("procedure_id", sa.Uuid()),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("accepted_on", sa.Date()),
        sa.Column("overall_due_on", sa.Date()),
        sa.Column("overall_provisional", sa.Boolean(), nullable=False),
        sa.Column("extended_because", sa.Text()),
        sa.Column("received_on", sa.Date()),
        sa.Column("told_missing", sa.ARRAY(sa.Text())),
        sa.Column("told_late", sa.ARRAY(sa.Text())),
        sa.Column("untold", sa.ARRAY(sa.Text())),
        sa.Column("return_note", sa.Text()),
        sa.Column("site_visit_id", sa.Uuid()),
        sa.Column("site_visit_outcome", sa.Text()),
        sa.Column("site_visit_passed", sa.Boolean()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("permit_id", sa.Uuid()),
        sa.Column("grounds", sa.Text()),
        sa.Column("legal_basis", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR procedure_id IS NOT NULL", name=op.f("ck_application_under_a_procedure")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    op.create_index("ix_application_applicant_id", "application", ["applicant", "id"])
    op.create_index("ix_application_institution_id_id", "application", ["institution_id", "id"])
    op.create_index("ix_application_state_id", "application", ["state", "id"])


def _transformations() -> None:
    """Transformations (change of kind, closure) with their steps; at most one runs per institution."""
    op.create_table(
        "transformation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("procedure_id", sa.Uuid(), nullable=False),
        sa.Column("permit", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformation")),
    )
    op.create_index("ix_transformation_institution_id_id", "transformation", ["institution_id", "id"])
    op.create_index("ix_transformation_state_id", "transformation", ["state", "id"])
    op.create_index(
        "uq_transformation_running",
        "transformation",
        ["institution_id"],
        unique=True,
        postgresql_where=sa.text("state = 'under_way'"),
    )


def downgrade() -> None:
    for table in ("transformation", "application", "permit_number", "permit"):
        op.drop_table(table)
