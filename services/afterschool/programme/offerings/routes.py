"""`/v1/offerings`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel

from services.afterschool.programme.offerings import queries, usecases
from services.afterschool.programme.offerings.domain import (
    Offering,
    OfferingDetails,
    OfferingNotFound,
    Window,
    WindowEmpty,
)
from services.afterschool.roster.schools.domain import SchoolNotFound
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


class OfferingOut(BaseModel):
    """A course and its places. `window` says whether enrolment is open now. `version` counts changes of the published
    fields, so the ETag does not change when a child enrols."""

    id: UUID
    version: int
    school_id: UUID
    name: str
    category: Category
    term: str
    capacity: int
    enrolled: int
    waiting: int
    opens_at: datetime
    closes_at: datetime
    published_at: datetime
    changed_at: datetime
    window: Window

    @classmethod
    def of(cls, offering: Offering, *, at: datetime) -> "OfferingOut":
        stored = {name: getattr(offering, name) for name in cls.model_fields if name != "window"}
        return cls(**stored, window=offering.window(at))


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=OfferingOut,
    responses=problems(SchoolNotFound, WindowEmpty),
)
async def publish_offering(body: OfferingIn, caller: WriterDep, session: SessionDep, response: Response) -> OfferingOut:
    """Publish a course of a school."""
    at = utc_now()
    details = OfferingDetails(**body.model_dump(exclude={"school_id"}))
    offering = await usecases.publish_offering(session, body.school_id, details, caller=caller, at=at)
    response.headers["Location"] = f"/v1/offerings/{offering.id}"
    return OfferingOut.of(offering, at=at)


@router.get("", response_model=Page[OfferingOut])
async def list_offerings(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    school: UUID | None = None,
    category: Category | None = None,
    term: Annotated[str | None, KEY, Query(max_length=100)] = None,
) -> Response:
    """Courses in the order of publication. Guardians see those of all schools, staff those of their own."""
    binding = {"school": school, "category": category, "term": term}
    (after,) = page.position(**binding) or (None,)
    statement = queries.offerings_page(
        caller, school=school, category=category, term=term, at=utc_now(), after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{offering_id}", response_model=OfferingOut, responses=problems(OfferingNotFound))
async def get_offering(offering_id: UUID, caller: ReaderDep, session: SessionDep) -> OfferingOut:
    """One course with its present places. Never 304: the counters change without a new version."""
    offering = await queries.offering(session, offering_id, caller)
    return OfferingOut.of(offering, at=utc_now())
