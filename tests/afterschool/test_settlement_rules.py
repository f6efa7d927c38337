"""Rates, and the lines of a settlement: whole fen, the target minus what was posted, and why a session is not paid."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.afterschool.finance.settlements.domain import (
    NothingToSettle,
    RateAbovePrice,
    SessionRate,
    SessionRateDetails,
    Settlement,
    SettlementAhead,
    SettlementBefore,
    SettlementLine,
    TaughtBySchool,
)
from services.afterschool.finance.settlements.lines import WORDS, AgreedRate, DayTaught, Line, Unpaid, rate_on, settle
from services.afterschool.programme.engagements.domain import Listing, ListingDetails, ProviderNotListed
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.schools.domain import School
from shared.data.database import new_id

AT = datetime(2026, 11, 2, 16, 30, tzinfo=UTC)  # the 3rd in China
DAY = timedelta(days=1)
FIRST = date(2026, 9, 1)
CHESS, CHOIR, GONE = (UUID(int=number) for number in (1, 2, 3))
PROVIDER, SCHOOL = new_id(), School(id=new_id(), district="140213", street=None)


def rate(fen: int, since: date = FIRST, agreed: datetime = AT) -> AgreedRate:
    return AgreedRate(new_id(), fen, since, agreed)


def taught(on: date, sessions: int = 1, unpaid: Unpaid | None = None, offering: UUID = CHESS) -> DayTaught:
    return DayTaught(offering, on, unpaid, sessions, 60 * sessions)


def test_the_rate_of_a_day_is_the_last_that_began_and_of_two_the_one_agreed_later() -> None:
    first, second = rate(100), rate(120, FIRST + 9 * DAY)
    corrected = rate(90, FIRST, AT + DAY)
    assert rate_on([], FIRST) is None
    assert rate_on([first, second], FIRST - DAY) is None
    assert rate_on([second, first], FIRST + 8 * DAY) is first
    assert rate_on([first, second], FIRST + 9 * DAY) is second
    assert rate_on([first, corrected], FIRST) is corrected


def test_sessions_are_paid_at_the_rate_of_their_day_and_the_others_are_explained() -> None:
    days = [
        taught(FIRST, 2),
        taught(FIRST + 9 * DAY),
        taught(FIRST, 3, Unpaid.NOT_HELD),
        taught(FIRST - DAY),
        taught(FIRST - DAY, 1, Unpaid.SUBSTITUTED),
        taught(FIRST, 4, offering=CHOIR),
    ]
    rates = {CHESS: [rate(12_345), rate(12_346, FIRST + 9 * DAY)]}
    chess, choir, gone = settle(days, rates, {CHESS: 30_000, GONE: 500})
    assert (chess.offering_id, chess.sessions, chess.minutes) == (CHESS, 3, 180)
    assert dict(chess.rates) == {12_345: 2, 12_346: 1}
    assert dict(chess.unpaid) == {Unpaid.NOT_HELD: 3, Unpaid.RATE_MISSING: 1, Unpaid.SUBSTITUTED: 1}
    assert (chess.target, chess.posted, chess.posting) == (37_036, 30_000, 7_036)
    assert (choir.offering_id, choir.target, dict(choir.unpaid)) == (CHOIR, 0, {Unpaid.RATE_MISSING: 4})
    assert (gone.offering_id, gone.target, gone.posting) == (GONE, 0, -500)
    assert set(WORDS) == set(Unpaid)


def line(posting: int = 100) -> Line:
    return Line(CHESS, 1, 60, {posting: 1}, {Unpaid.NOT_HELD: 2}, 0)


def post(until: date, lines: list[Line], last: Settlement | None = None) -> Settlement:
    return Settlement.post(PROVIDER, until, lines, last=last, school=SCHOOL, by="staff", at=AT)[0]


def test_settlements_follow_one_another() -> None:
    first, told = Settlement.post(PROVIDER, FIRST, [line()], last=None, school=SCHOOL, by="staff", at=AT)
    assert (first.number, first.total, told.total_fen, told.lines, told.until) == (1, 100, 100, 1, FIRST)
    assert post(FIRST, [line(200)], first).number == 2
    with pytest.raises(SettlementBefore):
        post(FIRST - DAY, [line()], first)
    with pytest.raises(SettlementAhead):
        post(date(2026, 11, 4), [line()])
    assert post(date(2026, 11, 3), [line()]).total == 100, "today in China"
    with pytest.raises(NothingToSettle):
        post(FIRST, [line(0)], first)
    back_and_forth = [line(100), Line(CHOIR, 0, 0, {}, {}, 100)]
    assert post(FIRST, back_and_forth).total == 0
    stored = SettlementLine.of(first, line())
    assert (stored.rates, stored.unpaid) == ([{"fen": 100, "sessions": 1}], [{"code": "not-held", "sessions": 2}])
    assert (stored.target, stored.posted, stored.posting) == (100, 0, 100)


def agree(fen: int, provider: UUID | None = PROVIDER, **more: Any) -> SessionRate:
    listed = {"institution_id": PROVIDER, "district": "140213", "price": 5000, "valid_from": FIRST, "source": "公告"}
    listing = Listing.enter(ListingDetails.model_validate(listed), at=AT)[0]
    details = SessionRateDetails(**{"fen": fen, "valid_from": FIRST} | more)
    offering = Offering(id=CHESS, provider_id=provider)
    agreed, told = SessionRate.agree(offering, details, [listing], school=SCHOOL, by="staff", at=AT)
    assert (told.fen, told.valid_from, told.offering_id) == (agreed.fen, agreed.valid_from, CHESS)
    assert agreed.agreed == AgreedRate(agreed.id, fen, agreed.valid_from, AT)
    return agreed


def test_a_rate_is_at_most_the_listed_price_of_its_first_day() -> None:
    assert agree(5000).fen == 5000
    with pytest.raises(RateAbovePrice) as refused:
        agree(5001)
    assert refused.value.facts["price"] == 5000
    with pytest.raises(ProviderNotListed):
        agree(1, valid_from=FIRST - DAY)
    with pytest.raises(TaughtBySchool):
        agree(1, None)
