"""Reading terms and school days."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.terms.domain import (
    CalendarUnknown,
    CalendarYear,
    ExceptionalDay,
    Term,
    TermNotFound,
    school_days,
    terms_in_force,
)


async def term_named(session: AsyncSession, name: str, *, district: str) -> Term:
    """The term of this name for a district: the district's own, else the city's. Raises `TermNotFound`."""
    wanted = (
        select(Term)
        .where(Term.name == name, or_(Term.district.is_(None), Term.district == district), Term.withdrawn_at.is_(None))
        .order_by(Term.district.is_(None), Term.starts_on.desc())
        .limit(1)
    )
    found: Term | None = await session.scalar(wanted)
    if found is None:
        raise TermNotFound(pointer="/term")
    return found


async def terms(session: AsyncSession, *, district: str | None, on: date | None) -> Sequence[Term]:
    """Terms in force, in the order of their first days."""
    wanted = select(Term).where(Term.withdrawn_at.is_(None)).order_by(Term.starts_on, Term.id)
    if district is not None:
        wanted = wanted.where(or_(Term.district.is_(None), Term.district == district))
    if on is not None:
        wanted = wanted.where(Term.starts_on <= on, Term.ends_on >= on)
    return (await session.scalars(wanted)).all()


async def terms_with(session: AsyncSession, first: date, last: date) -> Sequence[UUID]:
    """The ids of the terms, of any district, that have a day from `first` to `last`."""
    wanted = select(Term.id).where(Term.starts_on <= last, Term.ends_on >= first)
    return (await session.scalars(wanted)).all()


async def exceptional_days(session: AsyncSession, first: date, last: date) -> Mapping[date, str | None]:
    """The days from `first` to `last` that do not follow their weekday. Raises `CalendarUnknown`."""
    years = set(range(first.year, last.year + 1))
    known = set(await session.scalars(select(CalendarYear.year).where(CalendarYear.year.in_(years))))
    if years - known:
        raise CalendarUnknown(year=min(years - known))
    rows = await session.execute(
        select(ExceptionalDay.on, ExceptionalDay.kind).where(ExceptionalDay.on.between(first, last))
    )
    return {row.on: row.kind for row in rows}


async def school_days_of(session: AsyncSession, first: date, last: date, *, district: str) -> list[date]:
    """The school days of the terms of a district from `first` to `last`. Raises `CalendarUnknown`."""
    exceptional = await exceptional_days(session, first, last)
    found = terms_in_force(await terms(session, district=district, on=None), district)
    open_days = school_days(first, last, exceptional)
    return [day for day in open_days if any(term.starts_on <= day <= term.ends_on for term in found)]
