"""`/v1/stream` on a real server: a transport in the same process would hold an answer back until it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from services.metrics.app import create_app
from services.metrics.settings import Settings
from services.metrics.subscriptions import INBOX
from shared.data.database import new_id
from shared.domain.clock import utc_now
from shared.events.registry.institutions import InstitutionRegistered
from shared.facts.inbox import consumer_offset
from tests.infrastructure import ScratchDatabase
from tests.metrics.deliveries import deliver_all
from tests.services import Service, running, settings_on, token

AUTHORIZED = {"authorization": f"Bearer {token('metrics', 'bureau')}"}
Event = dict[str, str]


@asynccontextmanager
async def served(url: str, stream_seconds: float) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """Metrics behind a real socket."""
    async with running(create_app, settings_on(Settings, url, stream_seconds=stream_seconds)) as service:
        config = uvicorn.Config(service.app, port=0, lifespan="off", log_level="warning", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:
                yield service, client
        finally:
            server.should_exit = True
            await serving


@pytest.fixture(scope="module")
async def metrics(scratch_database: ScratchDatabase) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    async with served(await scratch_database("metrics"), 600) as found:
        await count(found[0])
        yield found


async def count(service: Service) -> None:
    """One more institution, and the moment of it, as the consumer leaves them."""
    registered = InstitutionRegistered(
        institution_id=new_id(), name="晨光", uscc=None, permit_no=None, kind="subject", mode="offline",
        profit="for_profit", stages=[], status="active", district="140213", street="140213050", address="1", lon=None,
        lat=None, capacity=None, external_ref=None, at=utc_now(),
    )  # fmt: skip
    async with service.sessions.begin() as session:
        await INBOX.handle(session, deliver_all([registered]))
        await session.execute(consumer_offset.delete())
        row = {"consumer": INBOX.consumer, "topic": "t", "partition": 0, "next": 1, "moved_at": utc_now()}
        await session.execute(consumer_offset.insert().values(row))


async def events(answer: httpx.Response) -> AsyncIterator[Event]:
    """The stream's events; comments are no events."""
    event: Event = {}
    async for line in answer.aiter_lines():
        if not line and event:
            yield event
            event = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


async def test_the_present_moment_comes_at_once_and_the_next_when_numbers_move(
    metrics: tuple[Service, httpx.AsyncClient],
) -> None:
    service, client = metrics
    async with client.stream("GET", "/v1/stream", headers=AUTHORIZED) as answer, asyncio.timeout(8):
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer)
        first = await anext(told)
        assert first["event"] == "scorecard"
        card = (await client.get("/v1/scorecard", headers=AUTHORIZED)).json()
        assert json.loads(first["data"]) == {"moved_at": card["moved_at"]}
        await count(service)
        second = await anext(told)
    assert second["id"] != first["id"]
    later = (await client.get("/v1/scorecard", headers=AUTHORIZED)).json()
    assert json.loads(second["data"]) == {"moved_at": later["moved_at"]}


async def test_a_reader_that_comes_back_is_not_told_again(metrics: tuple[Service, httpx.AsyncClient]) -> None:
    service, client = metrics
    async with client.stream("GET", "/v1/stream", headers=AUTHORIZED) as answer, asyncio.timeout(8):
        seen = await anext(events(answer))
    returning = AUTHORIZED | {"last-event-id": seen["id"]}
    async with client.stream("GET", "/v1/stream", headers=returning) as answer, asyncio.timeout(8):
        told = events(answer)
        await asyncio.sleep(1.2)
        await count(service)
        assert (await anext(told))["id"] != seen["id"]


async def test_many_readers_hold_no_connections(metrics: tuple[Service, httpx.AsyncClient]) -> None:
    """Twice as many streams as the pool has connections, and reads still answer."""
    _, client = metrics
    streams = [client.stream("GET", "/v1/stream", headers=AUTHORIZED) for _ in range(16)]
    try:
        answers = await asyncio.gather(*(stream.__aenter__() for stream in streams))
        assert {answer.status_code for answer in answers} == {200}
        assert (await client.get("/v1/scorecard", headers=AUTHORIZED)).status_code == 200
    finally:
        for stream in streams:
            await stream.__aexit__(None, None, None)


@pytest.mark.parametrize(("headers", "status"), [
    ({}, 401),
    ({"authorization": f"Bearer {token('metrics', 'guardian')}"}, 403),
])  # fmt: skip
async def test_others_get_a_problem_and_no_stream(
    metrics: tuple[Service, httpx.AsyncClient], headers: dict[str, str], status: int
) -> None:
    answer = await metrics[1].get("/v1/stream", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stream_ends_when_its_time_is_over_or_the_service_drains(scratch_database: ScratchDatabase) -> None:
    url = await scratch_database("metrics")
    async with served(url, 0) as (service, client):
        await count(service)
        assert (await client.get("/v1/stream", headers=AUTHORIZED)).text.count("event: scorecard") == 1
    async with served(url, 600) as (service, client):
        service.app.state.lifecycle.draining = True
        assert (await client.get("/v1/stream", headers=AUTHORIZED)).text.count("event: scorecard") == 1
