"""Open steps of penalty cases, each on the day that the law sets."""

from services.inspection.owed import open_step
from services.inspection.penalties.law.domain import SERVICE_DAYS, SETTLE_DAYS
from services.inspection.rulebook.calendars.queries import working_days_after

_UNDECIDED = "penalty_case.state IN ('filed', 'investigating', 'legal_review', 'notified', 'hearing')"

OWED = (
    open_step("case_decision", "penalty_case", _UNDECIDED, due="penalty_case.due_on"),
    open_step(
        "case_preserved",
        "penalty_case",
        f"{_UNDECIDED} AND penalty_case.preserved_on IS NOT NULL AND penalty_case.settled_on IS NULL",
        due=working_days_after("penalty_case.preserved_on", SETTLE_DAYS),
    ),
    open_step(
        "case_hearing",
        "penalty_case",
        "penalty_case.state = 'hearing' AND penalty_case.hearing ->> 'chair' IS NOT NULL "
        "AND penalty_case.hearing ->> 'held' IS NULL",
        due="penalty_case.hearing_on",
    ),
    open_step(
        "case_service",
        "penalty_case",
        "penalty_case.state = 'decided'",
        due=working_days_after("penalty_case.decided_on", SERVICE_DAYS),
    ),
)
