"""The days that were taken."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.history.domain import ScorecardDay


async def last_day(session: AsyncSession) -> date | None:
    """The last day that was taken."""
    last: date | None = await session.scalar(select(func.max(ScorecardDay.day)))
    return last


async def days(session: AsyncSession, code: str, scope: str, *, first: date, last: date) -> Sequence[Any]:
    """Rows of day, as_of, taken_at, late and the numbers of one indicator, by day; days without it are missing."""
    numbers = ScorecardDay.numbers[code].label("numbers")
    wanted = (
        select(ScorecardDay.day, ScorecardDay.as_of, ScorecardDay.taken_at, ScorecardDay.late, numbers)
        .where(ScorecardDay.scope == scope, ScorecardDay.day.between(first, last), ScorecardDay.numbers.has_key(code))
        .order_by(ScorecardDay.day)
    )
    return (await session.execute(wanted)).all()
