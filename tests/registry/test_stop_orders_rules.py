"""Which days an order stops, who may take it back, and whose word on a recipient counts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registry.calendars.domain import (
    Calendar,
    CalendarUnpublished,
    DayKind,
    ExceptionalDay,
    SchoolTerm,
    TermContent,
    Vacation,
)
from services.registry.stop_orders.domain import (
    CHUNK,
    TRANSITIONS,
    Action,
    NothingToStop,
    RecipientState,
    Result,
    StopDaysOutOfRange,
    StopOrder,
    StopOrderAcknowledgedAlready,
    StopOrderCancelledAlready,
    StopOrderContent,
    StopOrderRecipient,
    TermElsewhere,
    TermOrDays,
    days_meant,
)
from shared.events.registry import ListedRecipient
from shared.refusals import Refusal

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


@pytest.mark.parametrize("state", RecipientState)
def test_what_a_visit_saw(state: RecipientState) -> None:
    listed = recipient(state)
    told = listed.verify(Result.OPERATING, visit_id=VISITS[1], at=AT)
    assert told is not None
    assert (told.result, told.visit_id, listed.state) == ("operating", VISITS[1], state)


@pytest.mark.parametrize(
    ("visit", "result", "at", "changes"),
    [
        (VISITS[1], Result.OPERATING, AT, False),  # told again
        (VISITS[1], Result.OPERATING, LATER, False),
        (VISITS[2], Result.STOPPED, LATER, True),
        (VISITS[1], Result.STOPPED, LATER, True),  # the visit was reviewed
        (VISITS[2], Result.STOPPED, AT - timedelta(hours=1), False),  # an earlier visit, told late
        (VISITS[2], Result.STOPPED, AT, True),  # at the same moment: one order, whichever is told first
        (VISITS[0], Result.STOPPED, AT, False),
        (VISITS[2], Result.OPERATING, LATER, True),  # the same result, seen again
    ],
)
def test_the_last_verification_counts(visit: UUID, result: Result, at: datetime, changes: bool) -> None:
    listed = recipient()
    listed.verify(Result.OPERATING, visit_id=VISITS[1], at=AT)
    told = listed.verify(result, visit_id=visit, at=at)
    assert (told is not None) is changes
    assert (listed.result, listed.visit_id) == ((result, visit) if changes else (Result.OPERATING, VISITS[1]))
