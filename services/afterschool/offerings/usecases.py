"""What schools do to their offerings: publish one, change its places or its window."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.enrolments.promotion import promote_waiting
from services.afterschool.offerings import queries
from services.afterschool.offerings.domain import Offering, OfferingDetails
from services.afterschool.schools import queries as schools
from services.afterschool.schools.domain import SchoolNotFound
from services.afterschool.schools.reach import reaches
from shared.facts import journal
from shared.http.etags import check_version
from shared.http.policies import Principal


async def publish_offering(
    session: AsyncSession, school_id: UUID, details: OfferingDetails, *, caller: Principal, at: datetime
) -> Offering:
    """Offer a course in a school of the caller's."""
    school = await schools.school(session, school_id, caller)
    if not reaches(caller, school):
        raise SchoolNotFound(pointer="/school_id")
    offering, published = Offering.publish(details, school=school, at=at)
    session.add(offering)
    await journal.record(session, published, subject=offering)
    return offering


async def change_offering(
    session: AsyncSession,
    offering_id: UUID,
    changes: Mapping[str, object],
    *,
    expected: int,
    reason: str | None,
    caller: Principal,
    at: datetime,
) -> Offering:
    """Change an offering that is still at version `expected`; new places go to those who wait, here and now, unless
    enrolment has closed."""
    offering = await queries.offering_for_update(session, offering_id, caller)
    check_version(offering, expected)
    changed = offering.change(changes, at=at)
    if changed is not None:
        promotions = await promote_waiting(session, offering, at=at)
        await journal.record(session, changed, subject=offering, reason=reason)
        await journal.record_many(session, promotions)
    return offering
