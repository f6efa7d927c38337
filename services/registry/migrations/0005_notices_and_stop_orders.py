"""notices and stop orders"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("subjects", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("confirm_by", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("year", "sequence", name="uq_notice_year_sequence"),
    )
    op.create_table(
        "receipt",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_receipt_notice_id_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("notice_id", "institution_id", name="uq_receipt_notice_id_institution_id"),
    )
    op.create_index("ix_receipt_institution_id_notice_id", "receipt", ["institution_id", "notice_id"])
    op.create_table(
        "stop_order",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("days", sa.ARRAY(sa.Date()), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_stop_order_days_in_order")),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cause IS NULL)", name=op.f("ck_stop_order_cancelled_for_a_cause")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_order")),
    )
    op.create_index("ix_stop_order_last_day", "stop_order", ["last_day"])
    op.create_table(
        "stop_order_recipient",
        sa.Column("stop_order_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(result IS NULL) = (visit_id IS NULL)", name=op.f("ck_stop_order_recipient_seen_by_a_visit")
        ),
        sa.CheckConstraint(
            "(result IS NULL) = (verified_at IS NULL)", name=op.f("ck_stop_order_recipient_seen_at_a_time")
        ),
        sa.ForeignKeyConstraint(
            ["stop_order_id"], ["stop_order.id"], name=op.f("fk_stop_order_recipient_stop_order_id_stop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_order_recipient")),
        sa.UniqueConstraint("stop_order_id", "institution_id", name="uq_stop_order_recipient_institution"),
    )
    op.create_index("ix_stop_order_recipient_institution_id", "stop_order_recipient", ["institution_id"])


def downgrade() -> None:
    op.drop_index("ix_stop_order_recipient_institution_id", table_name="stop_order_recipient")
    op.drop_table("stop_order_recipient")
    op.drop_index("ix_stop_order_last_day", table_name="stop_order")
    op.drop_table("stop_order")
    op.drop_index("ix_receipt_institution_id_notice_id", table_name="receipt")
    op.drop_table("receipt")
    op.drop_table("notice")
