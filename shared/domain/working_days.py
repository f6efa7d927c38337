"""Periods of working days, as the law counts them: the day of the event is not counted (民法典 art. 201)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period. Provisional: some day counted lies in a year whose calendar is not published."""

    on: date
    provisional: bool


class CountsWorkingDays(ABC):
    """The arithmetic of a calendar that knows its published years and which days are worked."""

    __slots__ = ()

    published: frozenset[int]

    @abstractmethod
    def is_working_day(self, day: date) -> bool:
        """By the year's calendar; by the weekday while that is not published."""

    def after_working_days(self, start: date, days: int) -> Deadline:
        """The last of so many working days; the day of the event does not count."""
        on, provisional = start, False
        while days > 0:
            on += timedelta(days=1)
            provisional = provisional or on.year not in self.published
            days -= self.is_working_day(on)
        return Deadline(on, provisional)

    def working_days(self, after: date, until: date) -> int:
        """The number of working days after one day, up to and including another."""
        return sum(self.is_working_day(day) for day in days_between(after + timedelta(days=1), until))


def is_weekend(day: date) -> bool:
    return day.weekday() >= 5


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both included."""
    return (first + timedelta(days=passed) for passed in range((last - first).days + 1))
