"""the calendar years, rules and procedures that came with the database are published like all others"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TELL = """
    WITH told AS (
        UPDATE {table} SET version = 1 WHERE version = 0 RETURNING *
    ), fact AS (
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor, reason)
        SELECT gen_random_uuid(), 'registry.norms.v1', '{type}', id, 1, {payload}, 'migration', 'came with the database'
        FROM told ORDER BY id
        RETURNING id
    )
    INSERT INTO outbox_pending (journal_id) SELECT id FROM fact
"""
YEAR = """
    json_build_object('year_id', id, 'year', year, 'source', source, 'at', published_at, 'days', (
        SELECT coalesce(json_agg(json_build_object('on', d."on", 'kind', d.kind, 'name', d.name) ORDER BY d."on"), '[]')
        FROM calendar_day d WHERE d.year_id = told.id))
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
    for table, kind, payload in (
        ("calendar_year", "registry.calendar_year.published.v1", YEAR),
        ("rule", "registry.rule.enacted.v1", RULE),
        ("procedure", "registry.procedure.enacted.v1", PROCEDURE),
    ):
        op.execute(TELL.format(table=table, type=kind, payload=payload).replace(":", r"\:"))


def downgrade() -> None:
    """What was told stays told: the journal is append-only."""
