"""Watermarks: a number speaks of the oldest of its sources, and one partition that stands still is seen."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import insert

from services.metrics.projections.domain import CONSUMER
from services.metrics.projections.facts import PROJECTIONS
from services.metrics.sources import usecases
from services.metrics.sources.domain import Freshness, Marks, Source
from services.metrics.sources.usecases import Watcher, note
from services.metrics.tree.indicators import INDICATORS
from services.metrics.tree.nouns import NOUNS
from shared.domain.clock import instant, utc_now
from shared.facts.inbox import consumer_offset, parked
from tests.infrastructure import Broker, Topics
from tests.metrics.conftest import World
from tests.metrics.samples import SAMPLES

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PERMITS, VISITS = "registry.permits.v1", "inspection.visits.v1"


def source(topic: str, partition: int, seconds: float | None, waiting: int = 0) -> Source:
    mark = None if seconds is None else AT - timedelta(seconds=seconds)
    return Source(topic=topic, partition=partition, waiting=waiting, read_to=mark)


def fresh(*sources: Source, topics: tuple[str, ...] = (PERMITS,), set_aside: tuple[str, ...] = ()) -> Freshness:
    return Marks(sources, set(set_aside), AT).freshness(topics)


def test_the_oldest_source_counts() -> None:
    found = fresh(source(PERMITS, 0, 2), source(PERMITS, 1, 50, waiting=3), source(VISITS, 0, 900))
    assert found == Freshness(AT - timedelta(seconds=50), complete=True)


@pytest.mark.parametrize(("seconds", "complete"), [(60, True), (60.1, False)])
def test_a_source_that_stands_still_for_a_minute_makes_its_numbers_incomplete(seconds: float, complete: bool) -> None:
    found = fresh(source(PERMITS, 0, 1), source(PERMITS, 1, seconds, waiting=1))
    assert found == Freshness(AT - timedelta(seconds=seconds), complete=complete)


def test_of_what_was_never_read_nothing_is_said() -> None:
    assert fresh() == fresh(source(PERMITS, 0, 1), source(PERMITS, 1, None, 5)) == Freshness(None, complete=False)
    assert fresh(source(PERMITS, 0, 1), topics=(PERMITS, VISITS)) == Freshness(None, complete=False)


def test_a_record_that_was_set_aside_is_missing_from_its_own_topic_alone() -> None:
    sources = source(PERMITS, 0, 1), source(VISITS, 0, 1)
    assert not fresh(*sources, set_aside=(PERMITS,)).complete
    assert fresh(*sources, topics=(VISITS,), set_aside=(PERMITS,)).complete


def test_each_noun_names_the_topics_from_which_it_is_counted() -> None:
    found: dict[str, set[str]] = {}
    for event, sample in SAMPLES.items():
        for change in PROJECTIONS[event](sample):
            found.setdefault(change.noun, set()).add(event.topic)
    assert {noun: set(known.topics) for noun, known in NOUNS.items()} == found


def test_every_counted_indicator_has_sources() -> None:
    assert all(bool(one.topics) == bool(one.selections) for one in INDICATORS.values())


async def looked(world: World, ends: Mapping[str, int], *, read: Mapping[str, int] | None = None, at: datetime) -> None:
    async with world.sessions.begin() as session:
        await note(
            session,
            {(topic, 0): position for topic, position in (read or ends).items()},
            {(topic, 0): end for topic, end in ends.items()},
            at=at,
        )


async def test_values_say_of_which_moment_they_speak(world: World) -> None:
    wanted = "violations.total"
    before = await world.get(f"/v1/indicators/{wanted}")
    assert (before["as_of"], before["complete"]) == (None, False)
    now = utc_now()
    topics = dict.fromkeys(sorted(usecases.TOPICS), 7)
    await looked(world, topics, at=now - timedelta(seconds=90))
    await looked(world, topics | {"inspection.violations.v1": 8}, read=topics, at=now)
    behind = await world.get(f"/v1/indicators/{wanted}")
    assert (behind["as_of"], behind["complete"]) == (instant(now - timedelta(seconds=90)), False)
    card = await world.get("/v1/scorecard")
    assert (card["as_of"], card["complete"]) == (instant(now - timedelta(seconds=90)), False)
    values = {value["code"]: value for value in card["values"]}
    assert (values["permits.total"]["as_of"], values["permits.total"]["complete"]) == (instant(now), True)
    listed = (await world.get("/v1/sources"))["items"]
    assert [(one["topic"], one["waiting"]) for one in listed if one["waiting"]] == [("inspection.violations.v1", 1)]
    await looked(world, topics | {"inspection.violations.v1": 8}, at=now)
    assert (await world.get(f"/v1/indicators/{wanted}"))["complete"]
    series = await world.get(f"/v1/indicators/{wanted}/values", by="month")
    assert (series["as_of"], series["complete"]) == (instant(now), True)


async def test_a_parked_record_makes_its_numbers_incomplete(world: World) -> None:
    await looked(world, dict.fromkeys(sorted(usecases.TOPICS), 1), at=utc_now())
    row = {
        "consumer": CONSUMER, "topic": PERMITS, "partition": 0, "offset": 0, "value": b"x",
        "reason": "unreadable", "headers": [],
    }  # fmt: skip
    async with world.sessions.begin() as session:
        await session.execute(insert(parked).values(row))
    assert (await world.get("/v1/sources"))["set_aside"] == [PERMITS]
    assert not (await world.get("/v1/indicators/permits.total"))["complete"]
    assert (await world.get("/v1/indicators/violations.total"))["complete"]


@pytest.mark.kafka
async def test_the_watcher_measures_against_the_ends_of_the_log(
    world: World, broker: Broker, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await topics("sources", partitions=2)
    monkeypatch.setattr(usecases, "TOPICS", frozenset({topic, "missing.topic.v1"}))
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    for _ in range(3):
        await producer.send_and_wait(topic, b"{}", partition=1)
    await producer.stop()
    rows = [{"consumer": CONSUMER, "topic": topic, "partition": number, "next": 0} for number in range(2)]
    rows.append({"consumer": "somebody else", "topic": topic, "partition": 1, "next": 3})
    async with world.sessions.begin() as session:
        await session.execute(insert(consumer_offset).values(rows))
    watcher = Watcher(world.settings, world.service.app.state.engine, world.sessions)
    kafka = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap)
    await kafka.start()
    try:
        await watcher.look(kafka)
    finally:
        await kafka.stop()
    listed = (await world.get("/v1/sources"))["items"]
    assert [(one["partition"], one["waiting"], one["read_to"] is None) for one in listed] == [
        (0, 0, False),
        (1, 3, True),
    ]
