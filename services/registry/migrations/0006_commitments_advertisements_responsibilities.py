"""commitments, advertisements and responsibilities"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _commitments()
    _advertisements()
    _responsibilities()


def _commitments() -> None:
    op.create_table(
        "commitment_text",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_text")),
        sa.UniqueConstraint("number", name="uq_commitment_text_number"),
    )
    op.create_table(
        "commitment",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("text_number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("signatory", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("institution_id", "text_id", name="uq_commitment_institution_id_text_id"),
    )
    op.create_index("ix_commitment_district_street", "commitment", ["district", "street"])
    op.create_index("ix_commitment_text_number", "commitment", ["text_number"])
    op.create_table(
        "commitment_breach",
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("violation_id", name=op.f("pk_commitment_breach")),
    )
    op.create_index("ix_commitment_breach_commitment_id", "commitment_breach", ["commitment_id"])


def _advertisements() -> None:
    op.create_table(
        "advertisement",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("photo_refs", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("reported_institution_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("requirement", sa.Text(), nullable=True),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.Column("removal_note", sa.Text(), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verification_note", sa.Text(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_advertisement_both_coordinates_or_none")),
        sa.CheckConstraint(
            "(state = 'verified') = (verified_at IS NOT NULL)", name=op.f("ck_advertisement_verified_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advertisement")),
    )
    op.create_index("ix_advertisement_district_id", "advertisement", ["district", "id"])
    op.create_index("ix_advertisement_institution_id_id", "advertisement", ["institution_id", "id"])
    op.create_index("ix_advertisement_state_id", "advertisement", ["state", "id"])
    op.create_index("ix_advertisement_street_id", "advertisement", ["street", "id"])


def _responsibilities() -> None:
    op.create_table(
        "responsibility",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=True),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
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


def downgrade() -> None:
    op.drop_index(
        "ix_responsibility_held", table_name="responsibility", postgresql_where=sa.text("officer IS NOT NULL")
    )
    op.drop_table("responsibility")
    op.drop_index("ix_advertisement_street_id", table_name="advertisement")
    op.drop_index("ix_advertisement_state_id", table_name="advertisement")
    op.drop_index("ix_advertisement_institution_id_id", table_name="advertisement")
    op.drop_index("ix_advertisement_district_id", table_name="advertisement")
    op.drop_table("advertisement")
    op.drop_index("ix_commitment_breach_commitment_id", table_name="commitment_breach")
    op.drop_table("commitment_breach")
    op.drop_index("ix_commitment_text_number", table_name="commitment")
    op.drop_index("ix_commitment_district_street", table_name="commitment")
    op.drop_table("commitment")
    op.drop_table("commitment_text")
