"""The years whose calendar is published, and the days in them that are not what their weekday says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import BigInteger, Date, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.domain.working_days import CountsWorkingDays, is_weekend


class KnownYear(Base):
    """A local copy: the calendar of this year is published; `sequence` is that of the last fact about it."""

    __tablename__ = "known_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class KnownDay(Base):
    """A local copy: a day that is not what its weekday says."""

    __tablename__ = "known_day"
    __table_args__ = (Index("ix_known_day_year", "year"),)

    on: Mapped[date] = mapped_column(Date, primary_key=True)
    year: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class WorkingCalendar(CountsWorkingDays):
    """What inspection knows of the days. A year nobody published goes by its weekdays, and is called provisional."""

    published: frozenset[int] = frozenset()
    days: Mapping[date, bool] = field(default_factory=dict)
    """The exceptional days, and whether they are worked."""

    def is_working_day(self, day: date) -> bool:
        return self.days.get(day, not is_weekend(day))
