"""Every transition of an advertisement, and every one that is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.registry.ledger.institutions.domain import CoordinatesIncomplete
from services.registry.supervision.advertisements.domain import (
    TRANSITIONS,
    Action,
    Advertisement,
    AdvertisementIdentifiedAlready,
    AdvertisementState,
    AdvertisementStateForbids,
    Find,
    FoundOnFuture,
    RemovalDueOnPast,
    RemovedOnImpossible,
    VerifierRemovedIt,
)
from shared.domain.clock import china_date
from tests.registry.conftest import AT

TODAY = china_date(AT)
DAY = timedelta(days=1)


def seen(**more: Any) -> Find:
    return Find.model_validate(
        {"source": "patrol", "medium": "poster", "place": "车站", "district": "140213", "found_on": TODAY - DAY, **more}
    )


def found(**more: Any) -> Advertisement:
    return Advertisement.find(uuid4(), seen(**more), by="inspector-1", at=AT)[0]


ACTIONS: dict[Action, Callable[[Advertisement], object]] = {
    Action.IDENTIFY: lambda one: one.identify(uuid4(), at=AT),
    Action.ORDER_REMOVAL: lambda one: one.order_removal(TODAY, "撕掉", at=AT),
    Action.REMOVE: lambda one: one.remove(TODAY, "已清除", by="operator-1", at=AT),
    Action.VERIFY: lambda one: one.verify(holds=True, note=None, by="inspector-1", at=AT),
}
PATH = (Action.ORDER_REMOVAL, Action.REMOVE, Action.VERIFY)
STATES = (
    AdvertisementState.FOUND,
    AdvertisementState.REMOVAL_ORDERED,
    AdvertisementState.REMOVED,
    AdvertisementState.VERIFIED,
)


def in_state(state: AdvertisementState) -> Advertisement:
    advertisement = found()
    for action in PATH[: STATES.index(state)]:
        ACTIONS[action](advertisement)
    assert advertisement.state == state
    return advertisement


@pytest.mark.parametrize("state", AdvertisementState)
@pytest.mark.parametrize("action", Action)
def test_the_table_of_transitions(action: Action, state: AdvertisementState) -> None:
    advertisement = in_state(state)
    if state in TRANSITIONS[action]:
        fact: Any = ACTIONS[action](advertisement)
        assert (fact.advertisement_id, fact.state) == (advertisement.id, advertisement.state)
    else:
        before = dict(vars(advertisement))
        with pytest.raises(AdvertisementStateForbids) as refused:
            ACTIONS[action](advertisement)
        assert refused.value.facts["state"] == state
        assert vars(advertisement) == before


def test_what_does_not_hold_goes_back_under_its_order() -> None:
    advertisement = in_state(AdvertisementState.REMOVED)
    fact = advertisement.verify(holds=False, note="还在", by="inspector-1", at=AT)
    assert (fact.holds, fact.state, advertisement.state, advertisement.due_on) == (
        False, "removal_ordered", AdvertisementState.REMOVAL_ORDERED, TODAY
    )  # fmt: skip
    advertisement.remove(TODAY, None, by="operator-1", at=AT)
    advertisement.verify(holds=True, note=None, by="inspector-1", at=AT)
    assert (advertisement.state, advertisement.verified_at) == (AdvertisementState.VERIFIED, AT)


def test_torn_down_where_it_was_found_and_there_again() -> None:
    advertisement = found()
    advertisement.remove(TODAY, "当场清除", by="inspector-1", at=AT)
    assert advertisement.verify(holds=False, note="又贴", by="inspector-2", at=AT).state == AdvertisementState.FOUND
    advertisement.order_removal(TODAY, "撕掉", at=AT)


def test_nobody_verifies_his_own_word() -> None:
    advertisement = in_state(AdvertisementState.REMOVED)
    with pytest.raises(VerifierRemovedIt):
        advertisement.verify(holds=True, note=None, by="operator-1", at=AT)


def test_days_that_cannot_be() -> None:
    with pytest.raises(FoundOnFuture):
        found(found_on=TODAY + DAY)
    with pytest.raises(RemovalDueOnPast):
        found().order_removal(TODAY - DAY, "撕掉", at=AT)
    for day in (TODAY + DAY, TODAY - 2 * DAY):
        with pytest.raises(RemovedOnImpossible):
            in_state(AdvertisementState.REMOVAL_ORDERED).remove(day, None, by="x", at=AT)


def test_whose_it_is_may_be_known_better() -> None:
    advertisement, first, second = found(), uuid4(), uuid4()
    assert advertisement.identify(first, at=AT).institution_id == first
    with pytest.raises(AdvertisementIdentifiedAlready):
        advertisement.identify(first, at=AT)
    assert advertisement.identify(second, at=AT).institution_id == second


def test_the_same_find_sent_again() -> None:
    institution = uuid4()
    advertisement = found(institution_id=institution, photo_refs=["a" * 64])
    same = seen(institution_id=institution, photo_refs=["a" * 64])
    assert advertisement.is_what_was_sent(same)
    advertisement.identify(uuid4(), at=AT)
    assert advertisement.is_what_was_sent(same)
    others: list[dict[str, Any]] = [
        {"place": "x"}, {"photo_refs": []}, {"institution_id": uuid4()}, {"found_on": date(2026, 1, 1)}
    ]  # fmt: skip
    for other in others:
        assert not advertisement.is_what_was_sent(same.model_copy(update=other))


def test_both_coordinates_or_none() -> None:
    with pytest.raises(CoordinatesIncomplete):
        found(lon=113.3)
    assert found(lon=113.3, lat=40.1).lon == 113.3


@pytest.mark.parametrize(
    "odd",
    [{"photo_refs": ["x"]}, {"photo_refs": ["A" * 64]}, {"medium": "tv"}, {"place": ""}, {"district": None},
     {"lon": 181, "lat": 0}, {"photo_refs": ["a" * 64] * 21}, {"text": "\x00"}, {"more": 1}],
)  # fmt: skip
def test_what_is_no_find(odd: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        seen(**odd)
