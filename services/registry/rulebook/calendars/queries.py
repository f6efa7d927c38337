"""The calendar between two days, and the terms that make its vacations."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.rulebook.calendars.domain import (
    VACATIONS,
    Calendar,
    CalendarDay,
    CalendarUnpublished,
    CalendarYear,
    DayKind,
    ExceptionalDay,
    SchoolTerm,
    TermNotFound,
    Vacation,
)
from shared.domain.dated import stands


async def calendar(session: AsyncSession, first: date, last: date) -> Calendar:
    """The years and vacations that touch these days, and the year after: deadlines in working days run into it."""
    years = (
        await session.execute(
            select(CalendarYear.id, CalendarYear.year).where(CalendarYear.year.between(first.year, last.year + 1))
        )
    ).all()
    days = await session.scalars(select(CalendarDay).where(CalendarDay.year_id.in_([year.id for year in years])))
    vacations = await session.scalars(
        select(SchoolTerm)
        .where(
            stands(SchoolTerm),
            SchoolTerm.period.in_(VACATIONS),
            SchoolTerm.starts_on <= last,
            SchoolTerm.ends_on >= first,
        )
        .order_by(SchoolTerm.starts_on, SchoolTerm.id)
    )
    return Calendar(
        frozenset(year.year for year in years),
        {day.on: ExceptionalDay(DayKind(day.kind), day.name) for day in days},
        [Vacation(term.period, term.name, term.district, term.starts_on, term.ends_on) for term in vacations],
    )


async def year_for_update(session: AsyncSession, year: int) -> CalendarYear:
    found = await session.scalar(select(CalendarYear).where(CalendarYear.year == year).with_for_update())
    if found is None:
        raise CalendarUnpublished(year=year)
    return found


async def term(session: AsyncSession, term_id: UUID) -> SchoolTerm:
    found = await session.get(SchoolTerm, term_id)
    if found is None:
        raise TermNotFound
    return found


async def terms(
    session: AsyncSession, *, period: str | None = None, district: str | None = None, after: str | None, limit: int
) -> Sequence[SchoolTerm]:
    wanted = select(SchoolTerm).order_by(SchoolTerm.id).limit(limit)
    if period is not None:
        wanted = wanted.where(SchoolTerm.period == period)
    if district is not None:
        wanted = wanted.where(SchoolTerm.district == district)
    if after is not None:
        wanted = wanted.where(SchoolTerm.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def term_for_update(session: AsyncSession, term_id: UUID) -> SchoolTerm:
    found = await session.get(SchoolTerm, term_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise TermNotFound
    return found


async def lock_terms(session: AsyncSession) -> None:
    """Wait for others who set terms: two overlapping vacations set at once would not see each other."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("school_term"))))


async def overlapping_term(
    session: AsyncSession, *, period: str, district: str | None, starts_on: date, ends_on: date, but: UUID
) -> SchoolTerm | None:
    return await session.scalar(
        select(SchoolTerm)
        .where(
            stands(SchoolTerm),
            SchoolTerm.id != but,
            SchoolTerm.period == period,
            SchoolTerm.district.is_not_distinct_from(district),
            SchoolTerm.starts_on <= ends_on,
            SchoolTerm.ends_on >= starts_on,
        )
        .limit(1)
    )
