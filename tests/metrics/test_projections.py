"""What every event says of its member, and what that does to the cells."""

import asyncio
import random
from collections.abc import Sequence
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Uuid

from services.metrics.projections.domain import DIMENSIONS, Change, Mark, Movement, moved
from services.metrics.projections.facts import PROJECTIONS
from services.metrics.projections.usecases import _LIVE, _LOCK, _MOVE_MEMBERS, AdmittedElsewhere, _arrays
from shared.events import Event
from shared.events.afterschool.offerings import OfferingChanged, OfferingPublished
from shared.events.catalogue import EVENTS
from shared.events.inspection.targets import TargetPlaced
from shared.events.inspection.violations import ViolationReported
from shared.events.inspection.visits import VisitReviewed
from shared.events.registry.institutions import InstitutionChanged, InstitutionMerged, InstitutionRegistered
from shared.events.registry.responsibilities import ResponsibilityAssigned
from shared.events.registry.stop_orders import (
    StopOrderAcknowledged,
    StopOrderRecipientsListed,
    StopOrderRecipientsReleased,
    StopOrderVerified,
)
from tests.metrics.conftest import World, changed, institution
from tests.metrics.deliveries import AT
from tests.metrics.samples import COUNT_NOTHING, OFFERING, RECIPIENTS, SAID, SAID_BESIDES, SAMPLES, SCHOOL, VISIT, one


def test_no_event_is_forgotten() -> None:
    assert set(EVENTS.values()) - set(PROJECTIONS) == COUNT_NOTHING
    assert set(SAMPLES) == set(PROJECTIONS)
    assert set(SAID) == {event.__name__ for event in PROJECTIONS}


@pytest.mark.parametrize("event", list(PROJECTIONS), ids=lambda event: event.__name__)
def test_what_an_event_says(event: type[Event]) -> None:
    said = [SAID[event.__name__], *SAID_BESIDES.get(event.__name__, [])]
    assert list(PROJECTIONS[event](SAMPLES[event])) == [Change(*one_) for one_ in said]
    assert all(set(says) <= set(DIMENSIONS) for _, _, says, *_ in said)


@pytest.mark.parametrize("event", list(PROJECTIONS), ids=lambda event: event.__name__)
async def test_every_event_alone_is_counted_with_a_receipt(event: type[Event], world: World) -> None:
    (delivery,) = await world.count(SAMPLES[event])
    members = 1 + len(SAID_BESIDES.get(event.__name__, []))
    assert [number for number, _ in (await world.numbers()).values()] == [1] * members
    assert await world.receipts() == [delivery.envelope.event_id] * members
    await world.check()


def test_an_accepted_review_keeps_the_visit_done() -> None:
    accepted = changed(VisitReviewed, accepted=True)
    assert list(PROJECTIONS[VisitReviewed](accepted)) == [Change("visit", VISIT, {"state": "done"})]


def test_what_is_not_said_stays() -> None:
    stood = moved("institution", None, {"state": "active", "grid": "g1"})
    after = moved("institution", stood, {"state": "closed", "grid": ""})
    assert dict(zip(("noun", *DIMENSIONS), after, strict=True)) == {
        **dict.fromkeys(DIMENSIONS, ""), "noun": "institution", "state": "closed"
    }  # fmt: skip


def test_a_movement_is_a_sum() -> None:
    movement = Movement()
    movement.move(None, ("a",), new_amount=3)
    movement.move(("a",), ("b",), old_amount=3, new_amount=5)
    assert (movement.members, movement.amounts) == ({("a",): 0, ("b",): 1}, {("a",): 0, ("b",): 5})


async def test_members_move_between_cells(world: World) -> None:
    place = ("140213", "140213050")
    await world.count(institution(1), institution(2), institution(3, kind="non_subject"))
    assert await world.numbers() == {
        ("institution", "active", "subject", *place): (2, 0),
        ("institution", "active", "non_subject", *place): (1, 0),
    }
    await world.count(changed(InstitutionChanged, institution_id=UUID(int=1001)))
    await world.count(changed(InstitutionChanged, institution_id=UUID(int=1002), district=None, street=None))
    assert await world.numbers() == {
        ("institution", "closed", "subject", *place): (1, 0),
        ("institution", "closed", "subject"): (1, 0),
        ("institution", "active", "non_subject", *place): (1, 0),
    }
    await world.check()


