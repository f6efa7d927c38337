"""`/v1/calendar-feeds`, and the addresses themselves under `/v1/public/calendar-feeds`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.students.domain import StudentNotFound
from services.afterschool.stories.calendars import queries, usecases
from services.afterschool.stories.calendars.domain import CalendarFeed, FeedNotFound, TooManyFeeds
from shared.domain.clock import utc_now
from shared.http.idempotency import PersonalData
from shared.http.policies import Principal, allow, public
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/calendar-feeds", tags=["students"])
published = service_router(prefix="/v1/public/calendar-feeds", tags=["public"])

GuardianDep = Annotated[Principal, allow("guardian")]

MEDIA_TYPE: Final = "text/calendar"


class FeedIn(BaseModel):
    """The child whose sessions the calendar shows."""

    model_config = ConfigDict(extra="forbid")

    student_id: UUID


class FeedOut(BaseModel):
    """A calendar address, without its key."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    student_id: UUID
    made_at: datetime
    revoked_at: datetime | None


class FeedsOut(BaseModel):
    """The caller's addresses in use, oldest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[FeedOut]


class NewFeedOut(PersonalData):
    """A new calendar address. `path` holds its key and is shown this once only."""

    id: UUID
    path: str


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=NewFeedOut,
    responses=problems(StudentNotFound, TooManyFeeds),
)
async def make_calendar_feed(
    body: FeedIn, caller: GuardianDep, session: SessionDep, sealer: SealerDep, response: Response
) -> NewFeedOut:
    """Make an address for a calendar program. Whoever knows it sees times, courses and rooms, and no name."""
    made, key = await usecases.make_feed(session, body.student_id, sealer=sealer, caller=caller, at=utc_now())
    response.headers["Cache-Control"] = "no-store"
    return NewFeedOut(id=made.id, path=f"{published.prefix}/{key}")


@router.get("", response_model=FeedsOut)
async def list_calendar_feeds(caller: GuardianDep, session: SessionDep) -> dict[str, Sequence[CalendarFeed]]:
    """Your calendar addresses in use."""
    return {"items": await queries.feeds_of(session, caller.subject)}


@router.post("/{feed_id}/revocation", response_model=FeedOut, responses=problems(FeedNotFound))
async def revoke_calendar_feed(feed_id: UUID, caller: GuardianDep, session: SessionDep) -> CalendarFeed:
    """Revoke a calendar address. From now on it shows nothing to anybody."""
    return await usecases.revoke_feed(session, feed_id, caller=caller, at=utc_now())


@published.get(
    "/{key}",
    dependencies=[public()],
    response_class=Response,
    responses=problems(FeedNotFound)
    | {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "The calendar."}},
)
async def read_calendar_feed(
    key: Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")], session: SessionDep, sealer: SealerDep
) -> Response:
    """A child's sessions of the last 30 days and to come, as iCalendar. It names neither child nor school."""
    content = await usecases.calendar_of(session, key, sealer=sealer, at=utc_now())
    return Response(content, media_type=MEDIA_TYPE, headers={"Cache-Control": "private, no-cache"})
