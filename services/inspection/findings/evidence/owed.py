"""Open steps of evidence: the upload of what was announced, and the decision on what cannot be cleaned."""

from services.inspection.owed import china_day, open_step

OWED = (
    open_step("evidence", "evidence", "evidence.state = 'announced'", since=china_day("evidence.announced_at")),
    open_step("evidence_stalled", "evidence", "evidence.stalled_at IS NOT NULL", due=china_day("evidence.stalled_at")),
)
