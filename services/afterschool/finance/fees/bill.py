"""The bill of a child for a term, in fen, from lessons really delivered. No I/O.

A child who has its seat pays for each lesson that was delivered. Where the seat was given up before the end (the child
left, moved or withdrew), only lessons that it really attended are paid for, and the rest is refunded. That rule is
taken from Ningxia (2022) and waits for the bureau to confirm it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

WHOLE_BP: Final = 10_000
REFUND_SOURCE: Final = "宁夏2022年课后服务收费规定：中途退出或转学的，按实际参加的课时收费，其余退还；待市教育局确认"
"""Where the rule of refunds comes from."""


@dataclass(frozen=True, slots=True)
class LessonTaken:
    """A lesson during which the child had a seat. `fee` is fen per lesson; `ended`: the seat was given up since."""

    enrolment_id: UUID
    offering_id: UUID
    school_id: UUID
    fee: int
    ended: bool
    on: date
    held: bool
    attended: bool

    def is_due(self) -> bool:
        """Whether it is paid for: it was delivered, and if the seat was given up, attended."""
        return self.held and (self.attended or not self.ended)

    def is_coming(self, today: date) -> bool:
        """Whether it is still to be delivered to a child who has the seat."""
        return not self.held and not self.ended and self.on >= today


@dataclass(frozen=True, slots=True)
class WaivedDays:
    """The days `[valid_from, valid_to)` on which a share of the fees is waived; 10,000 is all of them."""

    share_bp: int
    valid_from: date
    valid_to: date | None

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class BillLine:
    """What is due for one seat: `due_lessons` of the lessons delivered, less what was waived."""

    enrolment_id: UUID
    offering_id: UUID
    school_id: UUID
    fee: int
    ended: bool
    delivered: int
    attended: int
    due_lessons: int
    waived: int
    fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of a term, what is still to come, and what was collected and refunded so far."""

    lines: Sequence[BillLine]
    coming: int
    collected: int
    refunded: int

    @property
    def charged(self) -> int:
        return sum(line.fen for line in self.lines)

    @property
    def paid(self) -> int:
        return self.collected - self.refunded

    @property
    def due(self) -> int:
        """What is not paid yet of the lessons delivered."""
        return max(0, self.charged - self.paid)

    @property
    def refundable(self) -> int:
        """What was paid beyond all lessons delivered and still to come."""
        return max(0, self.paid - self.charged - self.coming)

    @property
    def collectable(self) -> int:
        """How much may still be collected for the term."""
        return max(0, self.charged + self.coming - self.paid)


def bill_of(
    lessons: Iterable[LessonTaken], waived: Sequence[WaivedDays], *, today: date, collected: int, refunded: int
) -> Bill:
    """One line for each seat that the child had, in the order of the enrolments."""
    by_seat: dict[UUID, list[LessonTaken]] = {}
    for one in lessons:
        by_seat.setdefault(one.enrolment_id, []).append(one)
    coming = [one for seat in by_seat.values() for one in seat if one.is_coming(today)]
    return Bill(
        lines=[_line(by_seat[seat], waived) for seat in sorted(by_seat)],
        coming=sum(_fen([one for one in coming if one.enrolment_id == seat], waived) for seat in by_seat),
        collected=collected,
        refunded=refunded,
    )


def _line(seat: Sequence[LessonTaken], waived: Sequence[WaivedDays]) -> BillLine:
    first, due = seat[0], [one for one in seat if one.is_due()]
    fen = _fen(due, waived)
    return BillLine(
        enrolment_id=first.enrolment_id,
        offering_id=first.offering_id,
        school_id=first.school_id,
        fee=first.fee,
        ended=first.ended,
        delivered=sum(one.held for one in seat),
        attended=sum(one.attended for one in seat),
        due_lessons=len(due),
        waived=first.fee * len(due) - fen,
        fen=fen,
    )


def _fen(lessons: Sequence[LessonTaken], waived: Sequence[WaivedDays]) -> int:
    """The fees of these lessons of one seat. A part of a fen is the family's."""
    return sum(one.fee * (WHOLE_BP - _share(one.on, waived)) for one in lessons) // WHOLE_BP


def _share(on: date, waived: Sequence[WaivedDays]) -> int:
    return max((one.share_bp for one in waived if one.holds(on)), default=0)
