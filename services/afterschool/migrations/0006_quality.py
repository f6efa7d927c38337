"""Quality: the five managements with declarations, draws and shortfalls; surveys of satisfaction. Seeded with the rules
of the five managements; the journal publishes each.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.afterschool.rulebook.managements import seed as management_seed
from shared.data.database import key_condition

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PUBLISH = r"""
    WITH fact AS (
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor, reason)
        SELECT gen_random_uuid(), 'afterschool.management-rules.v1', 'afterschool.management_rule.enacted.v1',
               id, version,
               json_build_object('rule_id', id, 'management', code, 'source', source, 'valid_from', valid_from,
                                 'questions', jsonb_path_query_array(questions, '$[*].key'), 'at', now()),
               'migration', 'came with the database'
        FROM management_rule ORDER BY id
        RETURNING id
    )
    INSERT INTO outbox_pending (journal_id) SELECT id FROM fact
"""


def upgrade() -> None:
    _rules()
    _declarations()
    _draws()
    _shortfalls()
    _surveys()
    op.execute(PUBLISH)


def _rules() -> None:
    """Dated versions of what schools declare about each management."""
    rule = op.create_table(
        "management_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("enacted_at", sa.DateTime(timezone=True)),
        sa.Column("predecessor_id", sa.Uuid()),
        sa.Column("predecessor_valid_to", sa.Date()),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_management_rule_code_is_normal")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_management_rule_days_in_order")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)",
            name=op.f("ck_management_rule_withdrawn_for_a_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_management_rule")),
    )
    op.create_index(
        "uq_management_rule_code_valid_from",
        "management_rule",
        ["code", "valid_from"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.bulk_insert(rule, management_seed.rows())


def _declarations() -> None:
    """What schools declare, signed by a second person."""
    op.create_table(
        "management_declaration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("management", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("falls_short", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.Text()),
        sa.Column("signed_at", sa.DateTime(timezone=True)),
        sa.Column("draw_id", sa.Uuid()),
        sa.Column("verified_by", sa.Text()),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.Column("verification_note", sa.Text()),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_management_declaration_term_is_normal")),
        sa.CheckConstraint(
            "signed_by IS NULL OR signed_by <> declared_by", name=op.f("ck_management_declaration_signed_by_another")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_management_declaration_school_id_school")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["management_rule.id"], name=op.f("fk_management_declaration_rule_id_management_rule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_management_declaration")),
    )
    op.create_index("ix_management_declaration_term_id", "management_declaration", ["term", "id"])
    op.create_index(
        "uq_management_declaration_school_id_term_management",
        "management_declaration",
        ["school_id", "term", "management"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )


def _draws() -> None:
    """Samples of declarations, drawn from a promised secret and a public value."""
    op.create_table(
        "management_draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("managements", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=False),
        sa.Column("public_source", sa.Text(), nullable=False),
        sa.Column("public_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("targets_total", sa.Integer(), nullable=False),
        sa.Column("drawn_total", sa.Integer(), nullable=False),
        sa.Column(
            "secret",
            sa.LargeBinary(),
            nullable=False,
            comment="32 bytes, unknown to anybody until the draw is revealed",
        ),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False, comment="canonical JSON, as it was hashed"),
        sa.Column("targets", sa.Text(), nullable=False, comment="canonical JSON, as it was hashed"),
        sa.Column("public_value", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True)),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("cancellation_reason", sa.Text()),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_management_draw_term_is_normal")),
        sa.CheckConstraint(
            "(state = 'revealed') = (result IS NOT NULL)", name=op.f("ck_management_draw_revealed_with_a_result")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_management_draw")),
    )


def _shortfalls() -> None:
    """Where a school falls short, and by when it must make it good."""
    op.create_table(
        "management_shortfall",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("management", sa.Text(), nullable=False),
        sa.Column("questions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closing_note", sa.Text()),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_management_shortfall_term_is_normal")),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_management_shortfall_closed_at_a_time")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["management_declaration.id"],
            name=op.f("fk_management_shortfall_declaration_id_management_declaration"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_management_shortfall_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_management_shortfall")),
    )
    op.create_index("ix_management_shortfall_school_id_id", "management_shortfall", ["school_id", "id"])
    op.create_index(
        "uq_management_shortfall_declaration_id_found_by",
        "management_shortfall",
        ["declaration_id", "found_by"],
        unique=True,
    )


def _surveys() -> None:
    """Surveys: who has answered, and apart from it how often each choice was given; then what was published."""
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("audiences", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(key_condition("term"), name=op.f("ck_survey_term_is_normal")),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_survey_closed_at_a_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
    )
    op.create_index("ix_survey_district_id", "survey", ["district", "id"])
    op.create_table(
        "survey_participant",
        *_of_a_school(),
        sa.Column("respondent", sa.Text(), nullable=False),
        *_references("survey_participant"),
        sa.PrimaryKeyConstraint("survey_id", "audience", "school_id", "respondent", name=op.f("pk_survey_participant")),
    )
    op.create_table(
        "survey_tally",
        *_of_a_school(),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("counts", sa.ARRAY(sa.Integer()), nullable=False, comment="by item and choice, in their order"),
        sa.CheckConstraint("answered >= 0", name=op.f("ck_survey_tally_counts_people")),
        *_references("survey_tally"),
        sa.PrimaryKeyConstraint("survey_id", "audience", "school_id", name=op.f("pk_survey_tally")),
    )
    op.create_table(
        "survey_result",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("school_id", sa.Uuid()),
        sa.Column("answered", sa.Integer()),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_survey_result_survey_id_survey")),
        sa.PrimaryKeyConstraint("survey_id", "place", name=op.f("pk_survey_result")),
    )


def _of_a_school() -> list[sa.Column[object]]:
    return [
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
    ]


def _references(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f(f"fk_{table}_survey_id_survey")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f(f"fk_{table}_school_id_school")),
    ]


def downgrade() -> None:
    for table in (
        "survey_result",
        "survey_tally",
        "survey_participant",
        "survey",
        "management_shortfall",
        "management_draw",
        "management_declaration",
        "management_rule",
    ):
        op.drop_table(table)
