"""Supervision: notices, stop orders, commitments, advertisements, and proposals that follow from penalties."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _notices()
    _stop_orders()
    _commitments()
    _advertisements()
    _proposals()


def _notices() -> None:
    """Notices (通报), numbered by year, and the receipt of each recipient."""
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text()),
        sa.Column("subjects", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("confirm_by", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("year", "sequence", name="uq_notice_year_sequence"),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_by", sa.Text()),
        sa.Column("means", sa.Text()),
        sa.Column("confirmed_on", sa.Date()),
        sa.Column("note", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_receipt_notice_id_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("notice_id", "institution_id", name="uq_receipt_notice_id_institution_id"),
    )
    op.create_index("ix_receipt_institution_id_notice_id", "receipt", ["institution_id", "notice_id"])


def _stop_orders() -> None:
    """Stop orders (停训令), the institutions each was sent to, and what visits saw there."""
    op.create_table(
        "stop_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Uuid()),
        sa.Column("kind", sa.Text()),
        sa.Column("mode", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("days", sa.ARRAY(sa.Date()), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("replaces", sa.Uuid()),
        sa.Column("confirmed_days", sa.ARRAY(sa.Date())),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_by", sa.Text()),
        sa.Column("confirmed_because", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cause IS NULL)", name=op.f("ck_stop_order_cancelled_for_a_cause")
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_stop_order_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_order")),
    )
    op.create_index("ix_stop_order_last_day", "stop_order", ["last_day"])
    op.create_table(
        "stop_order_recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stop_order_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.Column("checked_on", sa.Date()),
        sa.Column("violation_id", sa.Uuid()),
        sa.Column("means", sa.Text()),
        sa.Column("acknowledged_on", sa.Date()),
        sa.Column("note", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(result IS NULL) = (verified_at IS NULL)", name=op.f("ck_stop_order_recipient_seen_at_a_time")
        ),
        sa.CheckConstraint(
            "(result IS NULL) = (visit_id IS NULL)", name=op.f("ck_stop_order_recipient_seen_by_a_visit")
        ),
        sa.ForeignKeyConstraint(
            ["stop_order_id"], ["stop_order.id"], name=op.f("fk_stop_order_recipient_stop_order_id_stop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_order_recipient")),
        sa.UniqueConstraint("stop_order_id", "institution_id", name="uq_stop_order_recipient_institution"),
    )
    op.create_index("ix_stop_order_recipient_institution_id", "stop_order_recipient", ["institution_id"])
    op.create_table(
        "stop_order_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("violation_id", sa.Uuid()),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["stop_order_recipient.id"],
            name=op.f("fk_stop_order_check_recipient_id_stop_order_recipient"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_order_check")),
    )
    op.create_index(
        "uq_stop_order_check_violation",
        "stop_order_check",
        ["recipient_id", "violation_id"],
        unique=True,
        postgresql_where=sa.text("violation_id IS NOT NULL"),
    )
    op.create_index(
        "uq_stop_order_check_visit",
        "stop_order_check",
        ["recipient_id", "visit_id"],
        unique=True,
        postgresql_where=sa.text("violation_id IS NULL"),
    )


def _commitments() -> None:
    """Versions of the commitment, signatures under them, and violations that broke them."""
    op.create_table(
        "commitment_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)",
            name=op.f("ck_commitment_text_withdrawn_for_a_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_text")),
    )
    op.create_index(
        "uq_commitment_text_number",
        "commitment_text",
        ["number"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("text_number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("signatory", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("breached_at", sa.DateTime(timezone=True)),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
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
        sa.Column("note", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("violation_id", name=op.f("pk_commitment_breach")),
    )
    op.create_index("ix_commitment_breach_commitment_id", "commitment_breach", ["commitment_id"])


def _advertisements() -> None:
    """Advertisements for off-campus training, from the finding to the verified removal."""
    op.create_table(
        "advertisement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("photo_refs", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("institution_id", sa.Uuid()),
        sa.Column("reported_institution_id", sa.Uuid()),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("street", sa.Text()),
        sa.Column("lon", sa.Double()),
        sa.Column("lat", sa.Double()),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("requirement", sa.Text()),
        sa.Column("removed_on", sa.Date()),
        sa.Column("removed_by", sa.Text()),
        sa.Column("removal_note", sa.Text()),
        sa.Column("verified_by", sa.Text()),
        sa.Column("verification_note", sa.Text()),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'verified') = (verified_at IS NOT NULL)", name=op.f("ck_advertisement_verified_at_a_time")
        ),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_advertisement_both_coordinates_or_none")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advertisement")),
    )
    op.create_index("ix_advertisement_district_id", "advertisement", ["district", "id"])
    op.create_index("ix_advertisement_institution_id_id", "advertisement", ["institution_id", "id"])
    op.create_index("ix_advertisement_state_id", "advertisement", ["state", "id"])
    op.create_index("ix_advertisement_street_id", "advertisement", ["street", "id"])


def _proposals() -> None:
    """Notices, suspensions and revocations that a penalty decision asks the bureau for."""
    op.create_table(
        "penalty_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("breached", sa.Text()),
        sa.Column("until", sa.Date()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text()),
        sa.Column("grounds", sa.Text()),
        sa.Column("permit_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("notice_id", sa.Uuid()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'received') = (decided_at IS NULL)", name=op.f("ck_penalty_proposal_decided_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalty_proposal")),
        sa.UniqueConstraint("case_id", "kind", name="uq_penalty_proposal_case_id_kind"),
    )
    op.create_index("ix_penalty_proposal_institution_id_id", "penalty_proposal", ["institution_id", "id"])
    op.create_index("ix_penalty_proposal_state_id", "penalty_proposal", ["state", "id"])


def downgrade() -> None:
    for table in (
        "penalty_proposal",
        "advertisement",
        "commitment_breach",
        "commitment",
        "commitment_text",
        "stop_order_check",
        "stop_order_recipient",
        "stop_order",
        "receipt",
        "notice",
    ):
        op.drop_table(table)
