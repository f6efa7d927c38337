"""`/v1/grids`."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from services.inspection.field.grids import queries, usecases
from services.inspection.field.grids.domain import BlindSpot, GridSet, GridSetNotFound, NoGrids, SetState
from services.inspection.field.grids.successions import GridNotFound, SuccessionFault, Version, followed
from shared.domain.clock import china_date, utc_now
from shared.domain.dated import LaterVersionStands, MayBeWithdrawn, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.domain.wording import NUMBER, Day
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/grids", tags=["grids"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class FindingOut(BaseModel):
    """A feature that is not a valid grid, and why. `feature` and `partner`, which it overlaps, count from 0."""

    model_config = ConfigDict(from_attributes=True)

    feature: int
    code: str | None
    fault: str
    detail: str
    partner: int | None
    share: float | None


class ReusedCodeOut(BaseModel):
    """A code whose name or area differs substantially from the version before."""

    model_config = ConfigDict(from_attributes=True)

    feature: int
    code: str
    former_name: str
    name: str
    share: float = Field(description="The area that old and new share, divided by the area that they cover together.")


class SuccessionFindingOut(BaseModel):
    """A succession that is not possible, and why; `succession` counts from 0."""

    model_config = ConfigDict(from_attributes=True)

    succession: int
    fault: SuccessionFault


class GridImportOut(BaseModel):
    """The imported version, and the features left out. `vanished` lists earlier codes without a grid or succession now.

    A dry run stores nothing and has no id.
    """

    grid_set_id: UUID | None
    number: int
    valid_from: date
    state: SetState
    total: int
    accepted: int
    rejected: list[FindingOut]
    rejected_successions: list[SuccessionFindingOut]
    vanished: list[str]
    changed: list[ReusedCodeOut]


class GridOut(BaseModel):
    """A street grid. The geometry is left out unless asked for."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    name_en: str | None
    district: str | None
    area_km2: float
    geometry: dict[str, Any] | None = None


class GridSetOut(MayBeWithdrawn):
    """A version of the grids. At `activated_at`, institutions and teams had moved to it."""

    id: UUID
    number: int
    valid_from: date
    valid_to: date | None
    state: SetState
    source: str
    imported_at: datetime
    activated_at: datetime | None


class SuccessionStepOut(BaseModel):
    """The successors of codes in one version; a code without successors vanished."""

    number: int
    valid_from: date
    code: str
    successors: list[str]


class SuccessionsOut(BaseModel):
    """The successors of a code, version by version, and the codes that its area has today."""

    code: str
    current: list[str]
    steps: list[SuccessionStepOut]


class GridsOut(BaseModel):
    """The grids in force on a day."""

    grid_set: GridSetOut
    items: list[GridOut]


class PlacementOut(BaseModel):
    """The grid in which a point lies. Outside every grid, the nearest one and its distance in metres."""

    grid: str | None
    name: str | None
    blind_spot: BlindSpot | None
    nearest: str | None
    metres: float | None


@router.get("", response_model=GridsOut, responses=problems(NoGrids))
async def list_grids(
    caller: ReaderDep,
    session: SessionDep,
    geometry: Annotated[bool, Query(description="Include the polygons.")] = False,
    on: Annotated[Day | None, Query(description="The day. Default: today.")] = None,
) -> GridsOut:
    """The grids in force on a day, by code."""
    today = china_date(utc_now())
    grid_set = await queries.set_on(session, on or today)
    return GridsOut(
        grid_set=_set_out(grid_set, today),
        items=[
            GridOut(
                code=grid.code,
                name=grid.name,
                name_en=grid.name_en,
                district=grid.district,
                area_km2=grid.area_km2,
                geometry=grid.geometry if geometry else None,
            )
            for grid in await queries.grids_of(session, grid_set.id)
        ],
    )


@router.get("/versions", response_model=list[GridSetOut])
async def list_grid_versions(caller: ReaderDep, session: SessionDep) -> list[GridSetOut]:
    """Every version of the grids, newest first; a version that begins later is `scheduled`."""
    today = china_date(utc_now())
    return [_set_out(one, today) for one in await queries.sets(session)]


@router.post(
    "/versions/{grid_set_id}/withdrawal",
    response_model=GridSetOut,
    responses=problems(GridSetNotFound, Withdrawn, WithdrawalTooLate, LaterVersionStands),
)
async def withdraw_grids(
    grid_set_id: UUID, body: WithdrawalIn, caller: Annotated[Principal, allow("bureau", "service")], session: SessionDep
) -> GridSetOut:
    """Withdraw a version of the grids before its first day. The version before stays in force."""
    at = utc_now()
    grid_set = await usecases.withdraw_grids(session, grid_set_id, reason=body.reason, by=caller.subject, at=at)
    return _set_out(grid_set, china_date(at))


@router.get("/successions", response_model=SuccessionsOut, responses=problems(GridNotFound))
async def get_successions(
    caller: ReaderDep, session: SessionDep, code: Annotated[str, Query(min_length=1, max_length=100)]
) -> SuccessionsOut:
    """The successors of a grid's code, version by version."""
    today = china_date(utc_now())
    versions = [
        Version(one.number, one.valid_from, await queries.successors(session, one.id))
        for one in reversed(await queries.sets(session))
        if one.withdrawn_at is None
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
    lon: Annotated[float, NUMBER, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, NUMBER, Query(ge=-90, le=90, allow_inf_nan=False)],
    on: Annotated[Day | None, Query(description="The day. Default: today.")] = None,
) -> PlacementOut:
    """The grid of a point (WGS 84) on a day."""
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
        withdrawn_at=grid_set.withdrawn_at,
        withdrawn_by=grid_set.withdrawn_by,
        withdrawal_reason=grid_set.withdrawal_reason,
    )
