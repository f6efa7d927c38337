"""`/v1/white-list` and `/v1/outside-persons`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.programme.engagements import queries, usecases
from services.afterschool.programme.engagements.domain import (
    CheckDetails,
    ListedAlready,
    Listing,
    ListingDetails,
    ListingNotFound,
    OutsidePerson,
    OutsidePersonNotFound,
    OutsideYourCounty,
)
from services.afterschool.programme.providers.domain import ProviderNotFound
from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.people.domain import Identity
from shared.domain.clock import utc_now
from shared.domain.dated import MayBeWithdrawn, Withdrawn
from shared.domain.wording import KEY, Day, Line, Phone, Reason
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/white-list", tags=["providers"])
persons = service_router(prefix="/v1/outside-persons", tags=["providers"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
CountyDep = Annotated[Principal, allow("bureau", "district_officer")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]


class ListingIn(ListingDetails):
    """An institution to put on the white list of a county."""


class ListingOut(MayBeWithdrawn):
    """An entry of a white list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID
    district: str
    price: int
    valid_from: date
    valid_to: date | None
    source: str


class StrikeIn(BaseModel):
    """Why the institution is taken off the list."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class OutsidePersonIn(BaseModel):
    """A person who teaches for an institution. Name and phone are stored encrypted."""

    model_config = ConfigDict(extra="forbid")

    institution_id: UUID
    name: Line
    phone: Phone | None = None


class CheckIn(CheckDetails):
    """A background check to record."""


class OutsidePersonOut(BaseModel):
    """A person from outside, by pseudonym, with the newest background check."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID
    checked_on: date | None
    valid_to: date | None
    reference: str | None
    entered_at: datetime


class OutsidePersonsOut(BaseModel):
    """The people of an institution."""

    model_config = ConfigDict(from_attributes=True)

    items: list[OutsidePersonOut]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ListingOut,
    responses=problems(ProviderNotFound, OutsideYourCounty, ListedAlready),
)
async def list_provider(body: ListingIn, caller: CountyDep, session: SessionDep) -> Listing:
    """Put an institution on the white list of a county, with its published price."""
    details = ListingDetails(**body.model_dump())
    return await usecases.list_provider(session, details, caller=caller, at=utc_now())


@router.get("", response_model=Page[ListingOut])
async def list_white_list(
    _: ReaderDep,
    session: SessionDep,
    page: PageParams,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    institution: UUID | None = None,
    on: Annotated[Day | None, Query()] = None,
) -> object:
    """White lists; those of a day if one is given."""
    binding = {"district": district, "institution": institution, "on": on}
    (after,) = page.position(**binding) or (None,)
    found = await queries.listings(
        session,
        district=district,
        institution=institution,
        on=on,
        after=None if after is None else UUID(after),
        limit=page.limit + 1,
    )
    return page.page(found, "id", **binding)


@router.post(
    "/{listing_id}/strike",
    response_model=ListingOut,
    responses=problems(ListingNotFound, OutsideYourCounty, Withdrawn),
)
async def strike_listing(listing_id: UUID, body: StrikeIn, caller: CountyDep, session: SessionDep) -> Listing:
    """Take an institution off a white list from now on."""
    return await usecases.strike_listing(session, listing_id, body.reason, caller=caller, at=utc_now())


@persons.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=OutsidePersonOut,
    responses=problems(ProviderNotFound),
)
async def enter_outside_person(
    body: OutsidePersonIn, caller: KeeperDep, session: SessionDep, sealer: SealerDep, response: Response
) -> OutsidePerson:
    """Enter a person from outside who teaches for an institution."""
    person = await usecases.enter_outside_person(
        session,
        body.institution_id,
        Identity(body.name, phone=body.phone),
        sealer=sealer,
        caller=caller,
        at=utc_now(),
    )
    response.headers["Location"] = f"/v1/outside-persons?institution={person.institution_id}"
    return person


@persons.get("", response_model=OutsidePersonsOut, responses=problems(ProviderNotFound))
async def list_outside_persons(
    institution: UUID, caller: KeeperDep, session: SessionDep
) -> dict[str, Sequence[OutsidePerson]]:
    """The people of an institution, without names."""
    return {"items": await usecases.outside_persons(session, institution, caller)}


@persons.post("/{person_id}/check", response_model=OutsidePersonOut, responses=problems(OutsidePersonNotFound))
async def check_outside_person(person_id: UUID, body: CheckIn, caller: CountyDep, session: SessionDep) -> OutsidePerson:
    """Record a background check. The newest counts."""
    details = CheckDetails(**body.model_dump())
    return await usecases.check_outside_person(session, person_id, details, caller=caller, at=utc_now())
