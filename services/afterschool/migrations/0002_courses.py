"""After-school service (课后服务): schools, their courses, children and their places."""

import sqlalchemy as sa
from alembic import op

from shared.data.database import key_condition

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _schools()
    _offerings()
    _enrolments()


def _schools() -> None:
    """Schools that take part."""
    op.create_table(
        "school",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("street", sa.Text()),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_school_code_is_normal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("code", name=op.f("uq_school_code")),
    )
    op.create_index("ix_school_district_street_id", "school", ["district", "street", "id"])


def _offerings() -> None:
    """Courses with a number of places. The constraints forbid overselling, and a queue beside a free place."""
    op.create_table(
        "offering",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("enrolled", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_offering_term_is_normal")),
        sa.CheckConstraint("enrolled BETWEEN 0 AND capacity", name=op.f("ck_offering_never_oversold")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_offering_window_is_not_empty")),
        sa.CheckConstraint(
            "waiting = 0 OR (waiting > 0 AND (enrolled = capacity OR enrolled + held_back = capacity))",
            name=op.f("ck_offering_nobody_waits_for_a_free_seat"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_offering_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_offering_school_id_term_category", "offering", ["school_id", "term", "category"])


def _enrolments() -> None:
    """Children by pseudonym, and their requests for places in the order of asking."""
    op.create_table(
        "student",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
    )
    op.create_index(op.f("ix_student_guardian"), "student", ["guardian"])
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_enrolment_offering_id_offering")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_enrolment_school_id_school")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_enrolment_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    op.create_index("ix_enrolment_offering_id_id", "enrolment", ["offering_id", "id"])
    op.create_index(
        "ix_enrolment_queue",
        "enrolment",
        ["offering_id", "ticket"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_enrolment_school_id_id", "enrolment", ["school_id", "id"])
    op.create_index("ix_enrolment_student_id", "enrolment", ["student_id"])
    op.create_index(
        "uq_enrolment_offering_id_student_id",
        "enrolment",
        ["offering_id", "student_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )


def downgrade() -> None:
    for table in ("enrolment", "student", "offering", "school"):
        op.drop_table(table)
