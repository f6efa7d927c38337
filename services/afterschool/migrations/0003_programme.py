"""What schools offer: courses with seats and weekly periods, who is where in the week, and providers.

Providers are copies of the registry's institutions and permits.
"""

import sqlalchemy as sa
from alembic import op

from shared.data.database import key_condition
from shared.domain.dated import STANDS, WITHDRAWN_FOR_A_REASON

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _offerings()
    _occupations()
    _providers()
    _engagements()


def _offerings() -> None:
    """Courses and their seats. The constraints forbid overselling, and a queue beside a free seat."""
    op.create_table(
        "offering",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("item", sa.Text()),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("care", sa.Text(), nullable=False),
        sa.Column("grades", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("first_week", sa.Integer(), nullable=False),
        sa.Column("last_week", sa.Integer(), nullable=False),
        sa.Column("halves", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("room", sa.Text()),
        sa.Column("teacher_id", sa.Uuid()),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("outside_person_id", sa.Uuid()),
        sa.Column("fee", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True)),
        sa.Column("frozen_for", sa.Text()),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_offering_term_is_normal")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_offering_window_is_not_empty")),
        sa.CheckConstraint("(frozen_at IS NULL) = (frozen_for IS NULL)", name=op.f("ck_offering_frozen_for_a_reason")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_offering_school_id_school")),
        sa.ForeignKeyConstraint(["teacher_id"], ["teacher.id"], name=op.f("fk_offering_teacher_id_teacher")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_offering_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_offering_school_id_term_category", "offering", ["school_id", "term", "category"])
    op.create_index(
        "ix_offering_provider_id", "offering", ["provider_id"], postgresql_where=sa.text("provider_id IS NOT NULL")
    )
    op.create_table(
        "offering_period",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_offering_period_offering_id_offering")),
        sa.PrimaryKeyConstraint("offering_id", "weekday", "number", name=op.f("pk_offering_period")),
    )
    op.create_table(
        "seat_pool",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("enrolled", "offered", "waiting", "held_back")
        ),
        sa.Column("release_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "enrolled >= 0 AND offered >= 0 AND enrolled + offered <= size",
            name=op.f("ck_seat_pool_never_oversold"),
        ),
        sa.CheckConstraint(
            "waiting = 0 OR (waiting > 0 AND enrolled + offered + held_back = size)",
            name=op.f("ck_seat_pool_nobody_waits_for_a_free_seat"),
        ),
        sa.CheckConstraint("held_back >= 0", name=op.f("ck_seat_pool_held_back_not_negative")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_seat_pool_offering_id_offering")),
        sa.PrimaryKeyConstraint("offering_id", "group", name=op.f("pk_seat_pool")),
        postgresql_with={"fillfactor": 50},
    )


def _occupations() -> None:
    """Who is where in the week. The key lets nobody be in two places."""
    op.create_table(
        "occupation",
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("half", sa.SmallInteger(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("half IN (1, 2)", name=op.f("ck_occupation_half_of_a_term")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_occupation_offering_id_offering")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_occupation_term_id_term")),
        sa.PrimaryKeyConstraint("holder_id", "term_id", "weekday", "number", "half", name=op.f("pk_occupation")),
    )
    op.create_index("ix_occupation_offering_id_holder_id", "occupation", ["offering_id", "holder_id"])


def _providers() -> None:
    """Copies of the registry's institutions and permits."""
    op.create_table(
        "provider",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("merged_into", sa.Uuid()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_provider")),
    )
    op.create_index("ix_provider_district_institution_id", "provider", ["district", "institution_id"])
    op.create_index(
        "ix_provider_merged_into", "provider", ["merged_into"], postgresql_where=sa.text("merged_into IS NOT NULL")
    )
    op.create_table(
        "provider_permit",
        sa.Column("permit_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("suspended_from", sa.Date()),
        sa.Column("suspended_until", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("ending", sa.Text()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("permit_id", name=op.f("pk_provider_permit")),
    )
    op.create_index("ix_provider_permit_institution_id", "provider_permit", ["institution_id"])


def _engagements() -> None:
    """White lists of counties, and people from outside with their background checks."""
    op.create_table(
        "provider_listing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(WITHDRAWN_FOR_A_REASON, name=op.f("ck_provider_listing_withdrawn_for_a_reason")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_provider_listing_days_in_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_listing")),
    )
    op.create_index(
        "uq_provider_listing_institution_id_district",
        "provider_listing",
        ["institution_id", "district", "valid_from"],
        unique=True,
        postgresql_where=sa.text(STANDS),
    )
    op.create_table(
        "outside_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_on", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("reference", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_person")),
    )
    op.create_index("ix_outside_person_institution_id", "outside_person", ["institution_id"])


def downgrade() -> None:
    for table in (
        *("outside_person", "provider_listing", "provider_permit", "provider"),
        *("occupation", "seat_pool", "offering_period", "offering"),
    ):
        op.drop_table(table)
