"""`/v1/calendar/years` and `/v1/calendar/corrections`: which days of a year are working days."""

from datetime import datetime
from uuid import UUID

from fastapi import status
from pydantic import BaseModel, ConfigDict

from services.registry.rulebook.calendars.domain import (
    CalendarUnpublished,
    CalendarYear,
    CorrectionContent,
    DayNameMissing,
    DayOutsideYear,
    DayTwice,
    MakeupNotOnWeekend,
    YearContent,
    YearPublishedAlready,
)
from services.registry.rulebook.calendars.routes import BureauDep
from services.registry.stories.recounts import usecases
from shared.domain.clock import utc_now
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/calendar", tags=["calendar"])


class CalendarYearOut(BaseModel):
    """A published year. `version` counts its facts."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    year: int
    source: str
    published_at: datetime


@router.post(
    "/years",
    status_code=status.HTTP_201_CREATED,
    response_model=CalendarYearOut,
    responses=problems(YearPublishedAlready, DayOutsideYear, DayTwice, MakeupNotOnWeekend),
)
async def publish_calendar_year(body: YearContent, _: BureauDep, session: SessionDep) -> CalendarYear:
    """Publish a year's calendar, once."""
    return await usecases.publish_year(session, body, at=utc_now())


@router.post(
    "/corrections",
    response_model=CalendarYearOut,
    responses=problems(CalendarUnpublished, MakeupNotOnWeekend, DayNameMissing),
)
async def correct_calendar_day(body: CorrectionContent, _: BureauDep, session: SessionDep) -> CalendarYear:
    """Correct one day of a published year. A null `kind` makes it an ordinary day of its weekday again."""
    return await usecases.correct_day(session, body, at=utc_now())