async def test_a_batch_with_several_moves_of_one_member_is_the_last_of_them(world: World) -> None:
    registered, closed = institution(1), changed(InstitutionChanged, institution_id=UUID(int=1001))
    placed = changed(TargetPlaced, institution_id=UUID(int=1001))
    deliveries = await world.count(registered, closed, placed, closed, registered)
    assert await world.numbers() == {("institution", "active", "subject", "140213", "140213050", "g1"): (1, 0)}
    assert await world.receipts() == [delivery.envelope.event_id for delivery in deliveries]
    await world.check()


@pytest.mark.parametrize("one_batch", [True, False])
@pytest.mark.parametrize("reverse", [True, False])
async def test_two_topics_about_one_member_in_either_order(world: World, one_batch: bool, reverse: bool) -> None:
    placed = changed(TargetPlaced, institution_id=UUID(int=1001))
    events = [placed, institution(1)] if reverse else [institution(1), placed]
    for batch in [events] if one_batch else [[event] for event in events]:
        await world.count(*batch)
    assert await world.numbers() == {("institution", "active", "subject", "140213", "140213050", "g1"): (1, 0)}
    await world.check()


async def test_a_member_that_is_only_placed_is_not_counted_yet(world: World) -> None:
    await world.count(SAMPLES[TargetPlaced])
    assert (await world.get("/v1/indicators/institutions.total"))["value"] == 0
    await world.count(SAMPLES[InstitutionRegistered])
    assert (await world.get("/v1/indicators/institutions.placed_share"))["value"] == 1


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_what_becomes_of_a_stop_order_comes_in_any_order(world: World, order: Sequence[int]) -> None:
    """The list under the order's key, the rest under the recipient's: whoever looks last moves nobody back."""
    sayings = (
        SAMPLES[StopOrderRecipientsListed],
        changed(StopOrderAcknowledged, recipient_id=RECIPIENTS[0]),
        changed(StopOrderVerified, recipient_id=RECIPIENTS[0], street=None),
    )
    for place in order:
        await world.count(sayings[place])
    assert list((await world.numbers()).values()) == [(1, 0)]
    for code, value in (("recipients", 1), ("acknowledged", 1), ("stopped", 1), ("operating", 0), ("stopped_share", 1)):
        found = await world.get(f"/v1/indicators/stop_orders.{code}", scope="street:140213050")
        assert found["value"] == value, code
    await world.check()


async def test_who_was_on_the_list_of_an_order_taken_back_is_counted_no_more(world: World) -> None:
    await world.count(
        SAMPLES[StopOrderRecipientsListed],
        changed(StopOrderVerified, recipient_id=RECIPIENTS[0], street=None),
        StopOrderRecipientsReleased(stop_order_id=one(599), recipients=[RECIPIENTS[0]], at=AT),
    )
    for code in ("recipients", "stopped"):
        assert (await world.get(f"/v1/indicators/stop_orders.{code}"))["value"] == 0, code


async def test_an_acknowledged_order_that_nobody_listed_is_not_counted_yet(world: World) -> None:
    await world.count(SAMPLES[StopOrderAcknowledged], SAMPLES[StopOrderVerified])
    card = await world.get("/v1/scorecard")
    assert {one["numerator"] for one in card["values"] if one["code"].startswith("stop_orders.")} == {0}


async def test_a_merged_entry_leaves_every_number_of_institutions(world: World) -> None:
    await world.count(institution(1), institution(2))
    for number in (1, 2):
        await world.count(changed(TargetPlaced, institution_id=UUID(int=1000 + number)))
    await world.count(changed(InstitutionMerged, institution_id=UUID(int=1002), merged_into=UUID(int=1001)))
    card = await world.get("/v1/scorecard")
    numbers = {one["code"]: one["numerator"] for one in card["values"] if one["code"].startswith("institutions.")}
    assert numbers == {
        "institutions.total": 1,
        "institutions.active": 1,
        "institutions.unlicensed": 0,
        "institutions.subject": 1,
        "institutions.non_subject": 0,
        "institutions.unplaced": 0,
        "institutions.placed_share": 1,
    }
    await world.check()


