"""Fees without a database: what is due for a seat, waivers, collections within the term, refunds."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from services.afterschool.finance.fees.bill import Bill, LessonTaken, WaivedDays, bill_of
from services.afterschool.finance.fees.domain import (
    CollectionOutsideTerm,
    CollectionTooLarge,
    EntryKind,
    FeeEntry,
    FeeWaiver,
    FeeWaiverDaysEmpty,
    FeeWaiverDetails,
    FeeWaiverEndsAlready,
    FeeWaiverOverlaps,
    RefundTooLarge,
)
from services.afterschool.roster.schools.domain import School, SchoolDetails, Stage
from services.afterschool.roster.terms.domain import Term
from shared.domain.clock import china_date, utc_now

NOW = utc_now()
TODAY = china_date(NOW)
DAY = timedelta(days=1)
SCHOOL, _registered = School.register(
    SchoolDetails(code="s", name="一小", stage=Stage.PRIMARY, district="140213"), at=NOW
)
TERM = Term(id=uuid4(), name="t", district=None, starts_on=TODAY - 60 * DAY, ends_on=TODAY + 60 * DAY, sequence=1)
SEAT, CHILD = uuid4(), uuid4()


def lesson(
    on: date, *, held: bool = True, attended: bool = True, ended: bool = False, fee: int = 300, seat: UUID = SEAT
) -> LessonTaken:
    return LessonTaken(seat, uuid4(), SCHOOL.id, fee, ended, on, held, held and attended)


def bill(*lessons: LessonTaken, waived: list[WaivedDays] | None = None, collected: int = 0, refunded: int = 0) -> Bill:
    return bill_of(lessons, waived or [], today=TODAY, collected=collected, refunded=refunded)


def test_each_lesson_delivered_is_paid_for_also_if_the_child_was_absent() -> None:
    found = bill(lesson(TODAY - DAY), lesson(TODAY - 2 * DAY, attended=False), lesson(TODAY - 3 * DAY, held=False))
    [line] = found.lines
    assert (line.delivered, line.attended, line.due_lessons, line.fen) == (2, 1, 2, 600)
    assert (found.charged, found.coming, found.due, found.refundable, found.collectable) == (600, 0, 600, 0, 600)


def test_a_seat_that_was_given_up_is_paid_for_by_the_lessons_attended() -> None:
    taken = [lesson(TODAY - n * DAY, attended=n < 3, ended=True) for n in range(1, 6)]
    found = bill(*taken, lesson(TODAY + DAY, held=False, ended=True), collected=1_800)
    assert (found.charged, found.coming, found.refundable, found.due) == (600, 0, 1_200, 0)


def test_what_is_paid_for_lessons_to_come_is_not_refunded() -> None:
    found = bill(lesson(TODAY - DAY), lesson(TODAY, held=False), lesson(TODAY + DAY, held=False), collected=900)
    assert (found.coming, found.refundable, found.collectable) == (600, 0, 0)
    assert bill(lesson(TODAY - DAY), collected=900, refunded=600).refundable == 0


def test_a_waiver_counts_on_its_days() -> None:
    waived = [WaivedDays(10_000, TODAY - 3 * DAY, TODAY - 2 * DAY), WaivedDays(5_000, TODAY - DAY, None)]
    found = bill(*(lesson(TODAY - n * DAY, fee=301) for n in (1, 2, 3, 4)), waived=waived)
    [line] = found.lines
    assert (line.fen, line.waived) == (301 * 2 + 150, 301 * 2 - 150)


def test_each_seat_has_its_line() -> None:
    other = uuid4()
    found = bill(
        lesson(TODAY - DAY), lesson(TODAY - DAY, seat=other, fee=250), lesson(TODAY + DAY, seat=other, held=False)
    )
    assert {line.enrolment_id: line.fen for line in found.lines} == {SEAT: 300, other: 250}
    assert (found.charged, found.coming) == (550, 300)


def grant(first: date, end: date | None, *known: FeeWaiver) -> FeeWaiver:
    details = FeeWaiverDetails(valid_from=first, valid_to=end, reason="低保")
    waiver, event = FeeWaiver.grant(CHILD, details, known=known, school=SCHOOL, by="a", at=NOW)
    assert str(CHILD) not in event.model_dump_json()
    return waiver


def test_waivers_of_a_child_do_not_overlap() -> None:
    first = grant(TODAY, TODAY + 9 * DAY)
    assert grant(TODAY + 9 * DAY, None, first).days.holds(TODAY + 99 * DAY)
    assert grant(TODAY - 9 * DAY, TODAY, first).days == WaivedDays(10_000, TODAY - 9 * DAY, TODAY)
    for overlapping in ((TODAY + 8 * DAY, None), (TODAY - DAY, TODAY + DAY), (TODAY - DAY, None)):
        with pytest.raises(FeeWaiverOverlaps):
            grant(*overlapping, first)
    with pytest.raises(FeeWaiverDaysEmpty):
        grant(TODAY, TODAY)
    with pytest.raises(FeeWaiverOverlaps):
        grant(TODAY + 99 * DAY, None, grant(TODAY, None))


def test_a_waiver_ends_once() -> None:
    waiver = grant(TODAY, TODAY + 9 * DAY)
    with pytest.raises(FeeWaiverEndsAlready):
        waiver.end(TODAY + 9 * DAY, school=SCHOOL, at=NOW)
    with pytest.raises(FeeWaiverDaysEmpty):
        waiver.end(TODAY, school=SCHOOL, at=NOW)
    assert waiver.end(TODAY + DAY, school=SCHOOL, at=NOW).valid_to == waiver.valid_to == TODAY + DAY
    assert grant(TODAY, None).end(TODAY + DAY, school=SCHOOL, at=NOW).valid_to == TODAY + DAY


def collect(fen: int, *, days: int = 0) -> FeeEntry:
    found = bill(lesson(TODAY - DAY), lesson(TODAY + DAY, held=False))
    entry, event = FeeEntry.collect(CHILD, fen, bill=found, term=TERM, school=SCHOOL, by="a", at=NOW + days * DAY)
    assert str(CHILD) not in event.model_dump_json()
    return entry


def test_fees_are_collected_during_their_term_and_for_its_lessons_only() -> None:
    assert collect(600).kind == EntryKind.COLLECTION
    assert collect(600, days=60).fen == 600
    for days in (-61, 61):
        with pytest.raises(CollectionOutsideTerm):
            collect(600, days=days)
    with pytest.raises(CollectionTooLarge):
        collect(601)


def test_refunds_are_what_the_bill_says() -> None:
    found = bill(lesson(TODAY - DAY, ended=True), collected=900)
    entry, _ = FeeEntry.refund(CHILD, 600, bill=found, term=TERM, school=SCHOOL, by="a", at=NOW + 99 * DAY)
    assert (entry.kind, entry.fen) == (EntryKind.REFUND, 600)
    with pytest.raises(RefundTooLarge):
        FeeEntry.refund(CHILD, 601, bill=found, term=TERM, school=SCHOOL, by="a", at=NOW)
