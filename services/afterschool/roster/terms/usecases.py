"""Keeps the copy of the registry's calendar. An older fact than the copy's changes nothing."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.terms import queries
from services.afterschool.roster.terms.domain import CalendarYear, ExceptionalDay, Term
from shared.domain.text import key
from shared.events.registry.calendars import (
    CalendarDayCorrected,
    CalendarYearPublished,
    SchoolTermSet,
    SchoolTermWithdrawn,
)
from shared.facts.inbox import Delivery

TERM = "term"
"""The period that is a school term; the others are vacations."""


async def copy_calendar(session: AsyncSession, deliveries: Sequence[Delivery]) -> set[UUID]:
    """Copy terms, published years and corrected days, in the order in which they were decided.

    Returns the ids of the terms whose school days may have changed.
    """
    touched: set[UUID] = set()
    days: set[tuple[date, date]] = set()
    for delivery in deliveries:
        event, sequence = delivery.event, delivery.envelope.sequence
        if isinstance(event, CalendarYearPublished):
            await _copy_year(session, event, sequence)
            days.add((date(event.year, 1, 1), date(event.year, 12, 31)))
        elif isinstance(event, CalendarDayCorrected):
            await _copy_day(session, event, sequence)
            days.add((event.on, event.on))
        elif isinstance(event, SchoolTermSet | SchoolTermWithdrawn) and event.period == TERM:
            await _copy_term(session, event, sequence)
            touched.add(event.term_id)
    for first, last in days:
        touched.update(await queries.terms_with(session, first, last))
    return touched


async def _copy_year(session: AsyncSession, event: CalendarYearPublished, sequence: int) -> None:
    values = {"year": event.year, "year_id": event.year_id, "sequence": sequence}
    year = insert(CalendarYear).values(values)
    await session.execute(
        year.on_conflict_do_update(
            index_elements=["year"],
            set_={"year_id": year.excluded.year_id, "sequence": sequence},
            where=CalendarYear.sequence < sequence,
        )
    )
    for day in event.days:
        await _keep_day(session, {"on_day": day.on, "kind": day.kind, "name": day.name, "sequence": sequence})


async def _copy_day(session: AsyncSession, event: CalendarDayCorrected, sequence: int) -> None:
    await _keep_day(session, {"on_day": event.on, "kind": event.kind, "name": event.name, "sequence": sequence})


async def _keep_day(session: AsyncSession, values: dict[str, object]) -> None:
    day = insert(ExceptionalDay.__table__).values(values)  # type: ignore[arg-type]  # a table, as declared
    newer = {name: day.excluded[name] for name in ("kind", "name", "sequence")}
    await session.execute(
        day.on_conflict_do_update(
            index_elements=["on_day"], set_=newer, where=ExceptionalDay.sequence < day.excluded.sequence
        )
    )


async def _copy_term(session: AsyncSession, event: SchoolTermSet | SchoolTermWithdrawn, sequence: int) -> None:
    withdrawn = event.at if isinstance(event, SchoolTermWithdrawn) else None
    before: Term | None = await session.scalar(select(Term).where(Term.id == event.term_id).with_for_update())
    if before is None:
        before = Term(id=event.term_id, name="", sequence=-1)
        session.add(before)
    if before.sequence >= sequence:
        return
    if isinstance(event, SchoolTermSet):
        before.name = key(event.name)
    before.district, before.starts_on, before.ends_on = event.district, event.starts_on, event.ends_on
    before.withdrawn_at, before.sequence = withdrawn, sequence
    await session.flush()