def test_a_responsibility_may_be_vacant() -> None:
    vacant = changed(ResponsibilityAssigned, officer=None)
    [change] = PROJECTIONS[ResponsibilityAssigned](vacant)
    assert (change.noun, change.says, change.marks) == ("institution", {}, {Mark.DISTRICT_OFFICER: False})


def test_marks_are_set_and_taken_away_one_by_one() -> None:
    stood = moved("institution", None, {"state": "active"}, {Mark.STREET_OFFICER: True})
    both = moved("institution", stood, {}, {Mark.DISTRICT_OFFICER: True})
    assert (stood[-1], both[-1], moved("institution", both, {"state": "closed"})[-1]) == ("s", "ds", "ds")
    assert moved("institution", both, {}, {Mark.STREET_OFFICER: False})[-1] == "d"
    assert moved("institution", None, {}, {Mark.STREET_OFFICER: False})[-1] == ""


async def test_amounts_follow_their_members(world: World) -> None:
    published, altered = SAMPLES[OfferingPublished], SAMPLES[OfferingChanged]
    second = changed(OfferingPublished, offering_id=one(500), capacity=7)
    cell = ("offering", "open", "sports", "140213", "140213050", str(SCHOOL))
    await world.count(published, second)
    serving = {("school", "v"): (1, 0)}
    assert await world.numbers() == {cell: (2, 37)} | serving
    await world.count(altered)
    assert await world.numbers() == {cell: (2, 47)} | serving
    await world.count(changed(OfferingChanged, offering_id=OFFERING, capacity=1))
    assert await world.numbers() == {cell: (2, 8)} | serving
    assert (await world.get("/v1/indicators/afterschool.places"))["value"] == 8
    await world.check()


async def test_any_batching_gives_the_same_numbers(world: World) -> None:
    dice = random.Random(7)
    events: list[Event] = []
    for _ in range(150):
        number = dice.randrange(20)
        events.append(dice.choice([
            institution(number, status=dice.choice(["active", "closed"])),
            changed(TargetPlaced, institution_id=UUID(int=1000 + number), grid=dice.choice([None, "g1"])),
            changed(OfferingPublished, offering_id=one(2000 + number), capacity=dice.randrange(50)),
            changed(ViolationReported, violation_id=one(3000 + number), severity=dice.choice("ab")),
        ]))  # fmt: skip
    left = list(events)
    while left:
        size = dice.randint(1, 30)
        await world.count(*left[:size])
        await world.check()
        del left[:size]
    batched = await world.numbers()
    await world.count(*events)  # the last word on every member is the same again
    assert await world.numbers() == batched
    await world.check()


async def test_batches_side_by_side(world: World) -> None:
    """Two partitions speak of the same members at once; who meets a new member too late applies again."""

    async def again(*events: Event) -> None:
        while True:
            try:
                await world.count(*events)
                return
            except AdmittedElsewhere:
                continue

    for round_ in range(5):
        members = [round_ * 10 + number for number in range(10)]
        placed = [changed(TargetPlaced, institution_id=UUID(int=1000 + number)) for number in members]
        await asyncio.gather(
            again(*(institution(number) for number in members)), again(*placed[::-1]), again(*placed[5:])
        )
    assert await world.numbers() == {("institution", "active", "subject", "140213", "140213050", "g1"): (50, 0)}
    await world.check()


async def test_a_batch_looks_up_its_members_whatever_statistics_say(world: World) -> None:
    """Nobody has analysed the members, and a batch must not read all of them."""
    for first in range(0, 3000, 1000):
        await world.count(*(institution(number) for number in range(first, first + 1000)))
    asked = [UUID(int=1000 + number) for number in range(10)]
    known = {"generation": 1, "noun": "institution", "ids": asked}
    moves = {"cells": [1] * 10, "amounts": [0] * 10, "abouts": asked}
    async with world.sessions.begin() as session:
        await session.scalar(_LIVE)
        for statement, more in ((_LOCK, {}), (_MOVE_MEMBERS, moves)):
            types = {"ids": Uuid, "cells": BigInteger, "amounts": BigInteger, "abouts": Uuid}
            explained = _arrays(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.text}",
                **{name: kind for name, kind in types.items() if name in {**known, **more}},
            )
            (found,) = (await session.execute(explained, {**known, **more})).scalars().one()
            assert found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"] < 150
