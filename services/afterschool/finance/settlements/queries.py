"""What a provider delivered from one day to another, at the schools within reach."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance.queries import Delivered, sessions_delivered
from services.afterschool.programme.providers.domain import Provider, ProviderNotFound
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches
from shared.http.policies import Principal


async def delivered_by(
    session: AsyncSession, institution_id: UUID, *, first: date, last: date, caller: Principal
) -> Sequence[Delivered]:
    """The sessions of a provider by offering and person. Raises `ProviderNotFound`."""
    if await session.get(Provider, institution_id) is None:
        raise ProviderNotFound
    found = await sessions_delivered(session, first=first, last=last, provider_id=institution_id)
    wanted = select(School).where(School.id.in_({one.school_id for one in found}))
    seen = {school.id for school in await session.scalars(wanted) if reaches(caller, school)}
    return [one for one in found if one.school_id in seen]
