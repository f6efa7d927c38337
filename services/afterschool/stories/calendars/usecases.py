"""Guardians make and revoke calendar addresses; whoever has one reads times and courses, and no name."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from icalendar import Calendar, Event
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.sessions import queries as sessions
from services.afterschool.delivery.sessions.domain import SessionState
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.students.domain import StudentNotFound
from services.afterschool.sealing import Sealer
from services.afterschool.stories.calendars import queries
from services.afterschool.stories.calendars.domain import CalendarFeed, FeedNotFound, new_key
from shared.domain.clock import china_date
from shared.http.policies import Principal

SHOWN_FOR: Final = timedelta(days=30)
"""How long a session stays in the calendar when it is over."""


async def make_feed(
    session: AsyncSession, student_id: UUID, *, sealer: Sealer, caller: Principal, at: datetime
) -> tuple[CalendarFeed, str]:
    """An address for a child whom the guardian may see, and its key."""
    if not await guardianships.may(session, student_id, caller.subject, china_date(at), act=False):
        raise StudentNotFound(pointer="/student_id")
    in_use = await queries.in_use(session, caller.subject, student_id)
    key = new_key()
    made = CalendarFeed.make(student_id, caller.subject, _print(sealer, key), in_use=in_use, at=at)
    session.add(made)
    return made, key


async def revoke_feed(session: AsyncSession, feed_id: UUID, *, caller: Principal, at: datetime) -> CalendarFeed:
    """Revoke one of the caller's own addresses."""
    feed = await queries.own_feed(session, feed_id, caller.subject)
    feed.revoke(at)
    return feed


async def calendar_of(session: AsyncSession, key: str, *, sealer: Sealer, at: datetime) -> bytes:
    """The sessions of the child as iCalendar (RFC 5545). Raises `FeedNotFound`."""
    feed = await queries.by_key(session, _print(sealer, key))
    if not await guardianships.may(session, feed.student_id, feed.subject, china_date(at), act=False):
        raise FeedNotFound
    calendar = Calendar()
    calendar.add("prodid", "-//Double Wings//after-school//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "课后服务")
    for one in await sessions.of_student(session, feed.student_id, since=at - SHOWN_FOR):
        event = Event()
        event.add("uid", f"{one.id}@double-wings")
        event.add("dtstamp", at)
        event.add("sequence", one.version)
        event.add("dtstart", one.starts_at)
        event.add("dtend", one.ends_at)
        event.add("summary", one.name)
        if one.room is not None:
            event.add("location", one.room)
        event.add("status", "CANCELLED" if one.state == SessionState.CANCELLED else "CONFIRMED")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _print(sealer: Sealer, key: str) -> bytes:
    return sealer.fingerprint("calendar-feed", key)
