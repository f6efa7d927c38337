"""The calendar from a day on."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.calendars.domain import KnownDay, KnownYear, WorkingCalendar


async def working_calendar(session: AsyncSession, since: date) -> WorkingCalendar:
    """Every year from that day's on: periods of working days run on into the next."""
    years = await session.scalars(select(KnownYear.year).where(KnownYear.year >= since.year))
    days = await session.execute(select(KnownDay.on, KnownDay.kind).where(KnownDay.year >= since.year))
    return WorkingCalendar(frozenset(years), {row.on: row.kind == "makeup_workday" for row in days})
