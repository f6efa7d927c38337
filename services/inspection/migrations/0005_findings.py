"""The findings: violations, complaints and evidence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.data.database import key_condition

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _violations()
    _complaints()
    _evidence()


def _violations() -> None:
    """Violations, from the report to the verified rectification. Each keeps the version of its offence."""
    op.create_table(
        "violation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("grid", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("offence", sa.Text()),
        sa.Column("offence_id", sa.Uuid()),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text()),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("requirement", sa.Text()),
        sa.Column("extended_at", sa.DateTime(timezone=True)),
        sa.Column("extended_by", sa.Text()),
        sa.Column("extension_reason", sa.Text()),
        sa.Column("statement", sa.Text()),
        sa.Column("rectified_at", sa.DateTime(timezone=True)),
        sa.Column("evidence", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("verification_visit_id", sa.Uuid()),
        sa.Column("verified_by", sa.Text()),
        sa.Column("verification_note", sa.Text()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.Column("external_ref", sa.Text()),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_violation_closed_at_a_time")),
        sa.CheckConstraint(key_condition("external_ref"), name=op.f("ck_violation_external_ref_is_normal")),
        sa.CheckConstraint(
            "(extended_at IS NULL) = (extension_reason IS NULL)", name=op.f("ck_violation_extended_for_a_reason")
        ),
        sa.CheckConstraint("(offence IS NULL) = (offence_id IS NULL)", name=op.f("ck_violation_version_of_an_offence")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation")),
    )
    op.create_index(
        "ix_violation_due_on",
        "violation",
        ["due_on", "id"],
        postgresql_where=sa.text("state = 'rectification_ordered'"),
    )
    op.create_index("ix_violation_grid_id", "violation", ["grid", "id"])
    op.create_index("ix_violation_institution_id_id", "violation", ["institution_id", "id"])
    op.create_index("ix_violation_state_severity_id", "violation", ["state", "severity", "id"])
    op.create_index("ix_violation_team_changed_in_id", "violation", ["team", "changed_in", "id"])
    op.create_index("ix_violation_team_id", "violation", ["team", "id"])
    op.create_index("ix_violation_visit_id", "violation", ["visit_id"])
    op.create_index(
        "uq_violation_external_ref",
        "violation",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )


def _complaints() -> None:
    """Complaints, and the contact of the complainant in a table of its own because it is personal data."""
    op.create_table(
        "complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hotline_no", sa.Text()),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("institution_name", sa.Text()),
        sa.Column("uscc", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("place_key", sa.Text()),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("grid", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("outcome", sa.Text()),
        sa.Column("answer", sa.Text()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("matched_by", sa.Text()),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL)", name=op.f("ck_complaint_answered_at_a_time")
        ),
        sa.CheckConstraint(key_condition("hotline_no"), name=op.f("ck_complaint_hotline_no_is_normal")),
        sa.CheckConstraint("state <> 'joined' OR lead_id IS NOT NULL", name=op.f("ck_complaint_joined_to_another")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
    )
    op.create_index("ix_complaint_institution_id_id", "complaint", ["institution_id", "id"])
    op.create_index("ix_complaint_lead_id", "complaint", ["lead_id"], postgresql_where=sa.text("lead_id IS NOT NULL"))
    op.create_index("ix_complaint_state_id", "complaint", ["state", "id"])
    op.create_index(
        "uq_complaint_hotline_no",
        "complaint",
        ["hotline_no"],
        unique=True,
        postgresql_where=sa.text("hotline_no IS NOT NULL"),
    )
    op.create_index("uq_complaint_receipt", "complaint", ["receipt"], unique=True)
    op.create_table(
        "complaint_contact",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_contact_complaint_id_complaint")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_complaint_contact")),
    )


def _evidence() -> None:
    """Files of evidence (the bytes are in the evidence store), and the hash chain of exhibits of each penalty case."""
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", postgresql.JSONB()),
        sa.Column("device_id", sa.Uuid()),
        sa.Column("device_signature", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "parts", sa.ARRAY(sa.BigInteger()), nullable=False, comment="offset at which each received part begins"
        ),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.Column("refusal", sa.Text()),
        sa.Column("clean_type", sa.Text()),
        sa.Column("clean_size", sa.BigInteger()),
        sa.Column("clean_sha256", sa.Text()),
        sa.Column("receipt", postgresql.JSONB()),
        sa.Column("signature", sa.Text(), comment="the platform's signature over the receipt"),
        sa.Column("announced_by", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column(
            "tries",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="cleanings begun since it was received",
        ),
        sa.Column("next_try_at", sa.DateTime(timezone=True)),
        sa.Column("fault", sa.Text(), comment="last failure of the platform; it says nothing about the file"),
        sa.Column("stalled_at", sa.DateTime(timezone=True), comment="when it stalled; a person must look at it"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'kept') = (signature IS NOT NULL)", name=op.f("ck_evidence_kept_with_a_receipt")),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_evidence_refused_with_a_code")),
        sa.CheckConstraint("received_bytes <= size", name=op.f("ck_evidence_no_more_than_announced")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(
        "ix_evidence_announced", "evidence", ["announced_at"], postgresql_where=sa.text("state = 'announced'")
    )
    op.create_index("ix_evidence_received", "evidence", ["id"], postgresql_where=sa.text("state = 'received'"))
    op.create_index("ix_evidence_stalled", "evidence", ["id"], postgresql_where=sa.text("stalled_at IS NOT NULL"))
    op.create_index("ix_evidence_subject_kind_subject_id_id", "evidence", ["subject_kind", "subject_id", "id"])
    op.create_table(
        "exhibit",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("entry", postgresql.JSONB(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_exhibit_evidence_id_evidence")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_exhibit")),
        sa.UniqueConstraint("case_id", "evidence_id", name="uq_exhibit_case_id_evidence_id"),
    )


def downgrade() -> None:
    for table in ("exhibit", "evidence", "complaint_contact", "complaint", "violation"):
        op.drop_table(table)
