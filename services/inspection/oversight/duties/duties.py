"""What is open, in one statement over the tables of every slice: each step with the day by which it is owed.

Days that a law fixes are its own (working days by the calendar); the others are norms of the step's name, as in force
on the day of asking. A closed door is owed on the day of its next try, by the rule of `worklists.domain.retry_after`.
Targets that nobody has set out for are owed together, per campaign and team: a list may have a million of them.
"""

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Subquery, Text, Uuid, bindparam, column, text

from services.inspection.oversight.duties.steps import OWNERS
from services.inspection.penalties.law.domain import SERVICE_DAYS, SETTLE_DAYS
from shared.domain.dated import STANDS

_WORKING_DAYS_AFTER = """
    (SELECT day::date FROM (
        SELECT day, row_number() OVER (ORDER BY day) AS number
        FROM generate_series({start} + 1, {start} + 60, interval '1 day') AS days (day)
        LEFT JOIN known_day ON known_day."on" = day::date
        WHERE coalesce(known_day.kind = 'makeup_workday', extract(isodow FROM day) < 6)
    ) counted WHERE number = {days})
"""
_PLACE = "{t}.institution_id, {t}.district, {t}.street, {t}.team"
_CHINA = "({at} AT TIME ZONE 'Asia/Shanghai')::date"


def _step(step: str, table: str, where: str, *, due: str = "", since: str | None = None) -> str:
    """The open steps of one kind, owed on their own day; with `since`, so many days after it."""
    place = _PLACE.format(t=table)
    norm = "" if since is None else f"JOIN norm ON norm.name = '{step}'"
    day = due if since is None else f"{since} + norm.days"
    return (
        f"SELECT '{step}' AS step, {table}.id AS subject_id, {place}, {day} AS due_on, 1 AS number, '' AS part "  # noqa: S608 -- ours
        f"FROM {table} {norm} WHERE {where}"
    )


