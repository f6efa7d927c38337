"""`/v1/offerings`."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, WithJsonSchema

from services.afterschool.programme.offerings import queries
from services.afterschool.programme.offerings.domain import (
    Care,
    Mode,
    Offering,
    OfferingDetails,
    OfferingNotFound,
    SeatPool,
    Window,
)
from services.afterschool.roster.students.domain import Group
from services.afterschool.rulebook.catalogue.domain import Category
from shared.domain.clock import utc_now
from shared.domain.wording import KEY
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/offerings", tags=["offerings"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
WriterDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]


class OfferingIn(OfferingDetails):
    """A course to publish."""

    school_id: UUID


class PoolOut(BaseModel):
    """Seats for one group. `waiting` are the children who are entitled to them; of `general`, all who wait."""

    model_config = ConfigDict(from_attributes=True)

    group: Group
    size: int
    enrolled: int
    offered: int
    waiting: int
    release_at: datetime | None


TimeOfDay = Annotated[time, WithJsonSchema({"type": "string", "pattern": r"^\d{2}:\d{2}:\d{2}"})]
"""The format `time` of JSON Schema would demand an offset."""


class PeriodOut(BaseModel):
    """A weekly lesson, in China's time."""

    model_config = ConfigDict(from_attributes=True)

    weekday: int
    number: int
    starts_at: TimeOfDay
    ends_at: TimeOfDay


class OfferingOut(BaseModel):
    """A course and its seats. `window` says whether enrolment is open now. `version` counts changes of the published
    fields, so the ETag does not change when a child enrols."""

    id: UUID
    version: int
    school_id: UUID
    name: str
    category: Category
    item: str | None
    term: str
    term_id: UUID
    mode: Mode
    care: Care
    grades: list[int]
    first_week: int
    last_week: int
    room: str | None
    teacher_id: UUID | None
    provider_id: UUID | None
    outside_person_id: UUID | None
    fee: int
    offer_hours: int
    capacity: int
    enrolled: int
    offered: int
    waiting: int
    pools: list[PoolOut]
    periods: list[PeriodOut]
    opens_at: datetime
    closes_at: datetime
    frozen_at: datetime | None
    frozen_for: str | None
    published_at: datetime
    changed_at: datetime
    window: Window

    @classmethod
    async def of(cls, session: SessionDep, offering: Offering, *, at: datetime) -> "OfferingOut":
        pools = await queries.pools(session, offering.id)
        periods = await queries.periods(session, [offering.id])
        weekly = [PeriodOut.model_validate(period) for period in periods]
        return cls(**_stored(offering), **_seats(pools), periods=weekly, window=offering.window(at))


_COUNTED = {"capacity", "enrolled", "offered", "waiting", "pools", "periods", "window"}


def _stored(offering: Offering) -> dict[str, object]:
    return {name: getattr(offering, name) for name in OfferingOut.model_fields if name not in _COUNTED}


def _seats(pools: Sequence[SeatPool]) -> dict[str, object]:
    return {
        "capacity": sum(pool.size for pool in pools),
        "enrolled": sum(pool.enrolled for pool in pools),
        "offered": sum(pool.offered for pool in pools),
        "waiting": max(pool.waiting for pool in pools if pool.group == Group.GENERAL),
        "pools": [PoolOut.model_validate(pool) for pool in pools],
    }


@router.get("", response_model=Page[OfferingOut])
async def list_offerings(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    school: UUID | None = None,
    category: Category | None = None,
    item: Annotated[str | None, KEY, Query(max_length=100)] = None,
    term: Annotated[str | None, KEY, Query(max_length=100)] = None,
) -> Response:
    """Courses in the order of publication. Guardians see those of all schools, staff those of their own."""
    binding = {"school": school, "category": category, "item": item, "term": term}
    (after,) = page.position(**binding) or (None,)
    statement = queries.offerings_page(
        caller, school=school, category=category, item=item, term=term, at=utc_now(), after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{offering_id}", response_model=OfferingOut, responses=problems(OfferingNotFound))
async def get_offering(offering_id: UUID, caller: ReaderDep, session: SessionDep) -> OfferingOut:
    """One course with its present seats. Never 304: the counters change without a new version."""
    offering = await queries.offering(session, offering_id, caller)
    return await OfferingOut.of(session, offering, at=utc_now())
