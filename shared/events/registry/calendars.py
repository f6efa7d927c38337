"""Calendar years, corrected days and school terms."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class CalendarDay(BaseModel):
    """A day that does not follow its weekday: `public_holiday`, `rest_day` or `makeup_workday`."""

    model_config = ConfigDict(frozen=True)

    on: date
    kind: str
    name: str


class CalendarYearPublished(Event):
    """The calendar of a year was published, with all its exceptional days."""

    type: ClassVar[str] = "registry.calendar_year.published.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    year_id: UUID
    year: int
    source: str
    days: list[CalendarDay]
    at: datetime


class CalendarDayCorrected(Event):
    """One day of a published year was corrected. With a null `kind`, it follows its weekday again."""

    type: ClassVar[str] = "registry.calendar_day.corrected.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    year_id: UUID
    on: date
    kind: str | None
    name: str | None
    source: str
    at: datetime


class SchoolTermSet(Event):
    """The days of a school term or vacation were set; `period` is term, winter_vacation or summer_vacation.

    A null `district` means the whole city."""

    type: ClassVar[str] = "registry.school_term.set.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    term_id: UUID
    period: str
    name: str
    district: str | None
    starts_on: date
    ends_on: date
    source: str
    at: datetime


class SchoolTermWithdrawn(Event):
    """A school term or vacation was withdrawn, as if it had never been entered."""

    type: ClassVar[str] = "registry.school_term.withdrawn.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    term_id: UUID
    period: str
    district: str | None
    starts_on: date
    ends_on: date
    at: datetime
