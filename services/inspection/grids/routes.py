"""`/v1/grids`."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.inspection.grids import queries, usecases
from services.inspection.grids.domain import (
    BlindSpot,
    Columns,
    GridSet,
    GridSetOutOfOrder,
    GridsRefused,
    NoGrids,
    SetState,
    survey,
)
from services.inspection.grids.successions import GridNotFound, Succession, SuccessionFault, Version, followed
from shared.clock import china_date, utc_now
from shared.policies import Principal, allow
from shared.web import SessionDep, problems, service_router
from shared.wording import Day

router = service_router(prefix="/v1/grids", tags=["grids"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class FeatureCollectionIn(BaseModel):
    """GeoJSON (RFC 7946), degrees in WGS 84. Foreign members (`crs`, `name`, …) are ignored, as the RFC wants."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["FeatureCollection"]
    features: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=5000)]
    successions: Annotated[list[Succession], Field(max_length=5000)] = Field(
        default_factory=list, description="What became of codes of the version before: a foreign member of our own."
    )


class FindingOut(BaseModel):
    """A feature that is no grid, and why; `feature` counts from 0."""

    model_config = ConfigDict(from_attributes=True)

    feature: int
    code: str | None
    fault: str
    detail: str


class SuccessionFindingOut(BaseModel):
    """An entry about a former code that cannot be, and why; `succession` counts from 0."""

    model_config = ConfigDict(from_attributes=True)

    succession: int
    fault: SuccessionFault


class GridImportOut(BaseModel):
    """The set, and what was left out of it. `vanished` are codes of the version before of which nothing was said."""

    grid_set_id: UUID
    number: int
    valid_from: date
    state: SetState
    total: int
    accepted: int
    rejected: list[FindingOut]
    rejected_successions: list[SuccessionFindingOut]
    vanished: list[str]


class GridOut(BaseModel):
    """A street grid. The geometry is left out unless asked for."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    district: str | None
    area_km2: float
    geometry: dict[str, Any] | None = None


class GridSetOut(BaseModel):
    """A version of the grids. `activated_at` is when institutions and teams had moved over."""

    id: UUID
    number: int
    valid_from: date
    valid_to: date | None
    state: SetState
    source: str
    imported_at: datetime
    activated_at: datetime | None


class SuccessionStepOut(BaseModel):
    """What one version made of codes; a code without successors vanished."""

    number: int
    valid_from: date
    code: str
    successors: list[str]


class SuccessionsOut(BaseModel):
    """What became of a code since a version first had it, and which codes its area has today."""

    code: str
    current: list[str]
    steps: list[SuccessionStepOut]


class GridsOut(BaseModel):
    """The grids of a day."""

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
    responses=problems(GridsRefused, GridSetOutOfOrder),
    max_body_size=64 * 1024 * 1024,
)
async def import_grids(
    body: FeatureCollectionIn,
    caller: Annotated[Principal, allow("bureau", "service")],
    session: SessionDep,
    response: Response,
    code_property: Annotated[str, Query(min_length=1, max_length=100)] = "code",
    name_property: Annotated[str, Query(min_length=1, max_length=100)] = "name",
    district_property: Annotated[str, Query(min_length=1, max_length=100)] = "district",
    accept: Annotated[Literal["all", "valid"], Query(description="`valid` leaves faulty features out.")] = "all",
    source: Annotated[str, Query(max_length=200)] = "",
    valid_from: Annotated[Day | None, Query(description="The first day of this version; today if left out.")] = None,
) -> GridImportOut:
    """Take a set of polygons as the next version of the grids.

    From its first day on it is in force: every institution moves to where its point lies, or where its former grid
    went, and teams take over the only successor of a grid they walked. A district officer names grids of his district,
    and those that say none.
    """
    found = await asyncio.to_thread(survey, body.features, Columns(code_property, name_property, district_property))
    at = utc_now()
    imported = await usecases.import_grids(
        session,
        found,
        body.successions,
        accept_valid=accept == "valid",
        source=source,
        valid_from=valid_from,
        at=at,
    )
    grid_set = imported.grid_set
    response.headers["Location"] = "/v1/grids"
    return GridImportOut(
        grid_set_id=grid_set.id,
        number=grid_set.number,
        valid_from=grid_set.valid_from,
        state=grid_set.state(on=china_date(at)),
        total=found.total,
        accepted=len(found.candidates),
        rejected=[FindingOut.model_validate(finding) for finding in found.findings],
        rejected_successions=[SuccessionFindingOut.model_validate(finding) for finding in imported.findings],
        vanished=list(imported.vanished),
    )


@router.get("", response_model=GridsOut, responses=problems(NoGrids))
async def list_grids(
    caller: ReaderDep,
    session: SessionDep,
    geometry: Annotated[bool, Query(description="With polygons.")] = False,
    on: Annotated[Day | None, Query(description="The day; today if left out.")] = None,
) -> GridsOut:
    """The grids that hold on a day, by code."""
    today = china_date(utc_now())
    grid_set = await queries.set_on(session, on or today)
    return GridsOut(
        grid_set=_set_out(grid_set, today),
        items=[
            GridOut(
                code=grid.code,
                name=grid.name,
                district=grid.district,
                area_km2=grid.area_km2,
                geometry=grid.geometry if geometry else None,
            )
            for grid in await queries.grids_of(session, grid_set.id)
        ],
    )


@router.get("/versions", response_model=list[GridSetOut])
async def list_grid_versions(caller: ReaderDep, session: SessionDep) -> list[GridSetOut]:
    """Every version of the grids, newest first; those of days to come are scheduled."""
    today = china_date(utc_now())
    return [_set_out(one, today) for one in await queries.sets(session)]


@router.get("/successions", response_model=SuccessionsOut, responses=problems(GridNotFound))
async def get_successions(
    caller: ReaderDep, session: SessionDep, code: Annotated[str, Query(min_length=1, max_length=100)]
) -> SuccessionsOut:
    """What became of a grid's code, version by version."""
    today = china_date(utc_now())
    versions = [
        Version(one.number, one.valid_from, await queries.heirs(session, one.id))
        for one in reversed(await queries.sets(session))
    ]
    found = followed(code, versions, on=today)
    return SuccessionsOut(
        code=code,
        current=list(found.current),
        steps=[
            SuccessionStepOut(
                number=version.number, valid_from=version.valid_from, code=former, successors=list(successors)
            )
            for version, former, successors in found.steps
        ],
    )


@router.get("/locate", response_model=PlacementOut, responses=problems(NoGrids))
async def locate(
    caller: ReaderDep,
    session: SessionDep,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    on: Annotated[Day | None, Query(description="The day; today if left out.")] = None,
) -> PlacementOut:
    """The grid of a point in WGS 84, on a day."""
    index = await queries.index(session, on or china_date(utc_now()))
    found = index.locate(lon, lat)
    return PlacementOut(
        grid=found.grid,
        name=index.names.get(found.grid) if found.grid else None,
        blind_spot=found.blind_spot,
        nearest=found.nearest,
        metres=found.metres,
    )


def _set_out(grid_set: GridSet, today: date) -> GridSetOut:
    return GridSetOut(
        id=grid_set.id,
        number=grid_set.number,
        valid_from=grid_set.valid_from,
        valid_to=grid_set.valid_to,
        state=grid_set.state(on=today),
        source=grid_set.source,
        imported_at=grid_set.imported_at,
        activated_at=grid_set.activated_at,
    )
