"""evidence, and the chain of a case"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("device_signature", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parts", sa.ARRAY(sa.BigInteger()), nullable=False, comment="where each part received begins"),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("clean_type", sa.Text(), nullable=True),
        sa.Column("clean_size", sa.BigInteger(), nullable=True),
        sa.Column("clean_sha256", sa.Text(), nullable=True),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True, comment="ours, over the receipt"),
        sa.Column("announced_by", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'kept') = (signature IS NOT NULL)", name=op.f("ck_evidence_kept_with_a_receipt")),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_evidence_refused_with_a_code")),
        sa.CheckConstraint("received_bytes <= size", name=op.f("ck_evidence_no_more_than_announced")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(
        "ix_evidence_received", "evidence", ["id"], unique=False, postgresql_where=sa.text("state = 'received'")
    )
    op.create_index(
        "ix_evidence_subject_kind_subject_id_id", "evidence", ["subject_kind", "subject_id", "id"], unique=False
    )
    op.create_table(
        "exhibit",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("entry", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_exhibit_evidence_id_evidence")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_exhibit")),
        sa.UniqueConstraint("case_id", "evidence_id", name="uq_exhibit_case_id_evidence_id"),
    )


def downgrade() -> None:
    op.drop_table("exhibit")
    op.drop_index("ix_evidence_subject_kind_subject_id_id", table_name="evidence")
    op.drop_index("ix_evidence_received", table_name="evidence", postgresql_where=sa.text("state = 'received'"))
    op.drop_table("evidence")
