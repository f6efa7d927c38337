"""`/v1/advertisements`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions.domain import CoordinatesIncomplete, InstitutionNotFound, OutsideYourDistrict
from services.registry.ledger.institutions.routes import ReaderDep
from services.registry.supervision.advertisements import queries, usecases
from services.registry.supervision.advertisements.domain import (
    Advertisement,
    AdvertisementIdentifiedAlready,
    AdvertisementIdTaken,
    AdvertisementNotFound,
    AdvertisementState,
    AdvertisementStateForbids,
    Find,
    FoundOnFuture,
    Medium,
    RemovalDueOnPast,
    RemovedOnImpossible,
    Source,
    VerifierRemovedIt,
)
from services.registry.supervision.advertisements.queries import AdvertisementFilters
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, NUMBER, Day, Paragraph
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/advertisements", tags=["advertisements"])

FinderDep = Annotated[Principal, allow("inspector", "district_officer", "bureau")]
OfficialDep = Annotated[Principal, allow("district_officer", "bureau")]


class AdvertisementIn(Find):
    """An advertisement that was found. Choose its `id` yourself to be able to repeat the request safely."""

    id: UUID | None = None


class IdentificationIn(BaseModel):
    """The institution that the advertisement belongs to."""

    model_config = ConfigDict(extra="forbid")

    institution_id: UUID


class RemovalOrderIn(BaseModel):
    """What must be done, and by which day."""

    model_config = ConfigDict(extra="forbid")

    due_on: Day
    requirement: Paragraph


class RemovalIn(BaseModel):
    """The day of the removal."""

    model_config = ConfigDict(extra="forbid")

    removed_on: Day
    note: Paragraph | None = None


class RemovalVerificationIn(BaseModel):
    """Whether the advertisement is gone."""

    model_config = ConfigDict(extra="forbid")

    holds: bool
    note: Paragraph | None = None


class AdvertisementOut(BaseModel):
    """An advertisement. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    source: Source
    medium: Medium
    place: str
    text: str | None
    photo_refs: list[str]
    institution_id: UUID | None
    visit_id: UUID | None
    district: str
    street: str | None
    lon: float | None
    lat: float | None
    found_on: date
    found_by: str
    found_at: datetime
    state: AdvertisementState
    due_on: date | None
    requirement: str | None
    removed_on: date | None
    removed_by: str | None
    removal_note: str | None
    verified_by: str | None
    verification_note: str | None
    verified_at: datetime | None


class RepeatOffenderOut(BaseModel):
    """An institution and how many of its advertisements were found."""

    model_config = ConfigDict(from_attributes=True)

    institution_id: UUID
    name: str
    district: str | None
    street: str | None
    advertisements: int
    last_found_on: date


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=AdvertisementOut,
    responses=problems(
        InstitutionNotFound, OutsideYourDistrict, AdvertisementIdTaken, FoundOnFuture, CoordinatesIncomplete
    )
    | {200: {"model": AdvertisementOut, "description": "The advertisement with this id was already recorded."}},
)
async def find_advertisement(
    body: AdvertisementIn, caller: FinderDep, session: SessionDep, response: Response
) -> Advertisement:
    """Record an advertisement that was found.

    The client may choose the `id`; a request with the same `id` and content returns the same advertisement.
    """
    find = Find.model_construct(**{name: getattr(body, name) for name in Find.model_fields})
    advertisement, new = await usecases.find_advertisement(
        session, find, advertisement_id=body.id, caller=caller, at=utc_now()
    )
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/advertisements/{advertisement.id}"
    return advertisement


@router.get("", response_model=Page[AdvertisementOut])
async def list_advertisements(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    state: AdvertisementState | None = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    street: Annotated[str | None, KEY, Query(max_length=20)] = None,
    institution: UUID | None = None,
    source: Source | None = None,
    overdue: Annotated[bool | None, Query(description="Only those whose removal is overdue.")] = None,
) -> PageOf[Advertisement]:
    """Advertisements within the caller's reach."""
    filters = AdvertisementFilters(state, district, street, institution, source, overdue)
    binding = {
        "state": state,
        "district": district,
        "street": street,
        "institution": institution,
        "source": source,
        "overdue": overdue,
    }
    (after,) = page.position(**binding) or (None,)
    found = await queries.advertisements(
        session, caller, filters, today=china_date(utc_now()), after=after, limit=page.limit + 1
    )
    return page.page(found, "id", **binding)


@router.get("/repeat-offenders", response_model=Page[RepeatOffenderOut])
async def list_repeat_offenders(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    since: Annotated[Day | None, Query(description="Found on this day or later.")] = None,
    least: Annotated[int, NUMBER, Query(ge=1, le=1000)] = 2,
) -> PageOf[object]:
    """Institutions with at least this number of advertisements within the caller's reach, most first."""
    binding = {"since": since, "least": least}
    found = await queries.repeat_offenders(
        session, caller, since=since, least=least, after=page.position(**binding), limit=page.limit + 1
    )
    return page.page(found, "advertisements", "institution_id", **binding)


@router.get(
    "/{advertisement_id}",
    response_model=AdvertisementOut,
    responses=problems(AdvertisementNotFound),
)
async def get_advertisement(advertisement_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One advertisement, with its version as ETag."""
    return await queries.advertisement(session, advertisement_id, caller)


@router.post(
    "/{advertisement_id}/identification",
    response_model=AdvertisementOut,
    responses=problems(
        AdvertisementNotFound, InstitutionNotFound, AdvertisementStateForbids, AdvertisementIdentifiedAlready
    ),
)
async def identify_advertisement(
    advertisement_id: UUID, body: IdentificationIn, caller: FinderDep, session: SessionDep
) -> Advertisement:
    """Identify the institution of an advertisement. This is possible in every state."""
    return await usecases.identify_advertisement(
        session, advertisement_id, body.institution_id, caller=caller, at=utc_now()
    )


@router.post(
    "/{advertisement_id}/removal-order",
    response_model=AdvertisementOut,
    responses=problems(AdvertisementNotFound, AdvertisementStateForbids, RemovalDueOnPast),
)
async def order_advertisement_removal(
    advertisement_id: UUID, body: RemovalOrderIn, caller: OfficialDep, session: SessionDep
) -> Advertisement:
    """Order the removal of an advertisement by a day."""
    return await usecases.order_removal(
        session, advertisement_id, due_on=body.due_on, requirement=body.requirement, caller=caller, at=utc_now()
    )


@router.post(
    "/{advertisement_id}/removal",
    response_model=AdvertisementOut,
    responses=problems(AdvertisementNotFound, AdvertisementStateForbids, RemovedOnImpossible),
)
async def remove_advertisement(
    advertisement_id: UUID,
    body: RemovalIn,
    caller: Annotated[Principal, allow("operator", "inspector", "district_officer", "bureau")],
    session: SessionDep,
) -> Advertisement:
    """Report that the advertisement was removed, as its institution or as an official."""
    return await usecases.remove_advertisement(
        session, advertisement_id, removed_on=body.removed_on, note=body.note, caller=caller, at=utc_now()
    )


@router.post(
    "/{advertisement_id}/verification",
    response_model=AdvertisementOut,
    responses=problems(AdvertisementNotFound, AdvertisementStateForbids, VerifierRemovedIt),
)
async def verify_advertisement_removal(
    advertisement_id: UUID, body: RemovalVerificationIn, caller: FinderDep, session: SessionDep
) -> Advertisement:
    """Verify a removal. An advertisement that is still there goes back under its order."""
    return await usecases.verify_removal(
        session, advertisement_id, holds=body.holds, note=body.note, caller=caller, at=utc_now()
    )
