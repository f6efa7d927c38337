"""An allocation promises a secret, waits for a public value, and is drawn once."""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.afterschool.placement.allocations.domain import (
    Allocation,
    AllocationDetails,
    AllocationState,
    AlreadyDrawn,
    PreferencesClosed,
    StillOpen,
    shown_seed,
    slots_of,
)
from services.afterschool.placement.allocations.lottery import commitment
from services.afterschool.programme.offerings.domain import Offering, OfferingPeriod
from services.afterschool.roster.terms.domain import Term
from services.afterschool.sealing import Sealer

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = {"old": os.urandom(32), "new": os.urandom(32)}
SEALER = Sealer(KEYS, active="old", fingerprints=os.urandom(32))
DETAILS: Mapping[str, Any] = {
    "name": "秋季",
    "term": "2026秋",
    "opens_at": AT,
    "closes_at": AT + DAY,
    "public_source": "福利彩票",
}


def opened() -> Allocation:
    term = Term(
        id=uuid4(), name="2026秋", district=None, starts_on=date(2026, 9, 1), ends_on=date(2027, 1, 15), sequence=1
    )
    return Allocation.open(AllocationDetails(**DETAILS), term=term, sealer=SEALER, at=AT)[0]


def test_choices_are_entered_while_it_is_open() -> None:
    allocation = opened()
    allocation.check_open(AT)
    for at in (AT - DAY, AT + DAY):
        with pytest.raises(PreferencesClosed):
            allocation.check_open(at)
    with pytest.raises(ValidationError, match="must open before"):
        AllocationDetails(**{**DETAILS, "closes_at": AT})


def test_the_public_value_comes_once_after_the_closing() -> None:
    allocation = opened()
    with pytest.raises(StillOpen):
        allocation.enter_public_value("1", at=AT)
    closed = allocation.enter_public_value("1", at=AT + DAY)
    assert (closed.public_value, allocation.state) == ("1", AllocationState.DRAWING)
    with pytest.raises(AlreadyDrawn):
        allocation.enter_public_value("2", at=AT + DAY)
    assert shown_seed(allocation, SEALER) == {}
    allocation.finish(markets=1, children=2, seats=3, at=AT + DAY)
    assert commitment(bytes.fromhex(shown_seed(allocation, SEALER)["secret"])) == allocation.commitment


def test_a_secret_is_sealed_again_with_a_new_key() -> None:
    allocation = opened()
    secret = allocation.opened_secret(SEALER)
    renewed = Sealer(KEYS, active="new", fingerprints=b"x" * 32)
    allocation.reseal(renewed)
    assert allocation.key_id == "new"
    assert allocation.opened_secret(Sealer({"new": KEYS["new"]}, active="new", fingerprints=b"x" * 32)) == secret


def test_a_course_takes_its_periods_in_each_half_of_the_term() -> None:
    period = OfferingPeriod(offering_id=uuid4(), weekday=2, number=1, starts_at=time(16, 30), ends_at=time(17, 30))
    assert slots_of(Offering(halves=[1, 2]), [period]) == ("2-1-1", "2-1-2")
    assert slots_of(Offering(halves=[2]), []) == ()
