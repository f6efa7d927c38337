"""Who writes says what he read; who reads is told when nothing changed."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.infrastructure import ScratchDatabase
from tests.shared.edge_example import client_of, create_tables, example_app


@pytest.fixture(scope="module")
async def app(scratch_database: ScratchDatabase) -> FastAPI:
    app = example_app(await scratch_database("example", migrate=False))
    await create_tables(app)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def test_versions_guard_changes(client: httpx.AsyncClient) -> None:
    written = await client.post("/v1/notes", json={"name": "guarded"})
    place = written.headers["location"]
    assert written.headers["etag"] == '"1"'

    async def change(**headers: str) -> httpx.Response:
        return await client.patch(place, json={"name": "guarded"}, headers=headers)

    assert (await change()).json()["code"] == "version-required"
    for wrong in ("*", "1", 'W/"1"', '"1", "2"', '"x"', '"-1"', '"99999999999999999999"'):
        answer = await change(**{"if-match": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "version-invalid"), wrong
    stale = await change(**{"if-match": '"7"'})
    assert (stale.status_code, stale.json()["code"], stale.headers["etag"]) == (412, "version-stale", '"1"')
    changed = await change(**{"if-match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')


async def test_readers_are_told_when_nothing_changed(client: httpx.AsyncClient) -> None:
    place = (await client.post("/v1/notes", json={"name": "read"})).headers["location"]
    for known, status in [('"1"', 304), ('W/"1"', 304), ('"9", "1"', 304), ("*", 304), ('"2"', 200), ("", 200)]:
        answer = await client.get(place, headers={"if-none-match": known})
        assert answer.status_code == status, known
        assert answer.headers["etag"] == '"1"'
        assert bool(answer.content) == (status == 200)
