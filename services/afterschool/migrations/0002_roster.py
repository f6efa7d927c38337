"""Schools and their people: terms, classes, pupils, teachers, guardians, and who read whose name."""

import sqlalchemy as sa
from alembic import op

from shared.data.database import key_condition

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _schools()
    _terms()
    _people()
    _students()
    _guardianships()
    _gate()


def _schools() -> None:
    """Schools that take part, their classes and teachers."""
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
    op.create_table(
        "school_class",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("formed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_school_class_code_is_normal")),
        sa.CheckConstraint("grade BETWEEN 1 AND 9", name=op.f("ck_school_class_grade_of_compulsory_education")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_class_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_class")),
        sa.UniqueConstraint(
            "school_id", "school_year", "code", name=op.f("uq_school_class_school_id_school_year_code")
        ),
    )
    op.create_table(
        "teacher",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_teacher_days_not_empty")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_teacher_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teacher")),
    )
    op.create_index("ix_teacher_school_id_id", "teacher", ["school_id", "id"])


def _terms() -> None:
    """Copies of the registry's terms and exceptional days."""
    op.create_table(
        "term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
    )
    op.create_index("ix_term_name", "term", ["name"])
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("year_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "exceptional_day",
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("on_day", name=op.f("pk_exceptional_day")),
    )


def _people() -> None:
    """Sealed identities."""
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.LargeBinary())
            for name in ("name", "number", "phone", "reference", "name_print", "number_print", "reference_print")
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("(erased_at IS NULL) = (name IS NOT NULL)", name=op.f("ck_person_erased_or_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_key_id", "person", ["key_id"])
    op.create_index(
        "ix_person_name_print", "person", ["kind", "name_print"], postgresql_where=sa.text("name_print IS NOT NULL")
    )
    op.create_index("uq_person_number_print", "person", ["kind", "number_print"], unique=True)
    op.create_index("uq_person_reference_print", "person", ["kind", "reference_print"], unique=True)


def _students() -> None:
    """Pupils by pseudonym, the class of each day, and groups with reserved seats."""
    op.create_table(
        "student",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credit", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_membership_days_not_empty")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_membership_class_id_school_class")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_membership_school_id_school")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_membership_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_class_id", "membership", ["class_id", "student_id"])
    op.create_index("ix_membership_school_id", "membership", ["school_id", "student_id"])
    op.create_index("ix_membership_student_id_valid_from", "membership", ["student_id", "valid_from"], unique=True)
    op.create_index(
        "uq_membership_student_id_open",
        "membership",
        ["student_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "student_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_student_group_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_group")),
    )
    op.create_index("ix_student_group_student_id", "student_group", ["student_id"])
    op.create_index(
        "uq_student_group_student_id_group_open",
        "student_group",
        ["student_id", "group"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )


def _guardianships() -> None:
    """Who may act for a child, and the codes that prove it."""
    op.create_table(
        "guardianship",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("may_act", sa.Boolean(), nullable=False),
        sa.Column("may_see", sa.Boolean(), nullable=False),
        sa.Column("barred", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("name_print", sa.LargeBinary()),
        sa.Column("reference_print", sa.LargeBinary()),
        sa.Column("proven_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_guardianship_days_not_empty")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_guardianship_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardianship")),
    )
    op.create_index("ix_guardianship_student_id_subject", "guardianship", ["student_id", "subject"])
    op.create_index(
        "ix_guardianship_subject", "guardianship", ["subject"], postgresql_where=sa.text("subject IS NOT NULL")
    )
    for name in ("name_print", "reference_print"):
        op.create_index(f"uq_guardianship_student_id_{name}", "guardianship", ["student_id", name], unique=True)
    op.create_table(
        "guardianship_code",
        sa.Column("guardianship_id", sa.Uuid(), nullable=False),
        sa.Column("code_print", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["guardianship_id"], ["guardianship.id"], name=op.f("fk_guardianship_code_guardianship_id_guardianship")
        ),
        sa.PrimaryKeyConstraint("guardianship_id", name=op.f("pk_guardianship_code")),
        sa.UniqueConstraint("code_print", name=op.f("uq_guardianship_code_code_print")),
    )


def _gate() -> None:
    """Consents, approvals, and a row for every read of a child's identity."""
    op.create_table(
        "consent",
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_consent_student_id_student")),
        sa.PrimaryKeyConstraint("student_id", "purpose", name=op.f("pk_consent")),
    )
    op.create_table(
        "access_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid()),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("approved", sa.Boolean()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_access_request_school_id_school")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_access_request_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
    )
    op.create_index("ix_access_request_school_id_requester", "access_request", ["school_id", "requester"])
    op.create_table(
        "identity_read",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Uuid()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["access_request.id"], name=op.f("fk_identity_read_approval_id_access_request")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_identity_read_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_read")),
    )
    op.create_index("ix_identity_read_student_id_at", "identity_read", ["student_id", sa.text("at DESC")])


def downgrade() -> None:
    for table in (
        *("identity_read", "access_request", "consent", "guardianship_code", "guardianship", "student_group"),
        *("membership", "student", "person", "exceptional_day", "calendar_year", "term"),
        *("teacher", "school_class", "school"),
    ):
        op.drop_table(table)
