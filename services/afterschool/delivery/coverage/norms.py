"""The demands of a district on a day of after-school service. Only this module reads it from the rulebook."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.coverage.domain import CareNorm
from services.afterschool.rulebook.norms.domain import NormName
from services.afterschool.rulebook.norms.queries import value_of


async def care_norm(session: AsyncSession, district: str, on: date) -> CareNorm:
    """The least minutes and the earliest end on a day: the district's own, else the city's. Raises `NormUnknown`."""
    return CareNorm(
        least_minutes=await value_of(session, NormName.SERVICE_MINUTES, on=on, district=district),
        end_minute=await value_of(session, NormName.SERVICE_END, on=on, district=district),
    )
