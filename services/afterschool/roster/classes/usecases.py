"""Schools form classes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.classes.domain import ClassDetails, SchoolClass
from services.afterschool.roster.schools import queries as schools
from shared.facts import journal
from shared.http.policies import Principal


async def form_class(
    session: AsyncSession, school_id: UUID, details: ClassDetails, *, caller: Principal, at: datetime
) -> SchoolClass:
    """Form a class. The database refuses a second one with the same code in the school year."""
    school = await schools.school_to_keep(session, school_id, caller)
    formed, event = SchoolClass.form(details, school=school, at=at)
    session.add(formed)
    await journal.record(session, event, subject=formed)
    return formed
