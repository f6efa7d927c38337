"""Open decisions on what phones sent."""

from services.inspection.owed import china_day

OWED = (
    f"""
    SELECT 'sync_decision', operation.id, visit.institution_id, coalesce(visit.district, operation.district),
           visit.street, operation.team, {china_day("operation.received_at")} + norm.days, 1, ''
    FROM sync_operation operation
    LEFT JOIN visit ON visit.id = operation.entity_id
    JOIN norm ON norm.name = 'sync_decision'
    WHERE operation.verdict IN ('held', 'hard_conflict') AND operation.resolved_at IS NULL
""",  # noqa: S608 -- constants of ours
)
