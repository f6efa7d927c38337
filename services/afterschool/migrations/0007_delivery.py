"""What is delivered: sessions on their days, attendance with every mark that was sent, pick-ups, and wishes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _sessions()
    _attendance()
    _pickups()
    _wishes()


def _sessions() -> None:
    """Sessions with counts of their children, and the make-up workdays that have a timetable."""
    op.create_table(
        "course_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("care", sa.Text(), nullable=False),
        sa.Column("teacher_id", sa.Uuid()),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("outside_person_id", sa.Uuid()),
        sa.Column("substitute_id", sa.Uuid()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cancelled_for", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("present", "absent", "excused", "late", "left_early")
        ),
        sa.Column("led", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_course_session_time_not_empty")),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_for IS NOT NULL)", name=op.f("ck_course_session_cancelled_for_a_reason")
        ),
        sa.CheckConstraint(
            "least(present, absent, excused, late, left_early) >= 0", name=op.f("ck_course_session_counts_not_negative")
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_course_session_offering_id_offering")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_course_session_school_id_school")),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["teacher.id"], name=op.f("fk_course_session_substitute_id_teacher")
        ),
        sa.ForeignKeyConstraint(["teacher_id"], ["teacher.id"], name=op.f("fk_course_session_teacher_id_teacher")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_course_session_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_session")),
        sa.UniqueConstraint(
            "offering_id", "on_day", "number", name=op.f("uq_course_session_offering_id_on_day_number")
        ),
    )
    op.create_index("ix_course_session_on_day", "course_session", ["on_day"])
    op.create_index("ix_course_session_school_id_on_day", "course_session", ["school_id", "on_day"])
    op.create_index("ix_course_session_teacher_id_on_day", "course_session", ["teacher_id", "on_day"])
    op.create_index(
        "ix_course_session_substitute_id_on_day",
        "course_session",
        ["substitute_id", "on_day"],
        postgresql_where=sa.text("substitute_id IS NOT NULL"),
    )
    op.create_table(
        "makeup_timetable",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_makeup_timetable_school_id_school")),
        sa.PrimaryKeyConstraint("school_id", "on_day", name=op.f("pk_makeup_timetable")),
    )


def _attendance() -> None:
    """The attendance that holds, and every mark as it was sent."""
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("teacher", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('present', 'absent', 'excused', 'late', 'left_early', 'not_taken')",
            name=op.f("ck_attendance_state_is_known"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_attendance_school_id_school")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["course_session.id"], name=op.f("fk_attendance_session_id_course_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("session_id", "person_id", name=op.f("uq_attendance_session_id_person_id")),
    )
    op.create_index("ix_attendance_person_id_session_id", "attendance", ["person_id", "session_id"])
    op.create_index("ix_attendance_school_id_id", "attendance", ["school_id", "id"])
    op.create_table(
        "attendance_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("teacher", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("theirs", postgresql.JSONB()),
        sa.ForeignKeyConstraint(
            ["session_id"], ["course_session.id"], name=op.f("fk_attendance_mark_session_id_course_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_mark")),
    )
    op.create_index("ix_attendance_mark_session_id_person_id", "attendance_mark", ["session_id", "person_id"])


def _pickups() -> None:
    """Who picked up which child; names of others than guardians are sealed persons."""
    op.create_table(
        "pickup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("guardianship_id", sa.Uuid()),
        sa.Column("picked_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardianship_id"], ["guardianship.id"], name=op.f("fk_pickup_guardianship_id_guardianship")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["course_session.id"], name=op.f("fk_pickup_session_id_course_session")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_pickup_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup")),
        sa.UniqueConstraint("session_id", "student_id", name=op.f("uq_pickup_session_id_student_id")),
    )


def _wishes() -> None:
    """Whether a child is to have after-school service in a term."""
    op.create_table(
        "wish",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_wish_student_id_student")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_wish_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
        sa.UniqueConstraint("student_id", "term_id", name=op.f("uq_wish_student_id_term_id")),
    )
    op.create_index("ix_wish_term_id_wanted", "wish", ["term_id", "wanted"])


def downgrade() -> None:
    for table in ("wish", "pickup", "attendance_mark", "attendance", "makeup_timetable", "course_session"):
        op.drop_table(table)
