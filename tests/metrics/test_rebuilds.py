"""The numbers once more from the whole log: equal, drifted, or put in the place of the live ones."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from deploy.topics import create_declared_topics
from services.metrics.projections.domain import Cell, Generation, Member, Receipt
from services.metrics.rebuilds import usecases
from services.metrics.rebuilds.domain import Rebuild, RebuildState
from services.metrics.rebuilds.usecases import SHADOW, Rebuilder
from services.metrics.settings import Settings
from services.metrics.subscriptions import INBOX
from shared.data.database import new_id, open_engine, open_sessions
from shared.events import Event
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from shared.facts.consumer import Consumer
from shared.facts.inbox import consumer_offset
from shared.facts.journal import Fact, record_many
from shared.facts.relay import Relay
from tests.infrastructure import Broker
from tests.metrics.conftest import World, changed, licensing
from tests.metrics.deliveries import AT

ROWS = (Cell, Member, Receipt)


class Runs(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...


@asynccontextmanager
async def at_work(*parts: Runs) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    yield
    stop.set()
    await asyncio.gather(*tasks)


async def rebuild(world: World, settings: Settings, **body: bool) -> Any:
    asked = await world.bureau.post("/v1/rebuilds", json=body)
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert await Rebuilder(settings, world.service.app.state.engine, world.sessions).run_next(asyncio.Event())
    return await world.get(asked.headers["location"])


async def rows_of(world: World, generation: int) -> list[int]:
    async with world.sessions() as session:
        return [
            await session.scalar(select(func.count()).select_from(table).where(table.generation == generation)) or 0
            for table in ROWS
        ]


async def live_generation(world: World) -> int:
    async with world.sessions() as session:
        return await session.scalar(select(Generation.live)) or 0


async def counted(world: World, events: int) -> None:
    """Wait until the consumer has read that many events."""
    async with asyncio.timeout(30):
        while True:
            async with world.sessions() as session:
                wanted = select(func.sum(consumer_offset.c.next)).where(consumer_offset.c.consumer == INBOX.consumer)
                if int(await session.scalar(wanted) or 0) >= events:
                    return
            await asyncio.sleep(0.05)


async def test_one_at_a_time(world: World) -> None:
    assert (await world.bureau.post("/v1/rebuilds", json={})).status_code == 202
    answer = await world.bureau.post("/v1/rebuilds", json={"swap": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "rebuild-running")


async def test_nothing_to_do(world: World) -> None:
    builder = Rebuilder(world.settings, world.service.app.state.engine, world.sessions)
    assert not await builder.run_next(asyncio.Event())


def facts_of(events: Sequence[Event]) -> list[Fact]:
    """Each under the key of what it is about, as the registry publishes it."""
    told: Counter[UUID] = Counter()
    facts = []
    for event in events:
        ids = [value for value in event.model_dump().values() if isinstance(value, UUID)]
        key = getattr(event, "recipient_id", ids[0])
        told[key] += 1
        facts.append(Fact(key, told[key], event))
    return facts


@pytest.mark.kafka
async def test_matched_drifted_and_swapped(world: World, broker: Broker) -> None:
    await create_declared_topics(broker.bootstrap)
    settings = world.settings.model_copy(
        update={
            "kafka_bootstrap_servers": broker.bootstrap,
            "kafka_idempotence": broker.idempotence,
            "kafka_groups": broker.idempotence,
        }
    )
    engine = world.service.app.state.engine
    ids = [new_id() for _ in range(40)]
    facts = [Fact(one, 1, changed(InstitutionRegistered, institution_id=one)) for one in ids]
    facts += [Fact(one, 2, changed(InstitutionChanged, institution_id=one)) for one in ids[:10]]
    facts += facts_of(licensing())
    async with world.sessions.begin() as session:
        await record_many(session, facts)
    async with at_work(Relay(settings, engine), Consumer(settings, engine, world.sessions, INBOX)):
        await counted(world, len(facts))
    right = await world.numbers()

    matched = await rebuild(world, settings)
    assert (matched["state"], matched["differences"]) == ("matched", [])
    assert matched["events"] >= len(facts)
    live = await live_generation(world)
    assert await rows_of(world, 3 - live) == [0, 0, 0]

    async with world.sessions.begin() as session:
        await session.execute(text("UPDATE cell SET members = members + 3 WHERE state = 'closed' AND members > 0"))
    wrong = await world.numbers()
    drifted = await rebuild(world, settings)
    assert drifted["state"] == "drifted"
    (difference,) = drifted["differences"]
    assert (difference["noun"], difference["state"]) == ("institution", "closed")
    assert difference["live"] == difference["rebuilt"] + 3
    assert await world.numbers() == wrong, "a verdict changes nothing"
    async with world.sessions() as session:
        told = await session.execute(
            text("SELECT payload FROM journal WHERE type = 'metrics.proof.failed.v1' AND key = :rebuild"),
            {"rebuild": UUID(drifted["id"])},
        )
        assert [(one["rebuild_id"], one["cells"]) for one in told.scalars()] == [(drifted["id"], 1)]

    before = await rows_of(world, live)
    swapped = await rebuild(world, settings, swap=True)
    assert (swapped["state"], len(swapped["differences"])) == ("swapped", 1)
    assert await live_generation(world) == 3 - live
    assert await world.numbers() == right
    assert await rows_of(world, live) == [0, 0, 0]
    assert (await rows_of(world, 3 - live))[1:] == before[1:]

    # The live consumer goes on where the shadow stood, and nothing is counted twice.
    more = [Fact(one, 1, changed(InstitutionRegistered, institution_id=one)) for one in (new_id(), new_id())]
    async with world.sessions.begin() as session:
        await record_many(session, more)
    async with at_work(Relay(settings, engine), Consumer(settings, engine, world.sessions, INBOX)):
        await counted(world, swapped["events"] + 2)
    assert sum(members for members, _ in (await world.numbers()).values()) == sum(m for m, _ in right.values()) + 2
    assert (await rebuild(world, settings))["state"] == "matched"
    async with world.sessions() as session:
        left = select(func.count()).select_from(consumer_offset).where(consumer_offset.c.consumer == SHADOW.consumer)
        assert await session.scalar(left) == 0


@pytest.mark.kafka
@pytest.mark.parametrize("swap", [False, True])
async def test_a_rebuild_concludes_while_events_come(world: World, broker: Broker, swap: bool) -> None:
    """Events come without a pause; the verdict is of the barrier, and what came later is counted once."""
    await create_declared_topics(broker.bootstrap)
    settings = world.settings.model_copy(
        update={
            "kafka_bootstrap_servers": broker.bootstrap,
            "kafka_idempotence": broker.idempotence,
            "kafka_groups": broker.idempotence,
        }
    )
    engine, told, stop = world.service.app.state.engine, list[UUID](), asyncio.Event()

    async def speak() -> None:
        while not stop.is_set():
            ids = [new_id() for _ in range(25)]
            async with world.sessions.begin() as session:
                await record_many(
                    session, [Fact(one, 1, changed(InstitutionRegistered, institution_id=one)) for one in ids]
                )
            told.extend(ids)
            await asyncio.sleep(0.05)

    async with at_work(Relay(settings, engine), Consumer(settings, engine, world.sessions, INBOX)):
        before = await log_length(world)
        speaking = asyncio.create_task(speak())
        await counted(world, before + 100)
        concluded = await rebuild(world, settings, swap=swap)
        during = len(told)
        stop.set()
        await speaking
        assert concluded["state"] == ("swapped" if swap else "matched")
        assert concluded["differences"] == []
        assert during > 100
        async with asyncio.timeout(30):
            while await seen(world, told) < len(told):
                await asyncio.sleep(0.05)
    await world.check()
    assert (await rebuild(world, settings))["state"] == "matched"


async def log_length(world: World) -> int:
    async with world.sessions() as session:
        wanted = select(func.sum(consumer_offset.c.next)).where(consumer_offset.c.consumer == INBOX.consumer)
        return int(await session.scalar(wanted) or 0)


async def seen(world: World, ids: Sequence[UUID]) -> int:
    """How many of these the live numbers count."""
    async with world.sessions() as session:
        live = select(Generation.live).scalar_subquery()
        wanted = select(func.count()).where(Member.id.in_(ids), Member.generation == live)
        return await session.scalar(wanted) or 0


async def test_a_shadow_too_large_for_one_statement_goes_in_slices(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row takes 0.05 s here and a statement 0.3 s: no more than five go at once."""
    monkeypatch.setattr(usecases, "SLICE", 16)
    live = await live_generation(world)
    async with world.sessions.begin() as session:
        for generation in (live, 3 - live):
            await session.execute(
                text(
                    "INSERT INTO member SELECT :generation, 'visit', gen_random_uuid(), 1, 0 "
                    "FROM generate_series(1, 20)"
                ),
                {"generation": generation},
            )
        await session.execute(
            text(
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_sleep(0.05); RETURN OLD; END $$"
            )
        )
        await session.execute(text("CREATE TRIGGER slow BEFORE DELETE ON member FOR EACH ROW EXECUTE FUNCTION slow()"))
    hasty = open_engine(world.settings.model_copy(update={"statement_timeout": 0.3}))
    await usecases.clear_shadow(open_sessions(hasty))
    await hasty.dispose()
    assert (await rows_of(world, 3 - live))[1] == 0
    assert (await rows_of(world, live))[1] == 20


def test_a_rebuild_that_failed_says_why() -> None:
    rebuild = Rebuild.request(swap=True, by="o1", at=AT)
    rebuild.begin()
    rebuild.fail("the log could not be read", at=AT)
    assert (rebuild.state, rebuild.error, rebuild.finished_at) == (RebuildState.FAILED, "the log could not be read", AT)
