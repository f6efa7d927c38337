"""`/v1/grids`."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.inspection.grids import queries, usecases
from services.inspection.grids.domain import BlindSpot, GridSet, GridsRefused, NoGrids, survey
from shared.clock import utc_now
from shared.policies import Principal, allow
from shared.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/grids", tags=["grids"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class FeatureCollectionIn(BaseModel):
    """GeoJSON (RFC 7946), degrees in WGS 84. Foreign members (`crs`, `name`, …) are ignored, as the RFC wants."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["FeatureCollection"]
    features: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=5000)]


class FindingOut(BaseModel):
    """A feature that is no grid, and why; `feature` counts from 0."""

    feature: int
    code: str | None
    fault: str
    detail: str


class GridImportOut(BaseModel):
    """The set now in force, and what was left out of it."""

    grid_set_id: UUID
    number: int
    valid_from: date
    total: int
    accepted: int
    rejected: list[FindingOut]


class GridOut(BaseModel):
    """A street grid. The geometry is left out unless asked for."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    area_km2: float
    geometry: dict[str, Any] | None = None


class GridSetOut(BaseModel):
    """A version of the grids."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    valid_from: date
    valid_to: date | None
    source: str
    imported_at: datetime


class GridsOut(BaseModel):
    """The grids in force."""

    grid_set: GridSetOut
    items: list[GridOut]


class PlacementOut(BaseModel):
    """Where a point lies. Outside every grid, the nearest one is offered with its distance in metres."""

    grid: str | None
    name: str | None
    blind_spot: BlindSpot | None
    nearest: str | None
    metres: float | None


@router.post(
    "/import",
    status_code=status.HTTP_201_CREATED,
    response_model=GridImportOut,
    responses=problems(GridsRefused),
    max_body_size=64 * 1024 * 1024,
)
async def import_grids(
    body: FeatureCollectionIn,
    caller: Annotated[Principal, allow("bureau", "service")],
    session: SessionDep,
    response: Response,
    code_property: Annotated[str, Query(min_length=1, max_length=100)] = "code",
    name_property: Annotated[str, Query(min_length=1, max_length=100)] = "name",
    accept: Annotated[Literal["all", "valid"], Query(description="`valid` leaves faulty features out.")] = "all",
    source: Annotated[str, Query(max_length=200)] = "",
) -> GridImportOut:
    """Put a set of polygons in force as the next version of the grids, and place every institution anew."""
    found = await asyncio.to_thread(survey, body.features, code_property=code_property, name_property=name_property)
    grid_set = await usecases.activate_grids(
        session, found, accept_valid=accept == "valid", source=source, at=utc_now()
    )
    response.headers["Location"] = "/v1/grids"
    return GridImportOut(
        grid_set_id=grid_set.id,
        number=grid_set.number,
        valid_from=grid_set.valid_from,
        total=found.total,
        accepted=len(found.candidates),
        rejected=[FindingOut(**finding) for finding in usecases.report(found)],
    )


@router.get("", response_model=GridsOut, responses=problems(NoGrids))
async def list_grids(
    caller: ReaderDep, session: SessionDep, geometry: Annotated[bool, Query(description="With polygons.")] = False
) -> GridsOut:
    """The grids in force, by code."""
    grid_set = await queries.current_set(session)
    if grid_set is None:
        raise NoGrids
    return GridsOut(
        grid_set=GridSetOut.model_validate(grid_set),
        items=[
            GridOut(
                code=grid.code, name=grid.name, area_km2=grid.area_km2, geometry=grid.geometry if geometry else None
            )
            for grid in await queries.grids_of(session, grid_set.id)
        ],
    )


@router.get("/versions", response_model=list[GridSetOut])
async def list_grid_versions(caller: ReaderDep, session: SessionDep) -> Sequence[GridSet]:
    """Every version of the grids, newest first."""
    return await queries.sets(session)


@router.get("/locate", response_model=PlacementOut, responses=problems(NoGrids))
async def locate(
    caller: ReaderDep,
    session: SessionDep,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
) -> PlacementOut:
    """The grid of a point in WGS 84."""
    index = await queries.index(session)
    found = index.locate(lon, lat)
    return PlacementOut(
        grid=found.grid,
        name=index.names.get(found.grid) if found.grid else None,
        blind_spot=found.blind_spot,
        nearest=found.nearest,
        metres=found.metres,
    )
