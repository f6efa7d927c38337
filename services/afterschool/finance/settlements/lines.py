"""The lines of a settlement in fen: for each offering its target, minus what was posted before. No I/O."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class Unpaid(StrEnum):
    """Why a session is not paid for; `WORDS` says it to people."""

    NOT_HELD = "not-held"
    SUBSTITUTED = "substituted"
    PERSON_ABSENT = "person-absent"
    RATE_MISSING = "rate-missing"


WORDS: Final[Mapping[Unpaid, tuple[str, str]]] = {
    Unpaid.NOT_HELD: ("该课次未实际开展，或尚无考勤记录。", "It was not held, or its attendance is not recorded."),
    Unpaid.SUBSTITUTED: ("该课次由本校教师代课。", "A teacher of the school took it."),
    Unpaid.PERSON_ABSENT: ("校外人员未记录为到课。", "The person from outside is not recorded as present."),
    Unpaid.RATE_MISSING: ("上课当日没有约定的课次单价。", "No rate is agreed for its day."),
}


@dataclass(frozen=True, slots=True)
class AgreedRate:
    """A rate in fen per session, from a day on. Of two from the same day, the one agreed later holds."""

    id: UUID
    fen: int
    valid_from: date
    agreed_at: datetime


@dataclass(frozen=True, slots=True)
class DayTaught:
    """Sessions of an offering on one day with one outcome; `unpaid` is null for those that the provider delivered."""

    offering_id: UUID
    on: date
    unpaid: Unpaid | None
    sessions: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Line:
    """An offering: the sessions paid for, by rate, those that are not, by reason, and the amounts in fen."""

    offering_id: UUID
    sessions: int
    minutes: int
    rates: Mapping[int, int]
    """Fen per session -> sessions."""
    unpaid: Mapping[Unpaid, int]
    posted: int

    @property
    def target(self) -> int:
        return sum(fen * sessions for fen, sessions in self.rates.items())

    @property
    def posting(self) -> int:
        """Below zero it takes back what was posted before."""
        return self.target - self.posted


def rate_on(rates: Iterable[AgreedRate], on: date) -> AgreedRate | None:
    """The rate that holds on a day."""
    begun = [one for one in rates if one.valid_from <= on]
    return max(begun, key=lambda one: (one.valid_from, one.agreed_at, one.id), default=None)


def settle(
    days: Iterable[DayTaught], rates: Mapping[UUID, Sequence[AgreedRate]], posted: Mapping[UUID, int]
) -> list[Line]:
    """A line for each offering that has sessions or was posted before, in the order of the ids."""
    by_offering: dict[UUID, list[DayTaught]] = {offering_id: [] for offering_id in posted}
    for one in days:
        by_offering.setdefault(one.offering_id, []).append(one)
    return [
        _line(offering_id, by_offering[offering_id], rates.get(offering_id, ()), posted.get(offering_id, 0))
        for offering_id in sorted(by_offering)
    ]


def _line(offering_id: UUID, days: Sequence[DayTaught], rates: Sequence[AgreedRate], posted: int) -> Line:
    paid: Counter[int] = Counter()
    unpaid: Counter[Unpaid] = Counter()
    minutes = 0
    for one in days:
        rate = rate_on(rates, one.on)
        reason = one.unpaid or (Unpaid.RATE_MISSING if rate is None else None)
        if rate is None or reason is not None:
            unpaid[reason or Unpaid.RATE_MISSING] += one.sessions
        else:
            paid[rate.fen] += one.sessions
            minutes += one.minutes
    return Line(offering_id, paid.total(), minutes, dict(sorted(paid.items())), dict(sorted(unpaid.items())), posted)