_CASE_OPEN = "penalty_case.state IN ('filed', 'investigating', 'legal_review', 'notified', 'hearing')"
_PLANNED = _CHINA.format(at="visit.planned_at")
_SUBMITTED = _CHINA.format(at="visit.submitted_at")
_REPORTED = _CHINA.format(at="violation.reported_at")
_RECEIVED = _CHINA.format(at="complaint.received_at")
_UNDER_WAY_SINCE = _CHINA.format(at="greatest(visit.started_at, visit.reviewed_at)")
_TRIED = _CHINA.format(at="coalesce(visit.started_at, visit.submitted_at)")
_ANNOUNCED = _CHINA.format(at="evidence.announced_at")
_STALLED = _CHINA.format(at="evidence.stalled_at")
_UNDECIDED = f"""
    SELECT 'sync_decision', operation.id, visit.institution_id, coalesce(visit.district, operation.district),
           visit.street, operation.team, {_CHINA.format(at="operation.received_at")} + norm.days, 1, ''
    FROM sync_operation operation
    LEFT JOIN visit ON visit.id = operation.entity_id
    JOIN norm ON norm.name = 'sync_decision'
    WHERE operation.verdict IN ('held', 'hard_conflict') AND operation.resolved_at IS NULL
"""  # noqa: S608 -- constants of ours
_RETRY = f"""
    SELECT 'retry', target.id, target.institution_id, target.district, target.street, target.team,
           CASE WHEN campaign.ends_on > tried.latest THEN least(next.day, campaign.ends_on) ELSE next.day END, 1, ''
    FROM campaign_target target
    JOIN campaign ON campaign.id = target.campaign_id
    JOIN (
        SELECT target_id, max(day) AS latest, array_agg(DISTINCT extract(isodow FROM day)) AS weekdays
        FROM (
            SELECT visit.campaign_target_id AS target_id, {_TRIED} AS day
            FROM visit WHERE visit.outcome = 'closed_door' AND visit.state IN ('done', 'reviewed')
        ) AS tries GROUP BY target_id
    ) AS tried ON tried.target_id = target.id
    JOIN norm ON norm.name = 'retry'
    CROSS JOIN LATERAL (
        SELECT min(day) AS day
        FROM (
            SELECT tried.latest + greatest(norm.days, 1) + more AS day FROM generate_series(0, 6) AS more
        ) AS week
        WHERE cardinality(tried.weekdays) = 7 OR extract(isodow FROM day) <> ALL (tried.weekdays)
    ) AS next
    WHERE target.state = 'open' AND NOT EXISTS (
        SELECT FROM visit again
        WHERE again.campaign_target_id = target.id AND again.state IN ('planned', 'started')
    )
"""  # noqa: S608 -- constants of ours
_TARGETS = """
    SELECT 'target', campaign.id, NULL::uuid, coalesce(team.district, campaign.district), NULL, waiting.team,
           campaign.ends_on, waiting.number, coalesce(waiting.team, '')
    FROM (
        SELECT campaign_id, team, sum(number)::integer AS number
        FROM (
            SELECT campaign_id, team, number FROM campaign_tally WHERE state = 'open'
            UNION ALL
            SELECT target.campaign_id, target.team, -count(DISTINCT target.id)
            FROM campaign_target target JOIN visit ON visit.campaign_target_id = target.id
            WHERE target.state = 'open' AND (
                visit.state IN ('planned', 'started')
                OR (visit.outcome = 'closed_door' AND visit.state IN ('done', 'reviewed'))
            )
            GROUP BY target.campaign_id, target.team
        ) AS counted GROUP BY campaign_id, team
    ) AS waiting
    JOIN campaign ON campaign.id = waiting.campaign_id AND campaign.state = 'open'
    LEFT JOIN team ON team.code = waiting.team
    WHERE waiting.number > 0
"""
_RECHECKS = f"""
    SELECT 'recheck', recheck.id, recheck.institution_id, recheck.district, NULL, recheck.by_team,
           {_CHINA.format(at="round.drawn_at")} + norm.days, 1, ''
    FROM recheck JOIN recheck_round round ON round.id = recheck.round_id
    JOIN norm ON norm.name = 'recheck'
    WHERE recheck.state = 'open'
"""  # noqa: S608 -- constants of ours
_OF_THEIR_OWN = "visit.state = 'planned' AND visit.purpose IS DISTINCT FROM 'verification'"
_OPEN = "\nUNION ALL\n".join(
    [
        _step("visit", "visit", _OF_THEIR_OWN, since=_PLANNED),
        _step("verification", "visit", "visit.state = 'planned' AND visit.purpose = 'verification'", since=_PLANNED),
        _step("submission", "visit", "visit.state = 'started'", since=_UNDER_WAY_SINCE),
        _step("review", "visit", "visit.state = 'done'", since=_SUBMITTED),
        _step("order", "violation", "violation.state = 'reported'", since=_REPORTED),
        _step("rectification", "violation", "violation.state = 'rectification_ordered'", due="violation.due_on"),
        _step("case_decision", "penalty_case", _CASE_OPEN, due="penalty_case.due_on"),
        _step(
            "case_preserved",
            "penalty_case",
            f"{_CASE_OPEN} AND penalty_case.preserved_on IS NOT NULL AND penalty_case.settled_on IS NULL",
            due=_WORKING_DAYS_AFTER.format(start="penalty_case.preserved_on", days=SETTLE_DAYS),
        ),
        _step(
            "case_hearing",
            "penalty_case",
            "penalty_case.state = 'hearing' AND penalty_case.hearing ->> 'chair' IS NOT NULL "
            "AND penalty_case.hearing ->> 'held' IS NULL",
            due="penalty_case.hearing_on",
        ),
        _step(
            "case_service",
            "penalty_case",
            "penalty_case.state = 'decided'",
            due=_WORKING_DAYS_AFTER.format(start="penalty_case.decided_on", days=SERVICE_DAYS),
        ),
        _step("complaint_match", "complaint", "complaint.state = 'received'", since=_RECEIVED),
        _step(
            "complaint_answer",
            "complaint",
            "complaint.state IN ('received', 'matched', 'investigating', 'joined')",
            due="complaint.due_on",
        ),
        _step("evidence", "evidence", "evidence.state = 'announced'", since=_ANNOUNCED),
        _step("evidence_stalled", "evidence", "evidence.stalled_at IS NOT NULL", due=_STALLED),
        _UNDECIDED,
        _RETRY,
        _TARGETS,
        _RECHECKS,
    ]
)
_ROLES = ", ".join(f"('{step.value}', '{role.value}')" for step, role in OWNERS.items())

_DUTIES = f"""
    WITH norm AS (
        SELECT DISTINCT ON (name) name, value::integer AS days
        FROM norm AS decided WHERE valid_from <= :on AND {STANDS} ORDER BY name, valid_from DESC
    ), open AS ({_OPEN})
    SELECT open.step, open.subject_id, open.part, open.institution_id, open.district, open.street, open.team,
           open.due_on, open.number, greatest(:on - open.due_on, 0) AS days_late, owner.role,
           responsible.officer AS owner
    FROM open
    JOIN (VALUES {_ROLES}) AS owner (step, role) ON owner.step = open.step
    LEFT JOIN responsible ON responsible.institution_id = open.institution_id AND responsible.role = owner.role
"""  # noqa: S608 -- constants of ours

_COLUMNS: dict[str, Any] = {
    "step": Text, "subject_id": Uuid, "part": Text, "institution_id": Uuid, "district": Text, "street": Text,
    "team": Text, "due_on": Date, "number": Integer, "days_late": Integer, "role": Text, "owner": Text,
}  # fmt: skip


def duties_on(on: date) -> Subquery:
    """Every open step as a table to select from."""
    statement = text(_DUTIES).bindparams(bindparam("on", on, type_=Date))
    return statement.columns(*[column(name, kind) for name, kind in _COLUMNS.items()]).subquery("duty")
