"""Publish a year's calendar, correct one of its days, set a term or a vacation, withdraw one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.rulebook.calendars import queries
from services.registry.rulebook.calendars.domain import (
    CalendarDay,
    CalendarYear,
    CorrectionContent,
    SchoolTerm,
    TermContent,
    TermOverlaps,
    YearContent,
)
from shared.facts import journal
from shared.http.etags import check_version


async def publish_year(session: AsyncSession, content: YearContent, *, at: datetime) -> CalendarYear:
    """Publish a year's calendar. The database refuses a second one for the same year."""
    year, days, published = CalendarYear.publish(content, at=at)
    session.add(year)
    await journal.record(session, published, subject=year)
    session.add_all(days)
    return year


async def correct_day(session: AsyncSession, content: CorrectionContent, *, at: datetime) -> CalendarYear:
    year = await queries.year_for_update(session, content.on.year)
    day, corrected = year.correct(content, at=at)
    await session.execute(delete(CalendarDay).where(CalendarDay.on == content.on))
    if day is not None:
        session.add(day)
    await journal.record(session, corrected, subject=year)
    return year


async def set_term(session: AsyncSession, content: TermContent, *, at: datetime) -> SchoolTerm:
    await queries.lock_terms(session)
    term, told = SchoolTerm.new(content, at=at)
    await _check_overlap(session, content, but=term.id)
    session.add(term)
    await journal.record(session, told, subject=term)
    return term


async def reset_term(
    session: AsyncSession, term_id: UUID, content: TermContent, *, expected: int, at: datetime
) -> SchoolTerm:
    await queries.lock_terms(session)
    term = await queries.term_for_update(session, term_id)
    check_version(term, expected)
    told = term.set_days(content, at=at)
    await _check_overlap(session, content, but=term.id)
    await journal.record(session, told, subject=term)
    return term


async def withdraw_term(session: AsyncSession, term_id: UUID, *, reason: str, by: str, at: datetime) -> SchoolTerm:
    await queries.lock_terms(session)
    term = await queries.term_for_update(session, term_id)
    await journal.record(session, term.withdraw(reason, by=by, at=at), subject=term, reason=reason)
    return term


async def _check_overlap(session: AsyncSession, content: TermContent, *, but: UUID) -> None:
    other = await queries.overlapping_term(
        session,
        period=content.period,
        district=content.district,
        starts_on=content.starts_on,
        ends_on=content.ends_on,
        but=but,
    )
    if other is not None:
        raise TermOverlaps(pointer="/starts_on", term_id=other.id, starts_on=other.starts_on, ends_on=other.ends_on)
