"""Counties keep white lists; schools and counties enter people from outside and their background checks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.engagements import queries
from services.afterschool.programme.engagements.domain import (
    CheckDetails,
    Listing,
    ListingDetails,
    OutsidePerson,
    OutsidePersonNotFound,
    OutsideYourCounty,
    check_engagement,
)
from services.afterschool.programme.providers import queries as providers
from services.afterschool.programme.providers.domain import ProviderNotFound, judge
from services.afterschool.roster.people import usecases as people
from services.afterschool.roster.people.domain import Identity, PersonKind, sealed_row
from services.afterschool.sealing import Sealer
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def list_provider(session: AsyncSession, details: ListingDetails, *, caller: Principal, at: datetime) -> Listing:
    """Put an institution on the white list of a county. Raises `OutsideYourCounty`."""
    await providers.provider(session, details.institution_id, caller)
    if not caller.covers(district=details.district):
        raise OutsideYourCounty(pointer="/district")
    listed, event = Listing.enter(details, at=at)
    session.add(listed)
    await journal.record(session, event, subject=listed)
    return listed


async def strike_listing(
    session: AsyncSession, listing_id: UUID, reason: str, *, caller: Principal, at: datetime
) -> Listing:
    """Take an institution off a white list."""
    listed = await queries.listing_for_update(session, listing_id)
    if not caller.covers(district=listed.district):
        raise OutsideYourCounty
    await journal.record(session, listed.strike(reason, by=caller.subject, at=at), subject=listed, reason=reason)
    return listed


async def enter_outside_person(
    session: AsyncSession,
    institution_id: UUID,
    identity: Identity,
    *,
    sealer: Sealer,
    caller: Principal,
    at: datetime,
) -> OutsidePerson:
    """Enter a person who teaches for an institution."""
    await providers.provider(session, institution_id, caller)
    person, entered = OutsidePerson.enter(institution_id, at=at)
    session.add(person)
    await people.enter(session, [sealed_row(person.id, PersonKind.OUTSIDE, identity, sealer)])
    await journal.record(session, entered, subject=person)
    return person


async def check_outside_person(
    session: AsyncSession, person_id: UUID, details: CheckDetails, *, caller: Principal, at: datetime
) -> OutsidePerson:
    """Record a background check of a person from outside."""
    person = await queries.outside_person(session, person_id, for_update=True)
    try:
        await providers.provider(session, person.institution_id, caller)
    except ProviderNotFound:
        raise OutsidePersonNotFound from None
    await journal.record(session, person.check(details, at=at), subject=person)
    return person


async def outside_persons(session: AsyncSession, institution_id: UUID, caller: Principal) -> Sequence[OutsidePerson]:
    """The people of an institution within reach."""
    await providers.provider(session, institution_id, caller)
    return await queries.outside_persons(session, institution_id)


async def check_provider(
    session: AsyncSession,
    institution_id: UUID,
    person_id: UUID | None,
    *,
    district: str,
    fee: int,
    caller: Principal,
    at: datetime,
) -> None:
    """Raises what forbids an institution to teach at a school of this county now."""
    on = china_date(at)
    provider, permits = await providers.provider(session, institution_id, caller)
    listed = await queries.listings(session, district=district, institution=institution_id, on=on)
    person = None if person_id is None else await queries.outside_person(session, person_id)
    check_engagement(judge(provider, permits, on), list(listed), person, institution_id=institution_id, fee=fee, on=on)
