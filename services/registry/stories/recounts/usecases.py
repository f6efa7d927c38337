"""Publish a year's calendar, or correct one of its days."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.licensing.applications.usecases import recount_clocks
from services.registry.rulebook.calendars import usecases as calendars
from services.registry.rulebook.calendars.domain import CalendarYear, CorrectionContent, YearContent
from shared.domain.clock import china_date


async def publish_year(session: AsyncSession, content: YearContent, *, at: datetime) -> CalendarYear:
    """Publish a year. Locks the running applications, by id."""
    year = await calendars.publish_year(session, content, at=at)
    await _recount(session, at)
    return year


async def correct_day(session: AsyncSession, content: CorrectionContent, *, at: datetime) -> CalendarYear:
    """Correct a day. Locks the year, then the running applications, by id."""
    year = await calendars.correct_day(session, content, at=at)
    await _recount(session, at)
    return year


async def _recount(session: AsyncSession, at: datetime) -> None:
    """Recompute deadlines: a corrected day may change how many working days have passed."""
    await session.flush()
    await recount_clocks(session, on=china_date(at))
