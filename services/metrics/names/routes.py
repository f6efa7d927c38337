"""`/v1/names` and `/v1/map`: names for codes, and the grids to draw."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel

from services.metrics.names import queries
from services.metrics.names.domain import Kind
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Day
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, service_router

router = service_router(prefix="/v1", tags=["names"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]


class NameOut(BaseModel):
    """A code with its name; `en` is null where nobody stated an English one."""

    code: str
    zh: str
    en: str | None


class NamesOut(BaseModel):
    """The names of one kind of thing, by code. A code without a name is missing."""

    kind: Kind
    items: list[NameOut]


class MapGridOut(NameOut):
    """A grid with a GeoJSON polygon (WGS 84), simplified for a map."""

    district: str | None
    polygon: dict[str, Any]


class MapOut(BaseModel):
    """The grids in force on a day."""

    items: list[MapGridOut]


@router.get("/names", response_model=NamesOut)
async def list_names(
    caller: ReaderDep,
    session: SessionDep,
    kind: Kind,
    code: Annotated[list[str] | None, Query(max_length=500, description="Only these. Default: all.")] = None,
    on: Annotated[Day | None, Query(description="Day whose grids name streets. Default: today.")] = None,
) -> NamesOut:
    """Names by code, so that no screen shows a code where a name exists. Children have none here."""
    found = await queries.names(session, kind, code, on=on or china_date(utc_now()))
    return NamesOut(
        kind=kind, items=[NameOut(code=one, zh=words.zh, en=words.en) for one, words in sorted(found.items())]
    )


@router.get("/map", response_model=MapOut)
async def get_map(
    caller: ReaderDep,
    session: SessionDep,
    on: Annotated[Day | None, Query(description="The day. Default: today.")] = None,
) -> MapOut:
    """The grids in force on a day, with their names and simplified shapes."""
    return MapOut(
        items=[
            MapGridOut(code=grid.code, zh=grid.zh, en=grid.en, district=grid.district, polygon=grid.polygon)
            for grid in await queries.grids_on(session, on or china_date(utc_now()))
        ]
    )
