"""The ledger: institutions, who is responsible for each, and what other services report of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.data.database import key_condition

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _institutions()
    _responsibilities()
    _observations()


def _institutions() -> None:
    """One row per institution. `merged_into` names the entry that replaced a duplicate; lookups compare `search`."""
    op.create_table(
        "institution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text()),
        sa.Column("permit_no", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("profit", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double()),
        sa.Column("lat", sa.Double()),
        sa.Column("legal_representative", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("capacity", sa.Integer()),
        sa.Column("external_ref", sa.Text()),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into", sa.Uuid()),
        sa.Column(
            "search",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="name and address in the form that lookups compare",
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(key_condition("external_ref"), name=op.f("ck_institution_external_ref_is_normal")),
        sa.CheckConstraint(key_condition("permit_no"), name=op.f("ck_institution_permit_no_is_normal")),
        sa.CheckConstraint("uscc ~ '^[0-9A-Z]{18}$'", name=op.f("ck_institution_uscc_is_normal")),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_institution_both_coordinates_or_none")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
    )
    op.create_index("ix_institution_district_id", "institution", ["district", "id"])
    op.create_index("ix_institution_kind_id", "institution", ["kind", "id"])
    op.create_index(
        "ix_institution_merged_into",
        "institution",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "ix_institution_permit_no", "institution", ["permit_no"], postgresql_where=sa.text("permit_no IS NOT NULL")
    )
    op.create_index("ix_institution_status_id", "institution", ["status", "id"])
    op.create_index("ix_institution_street_id", "institution", ["street", "id"])
    op.create_index(
        "uq_institution_external_ref",
        "institution",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_institution_uscc", "institution", ["uscc"], unique=True, postgresql_where=sa.text("uscc IS NOT NULL")
    )


def _responsibilities() -> None:
    """Who holds each role for an institution; a row without an officer is a vacancy."""
    op.create_table(
        "responsibility",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text()),
        sa.Column("officer_name", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("department", sa.Text()),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "department IS NULL OR role = 'industry_department'",
            name=op.f("ck_responsibility_department_of_the_industry"),
        ),
        sa.CheckConstraint(
            "officer IS NOT NULL OR (officer_name IS NULL AND phone IS NULL AND department IS NULL)",
            name=op.f("ck_responsibility_vacant_without_a_name"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility")),
        sa.UniqueConstraint("institution_id", "role", name="uq_responsibility_institution_id_role"),
    )
    op.create_index(
        "ix_responsibility_held",
        "responsibility",
        ["role", "institution_id"],
        postgresql_where=sa.text("officer IS NOT NULL"),
    )


def _observations() -> None:
    """Facts of other services in an institution's file, and copies of what a standing is judged by: violations, penalty
    cases, the grid an institution lies in."""
    op.create_table(
        "file_entry",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_file_entry")),
    )
    op.create_index("ix_file_entry_institution_id_at", "file_entry", ["institution_id", "at"])
    op.create_table(
        "violation_standing",
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("found_on", sa.Date()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("violation_id", name=op.f("pk_violation_standing")),
    )
    op.create_index(
        "ix_violation_standing_penal",
        "violation_standing",
        ["institution_id"],
        postgresql_where=sa.text("state IN ('rectification_ordered', 'rectified')"),
    )
    op.create_table(
        "case_standing",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_standing")),
    )
    op.create_index(
        "ix_case_standing_open", "case_standing", ["institution_id"], postgresql_where=sa.text("state = 'served'")
    )
    op.create_table(
        "placement",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("grid", sa.Text()),
        sa.Column("blind_spot", sa.Text()),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_placement")),
    )


def downgrade() -> None:
    for table in ("placement", "case_standing", "violation_standing", "file_entry", "responsibility", "institution"):
        op.drop_table(table)
