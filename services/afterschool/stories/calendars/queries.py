"""Finding calendar addresses: by their guardian, or by their key."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.stories.calendars.domain import CalendarFeed, FeedNotFound


async def feeds_of(session: AsyncSession, subject: str) -> Sequence[CalendarFeed]:
    """A guardian's addresses in use, oldest first."""
    wanted = select(CalendarFeed).where(CalendarFeed.subject == subject, CalendarFeed.revoked_at.is_(None))
    return (await session.scalars(wanted.order_by(CalendarFeed.id))).all()


async def in_use(session: AsyncSession, subject: str, student_id: UUID) -> int:
    """How many addresses a guardian has for a child; two requests at once count one after the other."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"feed {subject}", 0))))
    wanted = select(func.count()).where(CalendarFeed.subject == subject, CalendarFeed.student_id == student_id)
    return await session.scalar(wanted.where(CalendarFeed.revoked_at.is_(None))) or 0


async def own_feed(session: AsyncSession, feed_id: UUID, subject: str) -> CalendarFeed:
    """Raises `FeedNotFound`."""
    found = await session.get(CalendarFeed, feed_id, with_for_update=True)
    if found is None or found.subject != subject:
        raise FeedNotFound
    return found


async def by_key(session: AsyncSession, key_print: bytes) -> CalendarFeed:
    """Raises `FeedNotFound`, also when the address was revoked."""
    found: CalendarFeed | None = await session.scalar(select(CalendarFeed).where(CalendarFeed.key_print == key_print))
    if found is None or found.revoked_at is not None:
        raise FeedNotFound
    return found
