"""The rulebook: calendars, rules of conduct and procedures. Seeded with the announced calendars, the rules of the
double-reduction opinion and the platform's default procedures; the journal publishes each seeded record.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.registry.rulebook.calendars import seed as calendar_seed
from services.registry.rulebook.procedures import seed as procedure_seed
from services.registry.rulebook.rules import seed as rule_seed
from shared.data.database import key_condition
from shared.domain.clock import utc_now

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PUBLISH = """
    WITH fact AS (
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor, reason)
        SELECT gen_random_uuid(), 'registry.norms.v1', '{type}', id, version, {payload},
               'migration', 'came with the database'
        FROM {table} ORDER BY id
        RETURNING id
    )
    INSERT INTO outbox_pending (journal_id) SELECT id FROM fact
"""
YEAR = """
    json_build_object('year_id', id, 'year', year, 'source', source, 'at', published_at, 'days', (
        SELECT coalesce(json_agg(json_build_object('on', d."on", 'kind', d.kind, 'name', d.name) ORDER BY d."on"), '[]')
        FROM calendar_day d WHERE d.year_id = calendar_year.id))
"""
RULE = """
    json_build_object('rule_id', id, 'code', code, 'check', "check", 'scope', scope, 'parameters', parameters,
                      'citation', citation, 'effective_from', effective_from, 'effective_to', effective_to, 'at', now())
"""
PROCEDURE = """
    json_build_object('procedure_id', id, 'matter', matter, 'kind', kind, 'district', district,
                      'valid_from', valid_from, 'documents', jsonb_path_query_array(documents, '$[*].code'),
                      'deciding_office', deciding_office, 'days', days, 'overall_days', overall_days,
                      'steps', jsonb_path_query_array(steps, '$[*].code'), 'source', source, 'at', enacted_at)
"""


def upgrade() -> None:
    _calendars()
    _rules()
    _procedures()
    _publish()


def _calendars() -> None:
    """Published years with their exceptional days (holidays, make-up workdays), and terms and vacations of schools."""
    calendar_year = op.create_table(
        "calendar_year",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_year")),
    )
    op.create_index("uq_calendar_year_year", "calendar_year", ["year"], unique=True)
    calendar_day = op.create_table(
        "calendar_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("year_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["year_id"], ["calendar_year.id"], name=op.f("fk_calendar_day_year_id_calendar_year")),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "school_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_school_term_withdrawn_for_a_reason")
        ),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_school_term_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_term")),
    )
    op.create_index("ix_school_term_ends_on", "school_term", ["ends_on"])
    years, days = calendar_seed.rows()
    op.bulk_insert(calendar_year, [{**year, "published_at": utc_now()} for year in years])
    op.bulk_insert(calendar_day, days)


def _rules() -> None:
    """Dated rules of conduct, each with its source and the parameters of its check."""
    rule = op.create_table(
        "rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("scope", postgresql.JSONB(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.Column("enacted_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_rule_code_is_normal")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_rule_withdrawn_for_a_reason")
        ),
        sa.CheckConstraint(
            "effective_to IS NULL OR effective_from <= effective_to", name=op.f("ck_rule_days_in_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
    )
    op.create_index("ix_rule_code_effective_from", "rule", ["code", "effective_from"])
    op.bulk_insert(rule, rule_seed.rows())


def _procedures() -> None:
    """Dated procedures of licensing and transformation: documents, days and steps."""
    procedure = op.create_table(
        "procedure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("documents", postgresql.JSONB(), nullable=False),
        sa.Column("deciding_office", sa.Text(), nullable=False),
        sa.Column("site_visit", sa.Boolean(), nullable=False),
        sa.Column("days", postgresql.JSONB(), nullable=False),
        sa.Column("overall_days", sa.Integer(), nullable=False),
        sa.Column("extension_days", sa.Integer(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("permit", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("enacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_procedure_withdrawn_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure")),
    )
    op.create_index(
        "uq_procedure_matter_kind_district_valid_from",
        "procedure",
        ["matter", "kind", "district", "valid_from"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.bulk_insert(procedure, list(procedure_seed.rows(at=utc_now())))


def _publish() -> None:
    """Write the fact of each seeded record to the journal, with version 1, so that other services receive it."""
    for table, kind, payload in (
        ("calendar_year", "registry.calendar_year.published.v1", YEAR),
        ("rule", "registry.rule.enacted.v1", RULE),
        ("procedure", "registry.procedure.enacted.v1", PROCEDURE),
    ):
        op.execute(PUBLISH.format(table=table, type=kind, payload=payload).replace(":", r"\:"))


def downgrade() -> None:
    for table in ("procedure", "rule", "school_term", "calendar_day", "calendar_year"):
        op.drop_table(table)
