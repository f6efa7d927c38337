"""Counts a campaign's facts: the tally of its list, its visits, what they found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.findings.violations.domain import Violation, ViolationState
from services.inspection.oversight.reports.domain import Reported
from services.inspection.rounds.campaigns.domain import CampaignTarget
from services.inspection.rounds.campaigns.queries import tally
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits.domain import Visit, VisitState

_ENDED = (VisitState.DONE, VisitState.REVIEWED)


async def reported(session: AsyncSession, campaign_id: UUID) -> Reported:
    report = Reported()
    for grid, team, state, number in await tally(session, campaign_id):
        for part in report.of(team, grid):
            part.add(state, number)
    for row in await _tries(session, campaign_id):
        for part in report.of(row.team, row.grid):
            part.add_tries(row.tried, row.tries, row.closed_doors)
    for row in await _visits(session, campaign_id):
        for part in report.of(row.team, row.grid):
            part.add_visits(row.number, row.visited_on, row.visited_on)
        if row.visited_on is not None:
            report.day(row.visited_on).visits += row.number
    for row in await _violations(session, campaign_id):
        for part in report.of(row.team, row.grid):
            part.add_violations(row.severity, row.number)
    for row in await _closings(session, campaign_id):
        report.day(row.day).closed += row.number
    return report


async def _tries(session: AsyncSession, campaign_id: UUID) -> Sequence[Any]:
    wanted = (
        select(
            CampaignTarget.team,
            CampaignTarget.grid,
            func.count().label("tried"),
            func.sum(CampaignTarget.attempts).label("tries"),
            func.count().filter(CampaignTarget.reason == Outcome.CLOSED_DOOR).label("closed_doors"),
        )
        .where(CampaignTarget.campaign_id == campaign_id, CampaignTarget.attempts > 0)
        .group_by(CampaignTarget.team, CampaignTarget.grid)
    )
    return (await session.execute(wanted)).all()


async def _visits(session: AsyncSession, campaign_id: UUID) -> Sequence[Any]:
    wanted = (
        select(Visit.team, Visit.grid, Visit.visited_on, func.count().label("number"))
        .where(Visit.campaign_id == campaign_id, Visit.state.in_(_ENDED))
        .group_by(Visit.team, Visit.grid, Visit.visited_on)
    )
    return (await session.execute(wanted)).all()


async def _violations(session: AsyncSession, campaign_id: UUID) -> Sequence[Any]:
    wanted = (
        select(Visit.team, Visit.grid, Violation.severity, func.count().label("number"))
        .join(Violation, Violation.visit_id == Visit.id)
        .where(Visit.campaign_id == campaign_id, Violation.state != ViolationState.WITHDRAWN)
        .group_by(Visit.team, Visit.grid, Violation.severity)
    )
    return (await session.execute(wanted)).all()


async def _closings(session: AsyncSession, campaign_id: UUID) -> Sequence[Any]:
    day = cast(func.timezone("Asia/Shanghai", CampaignTarget.closed_at), Date).label("day")
    wanted = (
        select(day, func.count().label("number"))
        .where(CampaignTarget.campaign_id == campaign_id, CampaignTarget.closed_at.is_not(None))
        .group_by(day)
    )
    return (await session.execute(wanted)).all()
