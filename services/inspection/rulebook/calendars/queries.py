"""The calendar from a day on."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.calendars.domain import KnownDay, KnownYear, WorkingCalendar


async def working_calendar(session: AsyncSession, since: date) -> WorkingCalendar:
    """Calendar years from that of the day on: deadlines in working days run into the next year."""
    years = await session.scalars(select(KnownYear.year).where(KnownYear.year >= since.year))
    days = await session.execute(select(KnownDay.on, KnownDay.kind).where(KnownDay.year >= since.year))
    return WorkingCalendar(frozenset(years), {row.on: row.kind == "makeup_workday" for row in days})


def working_days_after(start: str, days: int) -> str:
    """SQL for the day so many working days after `start`. Days of unpublished years are judged by their weekday."""
    return f"""
    (SELECT day::date FROM (
        SELECT day, row_number() OVER (ORDER BY day) AS number
        FROM generate_series({start} + 1, {start} + 60, interval '1 day') AS days (day)
        LEFT JOIN known_day ON known_day."on" = day::date
        WHERE coalesce(known_day.kind = 'makeup_workday', extract(isodow FROM day) < 6)
    ) counted WHERE number = {days})
"""  # noqa: S608 -- constants of ours
