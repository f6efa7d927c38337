"""complaints, and the codes of institutions they are matched by"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("target", sa.Column("uscc", sa.Text(), nullable=True))
    op.create_table(
        "complaint",
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hotline_no", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("institution_name", sa.Text(), nullable=True),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("place_key", sa.Text(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("matched_by", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL)", name=op.f("ck_complaint_answered_at_a_time")
        ),
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
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_contact_complaint_id_complaint")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_complaint_contact")),
    )


def downgrade() -> None:
    op.drop_table("complaint_contact")
    op.drop_table("complaint")
    op.drop_column("target", "uscc")
