"""Open steps of visits, and of the targets of campaigns that wait for one.

A closed door is owed on the day of its next try, by the rule of `worklists.domain.retry_after`. Targets without a visit
are owed together, per campaign and team: a list may have a million of them.
"""

from services.inspection.owed import china_day, open_step

_PLANNED = china_day("visit.planned_at")
_TRIED = china_day("coalesce(visit.started_at, visit.submitted_at)")
_UNDER_WAY_SINCE = china_day("greatest(visit.started_at, visit.reviewed_at)")
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

OWED = (
    open_step(
        "visit", "visit", "visit.state = 'planned' AND visit.purpose IS DISTINCT FROM 'verification'", since=_PLANNED
    ),
    open_step("verification", "visit", "visit.state = 'planned' AND visit.purpose = 'verification'", since=_PLANNED),
    open_step("submission", "visit", "visit.state = 'started'", since=_UNDER_WAY_SINCE),
    open_step("review", "visit", "visit.state = 'done'", since=china_day("visit.submitted_at")),
    _RETRY,
    _TARGETS,
)
