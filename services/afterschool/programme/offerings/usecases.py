"""Schools publish offerings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.offerings.domain import Offering, OfferingDetails
from services.afterschool.roster.schools import queries as schools
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.schools.reach import reaches
from shared.facts import journal
from shared.http.policies import Principal


async def publish_offering(
    session: AsyncSession, school_id: UUID, details: OfferingDetails, *, caller: Principal, at: datetime
) -> Offering:
    school = await schools.school(session, school_id, caller)
    if not reaches(caller, school):
        raise SchoolNotFound(pointer="/school_id")
    offering, published = Offering.publish(details, school=school, at=at)
    session.add(offering)
    await journal.record(session, published, subject=offering)
    return offering
