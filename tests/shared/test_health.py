"""Probes tell the truth while a process starts, works and drains."""

import signal
from types import FrameType

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.data.database import open_engine
from shared.http.health import BehindMigrations, Lifecycle, database_answers, health_app, migrations_at_head
from tests.infrastructure import ScratchDatabase
from tests.shared.edge_example import client_of, create_tables, example_app, example_settings


async def _broken() -> None:
    raise BehindMigrations


async def _fine() -> None: ...


def _client(lifecycle: Lifecycle, **checks: object) -> httpx.AsyncClient:
    app = health_app(lifecycle, checks)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://worker.test")


async def test_a_broken_check_is_named() -> None:
    async with _client(Lifecycle(started=True), database=_fine, migrations=_broken) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"database": "ok", "migrations": "BehindMigrations"}
        assert (await client.get("/livez")).status_code == 200


@pytest.mark.parametrize(
    ("revision", "ready"),
    [("0001", False), (None, False), ("0999", True), ("6d6124008fd4", True), ("head", True)],
    ids=["older", "none", "newer", "newer by another name", "own"],
)
async def test_a_newer_schema_is_ready_and_an_older_one_is_not(
    fresh_database: ScratchDatabase, revision: str | None, ready: bool
) -> None:
    url = await fresh_database("afterschool")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        if revision is None:
            await connection.execute(text("DELETE FROM alembic_version"))
        elif revision != "head":
            await connection.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": revision})
    check = migrations_at_head(engine, "afterschool")
    if ready:
        await check()
    else:
        with pytest.raises(BehindMigrations):
            await check()
    await engine.dispose()


async def test_startup_and_draining() -> None:
    lifecycle = Lifecycle()
    async with _client(lifecycle, database=_fine) as client:
        assert (await client.get("/startupz")).status_code == 503
        lifecycle.started = True
        assert (await client.get("/startupz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
        lifecycle.draining = True
        assert (await client.get("/readyz")).json()["checks"]["lifecycle"] == "draining"
        assert (await client.get("/readyz")).status_code == 503


async def test_sigterm_turns_unready_before_the_server_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    installed: dict[int, object] = {}

    def server(number: int, frame: FrameType | None) -> None:
        heard.append(number)

    monkeypatch.setattr(signal, "getsignal", lambda _: server)
    monkeypatch.setattr(signal, "signal", lambda number, handler: installed.update({number: handler}))
    lifecycle = Lifecycle(started=True, notice=60)
    lifecycle.drain_on_sigterm()
    handler = installed[signal.SIGTERM]
    assert callable(handler)
    handler(signal.SIGTERM, None)
    assert lifecycle.draining
    assert heard == []
    handler(signal.SIGTERM, None)
    assert heard == [signal.SIGTERM]


async def test_metrics_carry_the_route_and_not_the_path(scratch_database: ScratchDatabase) -> None:
    app = example_app(await scratch_database("example", migrate=False))
    await create_tables(app)
    async with client_of(app) as client:
        await client.get("/v1/notes/0190a1b2-0000-7000-8000-000000000000")
        text = (await client.get("/metrics")).text
        assert 'http_route="/v1/notes/{note_id}"' in text
        assert "0190a1b2" not in text
        assert "http_server_request_duration_seconds_bucket" in text
        assert (await client.get("/readyz")).json()["checks"]["database"] == "ok"


async def test_a_full_pool_is_load_and_no_reason_to_be_unready(scratch_database: ScratchDatabase) -> None:
    settings = example_settings(await scratch_database("example", migrate=False)).model_copy(update={"pool_wait": 0.2})
    engine = open_engine(settings, pool_size=1)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await database_answers(engine)()
    await engine.dispose()
