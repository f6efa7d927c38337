"""Note an advertisement, find out whose it is, have it removed, look again."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import OutsideYourDistrict
from services.registry.supervision.advertisements import queries
from services.registry.supervision.advertisements.domain import Advertisement, AdvertisementIdTaken, Find
from shared.data.database import new_id
from shared.facts import journal
from shared.http.policies import Principal
from shared.http.reach import reaches


async def find_advertisement(
    session: AsyncSession, find: Find, *, advertisement_id: UUID | None, caller: Principal, at: datetime
) -> tuple[Advertisement, bool]:
    if advertisement_id is not None:
        known = await queries.advertisement_with_id(session, advertisement_id)
        if known is not None:
            if not (reaches(caller, known, **queries.REACH) and known.is_what_was_sent(find)):
                raise AdvertisementIdTaken(pointer="/id")
            return known, False
    if not caller.covers(district=find.district, street=find.street):
        raise OutsideYourDistrict(pointer="/district")
    if find.institution_id is not None:
        await institutions.institution(session, find.institution_id, caller)
    advertisement, found = Advertisement.find(advertisement_id or new_id(), find, by=caller.subject, at=at)
    session.add(advertisement)
    await journal.record(session, found, subject=advertisement)
    return advertisement, True


async def identify_advertisement(
    session: AsyncSession, advertisement_id: UUID, institution_id: UUID, *, caller: Principal, at: datetime
) -> Advertisement:
    advertisement = await queries.advertisement_for_update(session, advertisement_id, caller)
    await institutions.institution(session, institution_id, caller)
    await journal.record(session, advertisement.identify(institution_id, at=at), subject=advertisement)
    return advertisement


async def order_removal(
    session: AsyncSession, advertisement_id: UUID, *, due_on: date, requirement: str, caller: Principal, at: datetime
) -> Advertisement:
    advertisement = await queries.advertisement_for_update(session, advertisement_id, caller)
    ordered = advertisement.order_removal(due_on, requirement, at=at)
    await journal.record(session, ordered, subject=advertisement)
    return advertisement


async def remove_advertisement(
    session: AsyncSession,
    advertisement_id: UUID,
    *,
    removed_on: date,
    note: str | None,
    caller: Principal,
    at: datetime,
) -> Advertisement:
    advertisement = await queries.advertisement_for_update(session, advertisement_id, caller)
    removed = advertisement.remove(removed_on, note, by=caller.subject, at=at)
    await journal.record(session, removed, subject=advertisement)
    return advertisement


async def verify_removal(
    session: AsyncSession, advertisement_id: UUID, *, holds: bool, note: str | None, caller: Principal, at: datetime
) -> Advertisement:
    advertisement = await queries.advertisement_for_update(session, advertisement_id, caller)
    verified = advertisement.verify(holds=holds, note=note, by=caller.subject, at=at)
    await journal.record(session, verified, subject=advertisement)
    return advertisement
