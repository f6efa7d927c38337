"""An offering is published with everything it occupies, frozen, and opened again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.engagements import usecases as engagements
from services.afterschool.programme.engagements.domain import ProviderMissing
from services.afterschool.programme.occupations import usecases as occupations
from services.afterschool.programme.occupations.domain import room_id
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings import usecases as publishing
from services.afterschool.programme.offerings.domain import Offering, OfferingDetails
from services.afterschool.programme.plans import usecases as plans
from services.afterschool.programme.publications.domain import check_category, check_fee
from services.afterschool.roster.schools import queries as schools
from services.afterschool.rulebook.catalogue import queries as catalogue
from services.afterschool.rulebook.norms import queries as norms
from services.afterschool.rulebook.norms.domain import NormName
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def publish_offering(
    session: AsyncSession, school_id: UUID, details: OfferingDetails, *, caller: Principal, at: datetime
) -> Offering:
    """Publish a course whose item and fee keep the rules of today. The fee of a school's own course is limited by the
    ceiling of the district, that of a provider's course by the price on the white list.

    The database refuses a teacher or a room that is elsewhere at its periods (`TimeClash`).
    """
    school, today = await schools.school_to_keep(session, school_id, caller), china_date(at)
    if details.item is not None:
        check_category(await catalogue.item_in_force(session, details.item, on=today), details)
    if details.fee and details.provider_id is None:
        ceiling = await norms.value_of(session, NormName.FEE_LESSON, on=today, district=school.district)
        check_fee(details, ceiling=ceiling)
    if details.outside_person_id is not None and details.provider_id is None:
        raise ProviderMissing(pointer="/provider_id")
    if details.provider_id is not None:
        await engagements.check_provider(
            session,
            details.provider_id,
            details.outside_person_id,
            district=school.district,
            fee=details.fee,
            caller=caller,
            at=at,
        )
    offering = await publishing.publish_offering(session, school, details, at=at)
    room = [] if details.room is None else [room_id(school_id, details.room)]
    people = [person for person in (details.teacher_id, details.outside_person_id) if person is not None]
    await occupations.take(session, offering.id, [*room, *people])
    for due_at in (at, offering.closes_at):
        await plans.plan_again(session, offering, due_at=due_at)
    return offering


async def freeze_offering(
    session: AsyncSession, offering_id: UUID, reason: str, *, caller: Principal, at: datetime
) -> Offering:
    """Nobody can enrol from now on; the children who have seats keep them."""
    offering = await offerings.offering_for_update(session, offering_id, caller)
    frozen = offering.freeze(reason, at=at)
    if frozen is not None:
        await journal.record(session, frozen, subject=offering, reason=reason)
    return offering
