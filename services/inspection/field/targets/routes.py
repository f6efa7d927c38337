"""`/v1/blind-spots`: what grids, teams and visits do not cover."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.inspection.field.grids import queries as grids
from services.inspection.field.grids.domain import NOWHERE, BlindSpot
from services.inspection.field.targets import queries
from services.inspection.field.targets.domain import Target
from services.inspection.field.teams import queries as teams
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import NUMBER
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, service_router

router = service_router(prefix="/v1/blind-spots", tags=["blind spots"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]


class BlindSpotsOut(BaseModel):
    """Counts: targets by kind of blind spot, targets per grid, and grids without a team."""

    placed: int
    unplaced: int
    by_reason: dict[str, int]
    by_grid: dict[str, int]
    grids_without_team: list[str]


class BlindTargetOut(BaseModel):
    """A target in a blind spot."""

    model_config = ConfigDict(from_attributes=True)

    institution_id: UUID
    name: str
    address: str
    district: str | None
    street: str | None
    lon: float | None
    lat: float | None
    external_ref: str | None
    grid: str | None
    blind_spot: BlindSpot | None
    last_visited_on: date | None


class StrayTargetOut(BlindTargetOut):
    """A target outside every grid, with the nearest grid and its distance in metres. The nearest grid is never assigned
    automatically."""

    nearest: str | None = None
    metres: float | None = None


@router.get("", response_model=BlindSpotsOut)
async def get_blind_spots(caller: ReaderDep, session: SessionDep) -> BlindSpotsOut:
    """The number of blind spots of each kind."""
    counts = await queries.placement_counts(session)
    by_grid: dict[str, int] = {}
    for row in counts:
        if row.grid is not None:
            by_grid[row.grid] = by_grid.get(row.grid, 0) + row.targets
    codes = await grids.codes_on(session, china_date(utc_now()))
    return BlindSpotsOut(
        placed=sum(by_grid.values()),
        unplaced=sum(row.targets for row in counts if row.grid is None),
        by_reason=dict(queries.as_mapping(counts)),
        by_grid=dict(sorted(by_grid.items())),
        grids_without_team=sorted(codes - await teams.covered_grids(session)),
    )


@router.get("/targets", response_model=Page[StrayTargetOut])
async def list_blind_targets(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    reason: BlindSpot | None = None,
) -> PageOf[StrayTargetOut]:
    """Institutions in no grid, in several grids, or too near to a border to decide."""
    (after,) = page.position(reason=reason) or (None,)
    found = await queries.blind_spots(session, caller, reason=reason, after=_id(after), limit=page.limit + 1)
    index = await grids.index_if_any(session, china_date(utc_now()))
    points = index.place([(one.lon, one.lat) for one in found]) if index is not None else [NOWHERE] * len(found)
    items = [
        StrayTargetOut.model_validate(one).model_copy(update={"nearest": point.nearest, "metres": point.metres})
        if one.grid is None
        else StrayTargetOut.model_validate(one)
        for one, point in zip(found, points, strict=True)
    ]
    return page.page(items, "institution_id", reason=reason)


@router.get("/unvisited", response_model=Page[BlindTargetOut])
async def list_unvisited_targets(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    days: Annotated[int, NUMBER, Query(ge=1, le=3650)] = 180,
) -> PageOf[Target]:
    """Institutions without a visit for at least this number of days."""
    (after,) = page.position(days=days) or (None,)
    since = china_date(utc_now()) - timedelta(days=days)
    found = await queries.unvisited(session, caller, since=since, after=_id(after), limit=page.limit + 1)
    return page.page(found, "institution_id", days=days)


def _id(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
