"""The rulebook: norms, offences, checklists and a copy of the registry's calendar. Seeded with the platform's default
norms, the known offences and the routine checklist.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.inspection.rulebook.checklists import seed as checklist_seed
from services.inspection.rulebook.norms import seed as norm_seed
from services.inspection.rulebook.offences import seed as offence_seed
from shared.data.database import key_condition

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _norms()
    _offences()
    _checklists()
    _calendars()


def _norms() -> None:
    """Numbers that an office decides, each from a day on."""
    norm = op.create_table(
        "norm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("enacted_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_norm_withdrawn_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm")),
    )
    op.create_index(
        "uq_norm_name_valid_from",
        "norm",
        ["name", "valid_from"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.bulk_insert(norm, norm_seed.rows())


def _offences() -> None:
    """Dated versions of offences: the law, the days to rectify, the penalties."""
    offence = op.create_table(
        "offence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("penalties", postgresql.JSONB(), nullable=False),
        sa.Column("leniency", sa.Boolean(), nullable=False),
        sa.Column("life_or_finance", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("enacted_at", sa.DateTime(timezone=True)),
        sa.Column("predecessor_id", sa.Uuid()),
        sa.Column("predecessor_valid_to", sa.Date()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_offence_code_is_normal")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_offence_withdrawn_for_a_reason")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_offence_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offence")),
    )
    op.create_index(
        "uq_offence_code_valid_from",
        "offence",
        ["code", "valid_from"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.bulk_insert(offence, list(offence_seed.rows()))


def _checklists() -> None:
    """Dated versions of checklists with their questions."""
    checklist = op.create_table(
        "checklist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("enacted_at", sa.DateTime(timezone=True)),
        sa.Column("predecessor_id", sa.Uuid()),
        sa.Column("predecessor_valid_to", sa.Date()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_checklist_code_is_normal")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_checklist_withdrawn_for_a_reason")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_checklist_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist")),
    )
    op.create_index(
        "uq_checklist_code_valid_from",
        "checklist",
        ["code", "valid_from"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.bulk_insert(checklist, list(checklist_seed.rows()))


def _calendars() -> None:
    """A local copy of the registry's calendar: the years published, and the days that differ from their weekday."""
    op.create_table(
        "known_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_known_year")),
    )
    op.create_table(
        "known_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_known_day")),
    )
    op.create_index("ix_known_day_year", "known_day", ["year"])


def downgrade() -> None:
    for table in ("known_day", "known_year", "checklist", "offence", "norm"):
        op.drop_table(table)
