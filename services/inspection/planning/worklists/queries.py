"""What a team has still to do in a campaign."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets.domain import Target
from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.domain import Team, TeamNotFound
from services.inspection.planning.risks.queries import risks
from services.inspection.planning.worklists.domain import Work, WorklistTeamMissing, retry_after
from services.inspection.rounds.campaigns.domain import Campaign, CampaignTarget, TargetState
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits.domain import Visit, VisitState
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.norms.domain import NormName
from shared.http.policies import Principal


async def team_meant(session: AsyncSession, code: str | None, caller: Principal) -> Team:
    """The team named, or the caller's own; raises `TeamNotFound` if the caller may not see it."""
    wanted = code or caller.team
    if wanted is None:
        raise WorklistTeamMissing(pointer="/query/team")
    team = await teams.team_by_code(session, wanted)
    if team is None or not caller.covers(district=team.district, team=team.code):
        raise TeamNotFound
    return team


async def open_work(session: AsyncSession, campaign: Campaign, team: str, *, on: date) -> list[Work]:
    rows = await _open_targets(session, campaign.id, team)
    scored = await risks(session, [row.institution_id for row in rows], on=on)
    tries = await closed_doors(session, campaign.id, team)
    gap_days = await norms.norm(session, NormName.RETRY, on=on)
    return [
        Work(
            target_id=row.id,
            institution_id=row.institution_id,
            name=row.name,
            address=row.address,
            grid=row.grid,
            lon=row.lon,
            lat=row.lat,
            attempts=row.attempts,
            risk=scored[row.institution_id],
            retry=retry_after(tries.get(row.id, ()), gap_days=gap_days, last_day=campaign.ends_on),
        )
        for row in rows
    ]


async def _open_targets(session: AsyncSession, campaign_id: UUID, team: str) -> Sequence[Any]:
    wanted = (
        select(
            CampaignTarget.id,
            CampaignTarget.institution_id,
            CampaignTarget.grid,
            CampaignTarget.attempts,
            Target.name,
            Target.address,
            Target.lon,
            Target.lat,
        )
        .join(Target, Target.institution_id == CampaignTarget.institution_id)
        .where(
            CampaignTarget.campaign_id == campaign_id,
            CampaignTarget.team == team,
            CampaignTarget.state == TargetState.OPEN,
        )
        .order_by(CampaignTarget.institution_id)
    )
    return (await session.execute(wanted)).all()


async def closed_doors(session: AsyncSession, campaign_id: UUID, team: str) -> dict[UUID, list[datetime]]:
    rows = await session.execute(
        select(Visit.campaign_target_id, func.coalesce(Visit.started_at, Visit.submitted_at).label("at"))
        .join(CampaignTarget, CampaignTarget.id == Visit.campaign_target_id)
        .where(
            Visit.campaign_id == campaign_id,
            CampaignTarget.team == team,
            Visit.outcome == Outcome.CLOSED_DOOR,
            Visit.state.in_((VisitState.DONE, VisitState.REVIEWED)),
        )
    )
    tries: dict[UUID, list[datetime]] = {}
    for row in rows:
        if row.campaign_target_id is not None and row.at is not None:
            tries.setdefault(row.campaign_target_id, []).append(row.at)
    return tries
