"""`GET /v1/campaigns/{campaign_id}/worklist`."""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.inspection.field.teams.domain import TeamNotFound
from services.inspection.planning.risks.domain import RiskClass
from services.inspection.planning.worklists import queries
from services.inspection.planning.worklists.domain import (
    Order,
    StartIncomplete,
    Stop,
    TimeOfDay,
    WorklistTeamMissing,
    ordered,
)
from services.inspection.rounds.campaigns import queries as campaigns
from services.inspection.rounds.campaigns.domain import CampaignNotFound
from services.inspection.rulebook.norms.domain import NormUnknown
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, NUMBER, Day
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/campaigns", tags=["campaigns"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class ReasonOut(BaseModel):
    """One reason for the points; `number` counts violations or days."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    number: int | None
    points: int


class RiskOut(BaseModel):
    """The risk points of a target. They order the list; they never exclude a target."""

    model_config = ConfigDict(from_attributes=True)

    points: int
    risk_class: RiskClass
    reasons: list[ReasonOut]


class RetryOut(BaseModel):
    """When to try a closed door again."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    time_of_day: TimeOfDay


class StopOut(BaseModel):
    """A stop. `metres` is the distance from the previous stop; `located` is false without coordinates; `due` is false
    if the next attempt is on a later day."""

    place: int
    target_id: UUID
    institution_id: UUID
    name: str | None
    address: str | None
    grid: str | None
    lon: float | None
    lat: float | None
    located: bool
    due: bool
    metres: float | None
    attempts: int
    risk: RiskOut
    retry: RetryOut | None


class WorklistOut(BaseModel):
    """A team's worklist of a day: the first stops, and the number of open targets left for later."""

    campaign_id: UUID
    team: str
    on: date
    order: Order
    open_total: int
    without_coordinates: int
    left_for_later: int
    metres: float
    stops: list[StopOut]


@router.get(
    "/{campaign_id}/worklist",
    response_model=WorklistOut,
    responses=problems(CampaignNotFound, TeamNotFound, WorklistTeamMissing, StartIncomplete, NormUnknown),
)
async def get_worklist(
    campaign_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    team: Annotated[
        str | None, KEY, Query(max_length=100, description="The team's code. Default: the caller's team.")
    ] = None,
    order: Order = Order.NEAREST,
    lon: Annotated[
        float | None, NUMBER, Query(ge=-180, le=180, allow_inf_nan=False, description="Longitude of the start.")
    ] = None,
    lat: Annotated[float | None, NUMBER, Query(ge=-90, le=90, allow_inf_nan=False)] = None,
    limit: Annotated[int, NUMBER, Query(ge=1, le=200)] = 30,
    on: Annotated[Day | None, Query(description="The day. Default: today.")] = None,
) -> WorklistOut:
    """A team's open targets in the order of the day: each time the nearest stop, or the riskiest first with the
    reasons.

    Closed doors wait for the day of their next attempt; targets without coordinates come last. The counts include all.
    """
    campaign = await campaigns.campaign(session, campaign_id, caller)
    meant = await queries.team_meant(session, team, caller)
    if (lon is None) != (lat is None):
        raise StartIncomplete(pointer="/query/lon" if lon is None else "/query/lat")
    start = (lon, lat) if lon is not None and lat is not None else None
    day = on or china_date(utc_now())
    works = await queries.open_work(session, campaign, meant.code, on=day)
    stops, left = await asyncio.to_thread(ordered, works, order, start=start, on=day, limit=limit)
    return WorklistOut(
        campaign_id=campaign.id,
        team=meant.code,
        on=day,
        order=order,
        open_total=len(works),
        without_coordinates=sum(not work.located for work in works),
        left_for_later=left,
        metres=sum(stop.metres or 0 for stop in stops),
        stops=[_stop_out(place, stop) for place, stop in enumerate(stops, 1)],
    )


def _stop_out(place: int, stop: Stop) -> StopOut:
    work = stop.work
    return StopOut(
        place=place,
        target_id=work.target_id,
        institution_id=work.institution_id,
        name=work.name,
        address=work.address,
        grid=work.grid,
        lon=work.lon,
        lat=work.lat,
        located=work.located,
        due=stop.due,
        metres=stop.metres,
        attempts=work.attempts,
        risk=RiskOut.model_validate(work.risk),
        retry=RetryOut.model_validate(work.retry) if work.retry else None,
    )
