"""Takes over what the registry says of the days."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.calendars.domain import KnownDay, KnownYear
from shared.events.registry.calendars import CalendarDayCorrected, CalendarYearPublished
from shared.facts.inbox import Delivery

CALENDAR = (CalendarYearPublished, CalendarDayCorrected)


async def copy_calendar(session: AsyncSession, delivery: Delivery) -> None:
    event = delivery.event
    if isinstance(event, CalendarYearPublished):
        await session.execute(
            insert(KnownYear)
            .values(year=event.year, source=event.source, sequence=delivery.envelope.sequence)
            .on_conflict_do_update(
                index_elements=[KnownYear.year],
                set_={"source": event.source, "sequence": delivery.envelope.sequence},
            )
        )
        await session.execute(delete(KnownDay).where(KnownDay.year == event.year))
        if event.days:
            rows = [{"on": day.on, "year": event.year, "kind": day.kind} for day in event.days]
            await session.execute(insert(KnownDay), rows)
    elif isinstance(event, CalendarDayCorrected):
        await session.execute(delete(KnownDay).where(KnownDay.on == event.on))
        if event.kind is not None:
            await session.execute(insert(KnownDay), [{"on": event.on, "year": event.on.year, "kind": event.kind}])
