"""What people do to schools: register one."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.schools.domain import OutsideYourDistrict, School, SchoolDetails
from shared.facts import journal
from shared.http.policies import Principal


async def register_school(session: AsyncSession, details: SchoolDetails, *, caller: Principal, at: datetime) -> School:
    """Register a school. The database refuses a second one with the same code."""
    if not caller.covers(district=details.district, street=details.street):
        raise OutsideYourDistrict(pointer="/district")
    school, registered = School.register(details, at=at)
    session.add(school)
    await journal.record(session, registered, subject=school)
    return school
