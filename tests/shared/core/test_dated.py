"""Until when a record that counts from a day on can be withdrawn."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import DeclarativeBase

from shared.data.database import Aggregate, new_id, service_metadata
from shared.domain.dated import Withdrawable, WithdrawalTooLate, Withdrawn

LATE = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
"""One minute before midnight in China."""
TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


class Base(DeclarativeBase):
    metadata = service_metadata()


class Decision(Base, Aggregate, Withdrawable):
    __tablename__ = "decision"

    def withdraw(self, first_day: date, entered_at: datetime | None, at: datetime) -> None:
        self._take_back("录入有误", first_day=first_day, entered_at=entered_at, by="b", at=at)


def decision() -> Decision:
    return Decision(id=new_id(), version=1)


@pytest.mark.parametrize(
    ("first_day", "entered_at", "at"),
    [
        (TODAY + DAY, None, LATE),
        (TODAY + DAY, LATE - 9 * DAY, LATE),
        (TODAY, LATE - timedelta(hours=23), LATE),
    ],
)
def test_withdrawn_in_time(first_day: date, entered_at: datetime | None, at: datetime) -> None:
    one = decision()
    one.withdraw(first_day, entered_at, at)
    assert (one.withdrawn_at, one.withdrawn_by, one.withdrawal_reason) == (at, "b", "录入有误")
    with pytest.raises(Withdrawn):
        one.withdraw(first_day, entered_at, at)


@pytest.mark.parametrize(
    ("first_day", "entered_at", "at"),
    [
        (TODAY, None, LATE),
        (TODAY, LATE - DAY, LATE),
        (TODAY - DAY, LATE, LATE),
        (TODAY, LATE, LATE + timedelta(minutes=1)),
        (TODAY + DAY, LATE, LATE + timedelta(minutes=1)),
    ],
)
def test_what_has_begun_can_no_longer_be_withdrawn(first_day: date, entered_at: datetime | None, at: datetime) -> None:
    one = decision()
    with pytest.raises(WithdrawalTooLate) as refused:
        one.withdraw(first_day, entered_at, at)
    assert (refused.value.facts, one.withdrawn_at) == ({"began": first_day}, None)
