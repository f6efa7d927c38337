"""Open steps of violations."""

from services.inspection.owed import china_day, open_step

OWED = (
    open_step("order", "violation", "violation.state = 'reported'", since=china_day("violation.reported_at")),
    open_step("rectification", "violation", "violation.state = 'rectification_ordered'", due="violation.due_on"),
)
