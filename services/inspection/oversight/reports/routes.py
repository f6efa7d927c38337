"""`GET /v1/campaigns/{campaign_id}/report`, to read and to print."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.oversight.reports import queries
from services.inspection.oversight.reports.domain import DayFigures, Figures, GridFigures, TeamFigures
from services.inspection.oversight.reports.printing import printed
from services.inspection.rounds.campaigns import queries as campaigns
from services.inspection.rounds.campaigns.domain import CampaignNotFound, CampaignState
from services.inspection.rounds.discoveries import queries as discoveries
from services.inspection.rounds.discoveries.routes import DiscoveryOut
from shared.domain.clock import utc_now
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/campaigns", tags=["campaigns"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]
SHOWN = 200
"""Discoveries that a report names."""


class ReportOut(BaseModel):
    """The results of a campaign, final once it is closed. `discovered` lists the first 200 discoveries within
    the caller's reach; the figures count all."""

    campaign_id: UUID
    name: str
    state: CampaignState
    final: bool
    starts_on: date
    ends_on: date
    launched_at: datetime | None
    closed_at: datetime | None
    whole: Figures
    teams: list[TeamFigures]
    grids: list[GridFigures]
    days: list[DayFigures]
    discovered: list[DiscoveryOut]


@router.get("/{campaign_id}/report", response_model=ReportOut, responses=problems(CampaignNotFound))
async def get_report(campaign_id: UUID, caller: ReaderDep, session: SessionDep) -> ReportOut:
    """The report of a campaign: coverage, reasons, closed doors, discoveries and violations per team, grid and day."""
    return await _report(session, campaign_id, caller)


@router.get(
    "/{campaign_id}/report/page",
    response_class=HTMLResponse,
    responses=problems(CampaignNotFound) | {200: {"content": {"text/html": {}}, "description": "The page."}},
)
async def print_report(campaign_id: UUID, caller: ReaderDep, session: SessionDep) -> HTMLResponse:
    """The same report as a page that prints on A4."""
    return HTMLResponse(printed(await _report(session, campaign_id, caller), by=caller.subject, at=utc_now()))


async def _report(session: AsyncSession, campaign_id: UUID, caller: Principal) -> ReportOut:
    campaign = await campaigns.campaign(session, campaign_id, caller)
    report = await queries.reported(session, campaign.id)
    found = await discoveries.discoveries(session, caller, campaign_id=campaign.id, after=None, limit=SHOWN)
    return ReportOut(
        campaign_id=campaign.id,
        name=campaign.name,
        state=CampaignState(campaign.state),
        final=campaign.state == CampaignState.CLOSED,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        launched_at=campaign.launched_at,
        closed_at=campaign.closed_at,
        whole=report.whole,
        teams=report.by_team(),
        grids=report.by_grid(),
        days=report.by_day(),
        discovered=[DiscoveryOut.model_validate(one) for one in found],
    )
