"""procedures, applications, permits and transformations"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LICENSING_LAW = "《中华人民共和国行政许可法》第三十二条、第四十二条；材料清单为平台缺省，由市局核定"
DEFAULT = "平台缺省流程，由市局核定（《关于进一步减轻义务教育阶段学生作业负担和校外培训负担的意见》2021-07-24）"

DOCUMENTS = [
    ("application_form", "设立申请书"),
    ("sponsor_identity", "举办者身份证明"),
    ("charter", "办学章程"),
    ("premises", "办学场所产权或租赁证明"),
    ("fire_safety", "消防安全证明"),
    ("staff_list", "负责人及教职工名单与资格证明"),
    ("funds", "开办资金证明"),
    ("courses_and_fees", "课程与收费方案"),
]
# Working days: five to say what is missing, twenty from acceptance to decision, ten more with leave (art. 32, 42).
NEW_PERMIT = {
    "matter": "new_permit",
    "valid_from": "2004-07-01",
    "documents": [{"code": code, "name": name, "required": True} for code, name in DOCUMENTS],
    "deciding_office": "bureau",
    "site_visit": True,
    "days": {"submitted": 5, "returned": 30, "accepted": 5, "site_visit_requested": 10, "site_visited": 5},
    "overall_days": 20,
    "extension_days": 10,
    "steps": [],
    "permit": "kept",
    "source": LICENSING_LAW,
}


def transformation(matter: str, permit: str, overall_days: int, *steps: tuple[str, str, int]) -> dict[str, object]:
    return {
        "matter": matter,
        "valid_from": "2021-07-24",
        "documents": [],
        "deciding_office": "bureau",
        "site_visit": False,
        "days": {},
        "overall_days": overall_days,
        "extension_days": 0,
        "steps": [{"code": code, "name": name, "days": days} for code, name, days in steps],
        "permit": permit,
        "source": DEFAULT,
    }


PROCEDURES = [
    NEW_PERMIT,
    transformation(
        "to_non_subject",
        "cancelled",
        60,
        ("plan_filed", "提交转型方案", 10),
        ("subject_courses_stopped", "停止学科类课程", 15),
        ("fees_settled", "退还或转移预收费", 40),
        ("registration_changed", "变更法人登记与经营范围", 60),
    ),
    transformation(
        "to_non_profit",
        "kept",
        60,
        ("plan_filed", "提交转登记方案", 10),
        ("accounts_settled", "财务清算", 40),
        ("registration_changed", "办理非营利性法人登记", 60),
    ),
    transformation(
        "closure",
        "cancelled",
        40,
        ("plan_filed", "提交终止办学方案", 5),
        ("fees_refunded", "退还学员费用", 20),
        ("staff_settled", "妥善安置教职工", 30),
        ("permit_returned", "交回办学许可证", 40),
    ),
]

INSERT = sa.text(
    """
    INSERT INTO procedure (id, version, matter, valid_from, documents, deciding_office, site_visit, days, overall_days,
                           extension_days, steps, permit, source, enacted_at)
    VALUES (CAST(CAST(:id AS text) AS uuid), 0, :matter, CAST(CAST(:valid_from AS text) AS date),
            CAST(:documents AS jsonb), :deciding_office, :site_visit, CAST(:days AS jsonb), :overall_days,
            :extension_days, CAST(:steps AS jsonb), :permit, :source, now())
    """
)


def upgrade() -> None:
    op.create_table(
        "procedure",
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("deciding_office", sa.Text(), nullable=False),
        sa.Column("site_visit", sa.Boolean(), nullable=False),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("overall_days", sa.Integer(), nullable=False),
        sa.Column("extension_days", sa.Integer(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("permit", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("enacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure")),
        sa.UniqueConstraint(
            "matter",
            "kind",
            "district",
            "valid_from",
            name=op.f("uq_procedure_matter_kind_district_valid_from"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "permit_number",
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district", name=op.f("pk_permit_number")),
    )
    op.create_table(
        "permit",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("suspended_from", sa.Date(), nullable=True),
        sa.Column("suspended_until", sa.Date(), nullable=True),
        sa.Column("suspension_cause", sa.Text(), nullable=True),
        sa.Column("suspension_basis", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("ending_cause", sa.Text(), nullable=True),
        sa.Column("ending_basis", sa.Text(), nullable=True),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(ended_on IS NULL) = (ending IS NULL)", name=op.f("ck_permit_ended_in_a_way")),
        sa.CheckConstraint(
            "(suspended_from IS NULL) = (suspended_until IS NULL)", name=op.f("ck_permit_suspended_between_days")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit")),
        sa.UniqueConstraint("number", name=op.f("uq_permit_number")),
    )
    op.create_index("ix_permit_district_id", "permit", ["district", "id"], unique=False)
    op.create_index("ix_permit_institution_id_id", "permit", ["institution_id", "id"], unique=False)
    op.create_index("ix_permit_valid_to_id", "permit", ["valid_to", "id"], unique=False)
    op.create_table(
        "application",
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("newcomer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("procedure_id", sa.Uuid(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("overall_due_on", sa.Date(), nullable=True),
        sa.Column("overall_provisional", sa.Boolean(), nullable=False),
        sa.Column("extended_because", sa.Text(), nullable=True),
        sa.Column("told_missing", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("return_note", sa.Text(), nullable=True),
        sa.Column("site_visit_id", sa.Uuid(), nullable=True),
        sa.Column("site_visit_outcome", sa.Text(), nullable=True),
        sa.Column("site_visit_passed", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permit_id", sa.Uuid(), nullable=True),
        sa.Column("grounds", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR procedure_id IS NOT NULL", name=op.f("ck_application_under_a_procedure")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    op.create_index("ix_application_applicant_id", "application", ["applicant", "id"], unique=False)
    op.create_index("ix_application_institution_id_id", "application", ["institution_id", "id"], unique=False)
    op.create_index("ix_application_state_id", "application", ["state", "id"], unique=False)
    op.create_table(
        "transformation",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("procedure_id", sa.Uuid(), nullable=False),
        sa.Column("permit", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformation")),
    )
    op.create_index("ix_transformation_institution_id_id", "transformation", ["institution_id", "id"], unique=False)
    op.create_index("ix_transformation_state_id", "transformation", ["state", "id"], unique=False)
    op.create_index(
        "uq_transformation_running",
        "transformation",
        ["institution_id"],
        unique=True,
        postgresql_where=sa.text("state = 'under_way'"),
    )
    for number, procedure in enumerate(PROCEDURES, 1):
        stored = {name: json.dumps(procedure[name]) for name in ("documents", "days", "steps")}
        stored["id"] = f"00000000-0000-7000-8000-{number:012d}"  # before every id given out later
        op.execute(INSERT.bindparams(**procedure | stored))


def downgrade() -> None:
    for table in ("transformation", "application", "permit", "permit_number", "procedure"):
        op.drop_table(table)
