"""Addresses under which calendar programs read a child's sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key_print", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_calendar_feed_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("key_print", name=op.f("uq_calendar_feed_key_print")),
    )
    op.create_index("ix_calendar_feed_subject_student_id", "calendar_feed", ["subject", "student_id"])


def downgrade() -> None:
    op.drop_table("calendar_feed")
