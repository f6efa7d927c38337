"""Rates per session, and settlements with providers, which never change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("fen", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fen >= 0", name=op.f("ck_session_rate_fen_not_negative")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_session_rate_offering_id_offering")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_rate")),
    )
    op.create_index("ix_session_rate_offering_id", "session_rate", ["offering_id"])
    op.create_table(
        "settlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("posted_by", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_settlement_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint(
            "school_id", "institution_id", "number", name=op.f("uq_settlement_school_id_institution_id_number")
        ),
    )
    op.create_table(
        "settlement_line",
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("rates", postgresql.JSONB(), nullable=False),
        sa.Column("unpaid", postgresql.JSONB(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("target", "posted", "posting")),
        sa.CheckConstraint("posting = target - posted", name=op.f("ck_settlement_line_posts_what_is_due")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement.id"], name=op.f("fk_settlement_line_settlement_id_settlement")
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_settlement_line_offering_id_offering")),
        sa.PrimaryKeyConstraint("settlement_id", "offering_id", name=op.f("pk_settlement_line")),
    )
    op.create_index("ix_settlement_line_offering_id", "settlement_line", ["offering_id"])
    op.execute(
        """
        CREATE FUNCTION settlement_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a settlement never changes; the next one posts the difference'; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON settlement_line
        FOR EACH ROW EXECUTE FUNCTION settlement_never_changes()
        """
    )


def downgrade() -> None:
    for table in ("settlement_line", "settlement", "session_rate"):
        op.drop_table(table)
    op.execute("DROP FUNCTION settlement_never_changes()")
