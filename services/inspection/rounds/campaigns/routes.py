"""`/v1/campaigns`."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.field.grids.domain import GridOutsideYourDistrict, GridUnknown
from services.inspection.rounds.campaigns import queries, usecases
from services.inspection.rounds.campaigns.domain import (
    Campaign,
    CampaignDetails,
    CampaignNotDraft,
    CampaignNotFound,
    CampaignNotOpen,
    CampaignOutsideYourDistrict,
    CampaignScopeEmpty,
    CampaignState,
    Coverage,
    Scope,
    TargetsStillOpen,
    TargetState,
)
from services.inspection.rounds.campaigns.queries import TargetFilters
from shared.domain.clock import utc_now
from shared.domain.dated import MayBeWithdrawn, Withdrawn
from shared.domain.wording import KEY
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/campaigns", tags=["campaigns"])

KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class CampaignIn(CampaignDetails):
    """A campaign to plan."""


class CampaignOut(MayBeWithdrawn):
    """A campaign with its counters. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    name: str
    purpose: str | None
    scope: Scope
    district: str | None
    starts_on: date
    ends_on: date
    state: CampaignState
    targets_total: int
    closed_total: int
    discoveries_total: int
    created_at: datetime
    launched_at: datetime | None
    closed_at: datetime | None


class CampaignTargetOut(BaseModel):
    """A target of the frozen list. Name, address and point are those of the ledger today; the rest is frozen."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    campaign_id: UUID
    institution_id: UUID
    name: str | None
    address: str | None
    lon: float | None
    lat: float | None
    grid: str | None
    district: str | None
    street: str | None
    team: str | None
    state: TargetState
    reason: str | None
    visit_id: UUID | None
    attempts: int
    closed_at: datetime | None


class GridCoverage(Coverage):
    """Coverage of one grid; a null grid holds the targets outside every grid."""

    grid: str | None


class TeamCoverage(Coverage):
    """Coverage of one team; a null team holds the targets without a team."""

    team: str | None


class CoverageOut(Coverage):
    """How many targets of the frozen list are closed with a reason, and how many discoveries were made."""

    campaign_id: UUID
    state: CampaignState
    grids: list[GridCoverage]
    teams: list[TeamCoverage]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=CampaignOut,
    responses=problems(CampaignOutsideYourDistrict, GridUnknown, GridOutsideYourDistrict),
)
async def plan_campaign(body: CampaignIn, caller: KeeperDep, session: SessionDep, response: Response) -> Campaign:
    """Draft a campaign over all institutions in a scope."""
    campaign = await usecases.plan_campaign(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/campaigns/{campaign.id}"
    return campaign


@router.get("", response_model=Page[CampaignOut])
async def list_campaigns(
    caller: ReaderDep, session: SessionDep, page: PageParams, state: CampaignState | None = None
) -> PageOf[Campaign]:
    """Campaigns, oldest first."""
    (after,) = page.position(state=state) or (None,)
    found = await queries.campaigns(session, caller, state=state, after=after, limit=page.limit + 1)
    return page.page(found, "id", state=state)


@router.get(
    "/{campaign_id}",
    response_model=CampaignOut,
    responses=problems(CampaignNotFound),
)
async def get_campaign(campaign_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One campaign, with its version as ETag."""
    return await queries.campaign(session, campaign_id, caller)


@router.post(
    "/{campaign_id}/launch",
    response_model=CampaignOut,
    responses=problems(CampaignNotFound, CampaignNotDraft, CampaignScopeEmpty, CampaignOutsideYourDistrict, Withdrawn),
)
async def launch_campaign(campaign_id: UUID, caller: KeeperDep, session: SessionDep) -> Campaign:
    """Freeze the list of targets, each with the team that walks its grid, and open the campaign."""
    return await usecases.launch_campaign(session, campaign_id, caller=caller, at=utc_now())


@router.post(
    "/{campaign_id}/closure",
    response_model=CampaignOut,
    responses=problems(CampaignNotFound, CampaignNotOpen, TargetsStillOpen, CampaignOutsideYourDistrict),
)
async def close_campaign(campaign_id: UUID, caller: KeeperDep, session: SessionDep) -> Campaign:
    """Close the campaign. Refused while targets are open; the facts say how many."""
    return await usecases.close_campaign(session, campaign_id, caller=caller, at=utc_now())


@router.get("/{campaign_id}/coverage", response_model=CoverageOut, responses=problems(CampaignNotFound))
async def get_coverage(campaign_id: UUID, caller: ReaderDep, session: SessionDep) -> CoverageOut:
    """Targets closed with a reason out of the frozen list, in all, per grid and per team; and discoveries."""
    campaign = await queries.campaign(session, campaign_id, caller)
    whole = CoverageOut(campaign_id=campaign.id, state=CampaignState(campaign.state), grids=[], teams=[])
    grids: dict[str | None, GridCoverage] = {}
    teams: dict[str | None, TeamCoverage] = {}
    for grid, team, state, number in await queries.tally(session, campaign_id):
        for part in (
            whole,
            grids.setdefault(grid, GridCoverage(grid=grid)),
            teams.setdefault(team, TeamCoverage(team=team)),
        ):
            part.add(state, number)
    whole.grids = list(grids.values())
    whole.teams = sorted(teams.values(), key=lambda one: (one.team is None, one.team or ""))
    return whole


@router.get("/{campaign_id}/targets", response_model=Page[CampaignTargetOut], responses=problems(CampaignNotFound))
async def list_campaign_targets(
    campaign_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    grid: Annotated[str | None, KEY, Query(max_length=100)] = None,
    team: Annotated[str | None, KEY, Query(max_length=100)] = None,
    state: TargetState | None = None,
) -> PageOf[Any]:
    """The targets of the frozen list within the caller's reach."""
    await queries.campaign(session, campaign_id, caller)
    binding = {"campaign": campaign_id, "grid": grid, "team": team, "state": state}
    (after,) = page.position(**binding) or (None,)
    found = await queries.targets(
        session, campaign_id, caller, TargetFilters(grid, team, state), after=after, limit=page.limit + 1
    )
    return page.page(found, "institution_id", **binding)
