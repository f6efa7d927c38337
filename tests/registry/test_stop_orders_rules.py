"""Which days an order stops, who may take it back, and whose word on a recipient counts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registry.rulebook.calendars.domain import (
    Calendar,
    CalendarUnpublished,
    DayKind,
    ExceptionalDay,
    SchoolTerm,
    TermContent,
    Vacation,
)
from services.registry.supervision.stop_orders.domain import (
    CHUNK,
    TRANSITIONS,
    Action,
    CalendarUnchanged,
    NothingToStop,
    RecipientNotOperating,
    RecipientState,
    Result,
    StopDaysOutOfRange,
    StopOrder,
    StopOrderAcknowledgedAlready,
    StopOrderCancelledAlready,
    StopOrderCheck,
    StopOrderContent,
    StopOrderRecipient,
    TermElsewhere,
    TermOrDays,
    days_meant,
)
from shared.domain.refusals import Refusal
from shared.events.registry.stop_orders import ListedRecipient

AT = datetime(2026, 9, 21, 1, 0, tzinfo=UTC)
NATIONAL_DAY = {date(2026, 10, day): ExceptionalDay(DayKind.PUBLIC_HOLIDAY, "国庆节") for day in (1, 2, 3, 5, 6, 7)} | {
    date(2026, 10, 10): ExceptionalDay(DayKind.MAKEUP_WORKDAY, "调休上班")
}
OURS = Vacation("winter_vacation", "寒假", "140213", date(2026, 12, 29), date(2026, 12, 31))
CALENDAR = Calendar(frozenset({2026}), NATIONAL_DAY, [OURS])


def content(**more: Any) -> StopOrderContent:
    said = {"title": "国庆停训", "legal_basis": "双减意见", "acknowledge_by": "2026-09-28", **more}
    return StopOrderContent.model_validate(said)


def issued(first: date, last: date, **more: Any) -> StopOrder:
    return StopOrder.issue(content(**more), CALENDAR, first, last, by="bureau-1", at=AT)


def days(order: StopOrder) -> list[tuple[int, int]]:
    return [(day.month, day.day) for day in order.days]


def test_the_days_are_those_on_which_training_is_forbidden() -> None:
    order = issued(date(2026, 9, 30), date(2026, 10, 11))
    assert days(order) == [(10, 1), (10, 2), (10, 3), (10, 4), (10, 5), (10, 6), (10, 7), (10, 11)]
    told = order.issued(recipients=3)
    assert (told.days, told.recipients, told.kind, told.mode) == (order.days, 3, "subject", "offline")
    assert (told.first_day, told.last_day, told.at) == (date(2026, 9, 30), date(2026, 10, 11), AT)


def test_a_districts_vacation_stops_that_district() -> None:
    assert days(issued(date(2026, 12, 28), date(2026, 12, 31), district="140213")) == [(12, 29), (12, 30), (12, 31)]
    with pytest.raises(NothingToStop):
        issued(date(2026, 12, 28), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "more", "refusal"),
    [
        (date(2026, 12, 31), date(2027, 1, 3), {"district": "140213"}, CalendarUnpublished),
        (date(2026, 10, 2), date(2026, 10, 1), {}, StopDaysOutOfRange),
        (date(2026, 1, 1), date(2027, 2, 5), {}, StopDaysOutOfRange),
        (date(2026, 9, 28), date(2026, 9, 30), {}, NothingToStop),
    ],
)
def test_orders_that_cannot_be(first: date, last: date, more: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        issued(first, last, **more)


def test_an_order_of_the_past_is_taken_over() -> None:
    past = issued(date(2026, 9, 19), date(2026, 9, 20), acknowledge_by="2026-09-18")
    assert days(past) == [(9, 19), (9, 20)]


def term(district: str | None) -> SchoolTerm:
    said = {"period": "winter_vacation", "name": "寒假", "district": district, "source": "s"}
    days = {"starts_on": "2027-01-18", "ends_on": "2027-02-28"}
    return SchoolTerm.new(TermContent.model_validate({**said, **days}), at=AT)[0]


@pytest.mark.parametrize(
    ("of", "said", "expected"),
    [
        (None, {"first_day": "2026-10-01", "last_day": "2026-10-07"}, (date(2026, 10, 1), date(2026, 10, 7))),
        (term(None), {}, (date(2027, 1, 18), date(2027, 2, 28))),
        (term(None), {"district": "140213"}, (date(2027, 1, 18), date(2027, 2, 28))),
        (term("140213"), {"district": "140213"}, (date(2027, 1, 18), date(2027, 2, 28))),
        (term("140213"), {}, TermElsewhere),
        (term("140213"), {"district": "140214"}, TermElsewhere),
        (None, {}, TermOrDays),
        (None, {"first_day": "2026-10-01"}, TermOrDays),
        (None, {"last_day": "2026-10-01"}, TermOrDays),
        (term(None), {"first_day": "2026-10-01"}, TermOrDays),
        (term(None), {"last_day": "2026-10-01"}, TermOrDays),
    ],
)
def test_days_or_a_term(of: SchoolTerm | None, said: dict[str, Any], expected: object) -> None:
    if isinstance(expected, type) and issubclass(expected, Refusal):
        with pytest.raises(expected):
            days_meant(content(**said), of)
    else:
        assert days_meant(content(**said), of) == expected


@pytest.mark.parametrize(
    ("number", "parts"), [(0, []), (1, [1]), (CHUNK, [CHUNK]), (CHUNK + 1, [CHUNK, 1]), (2500, [1000, 1000, 500])]
)
def test_the_list_is_told_in_parts(number: int, parts: list[int]) -> None:
    recipients = [
        ListedRecipient(recipient_id=uuid4(), institution_id=uuid4(), district="140213", street=None)
        for _ in range(number)
    ]
    told = issued(date(2026, 10, 1), date(2026, 10, 7)).listed(recipients)
    assert [len(part.institutions) for part in told] == parts
    assert [each for part in told for each in part.recipients] == recipients
    assert [each for part in told for each in part.institutions] == [one.institution_id for one in recipients]


@pytest.mark.parametrize(
    ("on", "in_force"),
    [
        (date(2026, 9, 30), False), (date(2026, 10, 1), True), (date(2026, 10, 7), True), (date(2026, 10, 8), False),
    ],
)  # fmt: skip
def test_in_force_is_said_by_the_days(on: date, in_force: bool) -> None:
    order = issued(date(2026, 10, 1), date(2026, 10, 7))
    assert order.in_force(on) is in_force
    cancelled = order.cancel("误发", by="bureau-1", at=AT)
    assert (cancelled.cause, order.cause, order.cancelled_at) == ("误发", "误发", AT)
    assert not order.in_force(on)
    with pytest.raises(StopOrderCancelledAlready):
        order.cancel("再次", by="bureau-1", at=AT)


def recipient(state: RecipientState = RecipientState.ISSUED) -> StopOrderRecipient:
    return StopOrderRecipient(
        id=uuid4(), version=0, stop_order_id=uuid4(), institution_id=uuid4(), state=state, district="140213"
    )


@pytest.mark.parametrize("state", RecipientState)
def test_acknowledge(state: RecipientState) -> None:
    listed = recipient(state)
    if state in TRANSITIONS[Action.ACKNOWLEDGE]:
        told = listed.acknowledge(by="operator-1", at=AT)
        assert (listed.state, listed.acknowledged_at) == (RecipientState.ACKNOWLEDGED, AT)
        assert (told.recipient_id, told.district) == (listed.id, "140213")
    else:
        with pytest.raises(StopOrderAcknowledgedAlready):
            listed.acknowledge(by="operator-1", at=AT)


VISITS = [UUID(int=number) for number in range(3)]
LATER = AT + timedelta(hours=1)
DAY = date(2026, 10, 1)


def check(listed: StopOrderRecipient, visit: UUID, result: Result, on: date = DAY, at: datetime = AT) -> StopOrderCheck:
    order = issued(date(2026, 10, 1), date(2026, 10, 7))
    return StopOrderCheck.of_visit(listed, order, visit_id=visit, on=on, result=result, at=at)


@pytest.mark.parametrize("state", RecipientState)
def test_what_a_visit_saw(state: RecipientState) -> None:
    listed = recipient(state)
    told = listed.verify([check(listed, VISITS[1], Result.OPERATING)])
    assert told is not None
    assert (told.result, told.visit_id, told.checked_on, listed.state) == ("operating", VISITS[1], DAY, state)


@pytest.mark.parametrize(
    ("on", "counts"),
    [(date(2026, 9, 30), False), (DAY, True), (date(2026, 10, 7), True), (date(2026, 10, 8), False)],
)
def test_a_visit_counts_on_an_ordered_day(on: date, counts: bool) -> None:
    listed = recipient()
    seen = check(listed, VISITS[0], Result.STOPPED, on)
    assert seen.counts is counts
    assert (listed.verify([seen]) is not None) is counts
    assert (listed.result is not None) is counts


def test_a_visit_does_not_count_for_a_cancelled_order() -> None:
    listed, order = recipient(), issued(date(2026, 10, 1), date(2026, 10, 7))
    order.cancel("误发", by="bureau-1", at=AT)
    assert not StopOrderCheck.of_visit(listed, order, visit_id=VISITS[0], on=DAY, result=Result.STOPPED, at=AT).counts


@pytest.mark.parametrize(
    ("visit", "result", "on", "at", "changes"),
    [
        (VISITS[2], Result.STOPPED, DAY, LATER, True),
        (VISITS[2], Result.STOPPED, DAY, AT - timedelta(hours=1), False),  # an earlier visit, told late
        (VISITS[2], Result.STOPPED, date(2026, 10, 2), AT - timedelta(hours=1), True),  # the day decides first
        (VISITS[2], Result.STOPPED, date(2026, 10, 10), LATER, False),  # a makeup workday
        (VISITS[2], Result.STOPPED, DAY, AT, True),  # at the same moment: one order, whichever is told first
        (VISITS[0], Result.STOPPED, DAY, AT, False),
        (VISITS[2], Result.OPERATING, DAY, LATER, True),  # the same result, seen again
    ],
)
def test_the_last_check_that_counts_holds(visit: UUID, result: Result, on: date, at: datetime, changes: bool) -> None:
    listed = recipient()
    first = check(listed, VISITS[1], Result.OPERATING)
    listed.verify([first])
    told = listed.verify([first, check(listed, visit, result, on, at)])
    assert (told is not None) is changes
    assert (listed.result, listed.visit_id) == ((result, visit) if changes else (Result.OPERATING, VISITS[1]))


@pytest.mark.parametrize(("at", "changes"), [(AT, False), (LATER, True), (AT - timedelta(hours=1), False)])
def test_the_last_word_of_a_visit_holds(at: datetime, changes: bool) -> None:
    seen = check(recipient(), VISITS[1], Result.OPERATING)
    seen.say(Result.STOPPED, at=at)
    assert (seen.result == Result.STOPPED) is changes


def test_only_who_operated_puts_it_right() -> None:
    listed = recipient()
    for result in (None, Result.STOPPED, Result.UNCLEAR):
        listed.result = result
        with pytest.raises(RecipientNotOperating):
            StopOrderCheck.of_rectification(listed, uuid4(), note=None, by="b", at=AT)


def test_a_changed_calendar_is_decided_on_once() -> None:
    order = issued(date(2026, 10, 1), date(2026, 10, 7))
    fewer, other = order.days[1:], order.days[:-1]
    assert not order.differs_from(order.days)
    with pytest.raises(CalendarUnchanged):
        order.confirm(order.days, "x", by="bureau-1", at=AT)
    assert order.differs_from(fewer)
    told = order.confirm(fewer, "已通知各机构", by="bureau-1", at=AT)
    assert (told.cause, told.days_today, order.days[0]) == ("已通知各机构", fewer, DAY)
    assert not order.differs_from(fewer)
    assert order.differs_from(other), "until the calendar changes again"
    order.cancel("误发", by="bureau-1", at=AT)
    assert not order.differs_from(other)
