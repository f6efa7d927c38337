"""Who writes says what he read; who reads is told when nothing changed."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from shared.http.etags import tagged
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
    read = written.headers["etag"]
    assert re.fullmatch(r'"1-[0-9a-f]{16}"', read)

    async def change(**headers: str) -> httpx.Response:
        return await client.patch(place, json={"name": "guarded"}, headers=headers)

    assert (await change()).json()["code"] == "version-required"
    for wrong in ("*", "1", 'W/"1"', '"1", "2"', '"x"', '"-1"', '"1-"', '"1-x"', '"99999999999999999999"'):
        answer = await change(**{"if-match": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "version-invalid"), wrong
    stale = await change(**{"if-match": '"7"'})
    assert (stale.status_code, stale.json()["code"], stale.headers["etag"]) == (412, "version-stale", '"1"')
    changed = await change(**{"if-match": read})
    assert (changed.status_code, changed.headers["etag"][:3]) == (200, '"2-')
    assert (await change(**{"if-match": '"2"'})).headers["etag"][:3] == '"3-'


async def test_readers_are_told_when_nothing_changed(client: httpx.AsyncClient) -> None:
    written = await client.post("/v1/notes", json={"name": "read"})
    place, read = written.headers["location"], written.headers["etag"]
    for known, status in [
        (read, 304), (f"W/{read}", 304), (f'"9", {read}', 304), ("*", 304), ('"2"', 200), ('"1"', 200), ("", 200)
    ]:  # fmt: skip
        answer = await client.get(place, headers={"if-none-match": known})
        assert answer.status_code == status, known
        assert answer.headers["etag"] == read
        assert bool(answer.content) == (status == 200)


def test_an_answer_that_changes_under_the_same_version_is_sent_again() -> None:
    """A clock that runs out at midnight changes the answer, and no version."""

    def asked(known: str = "") -> Request:
        headers = [(b"if-none-match", known.encode())] if known else []
        return Request({"type": "http", "method": "GET", "headers": headers})

    before, after = [JSONResponse({"version": 3, "overdue": late}) for late in (False, True)]
    seen = tagged(asked(), before).headers["etag"]
    assert tagged(asked(seen), JSONResponse({"version": 3, "overdue": False})).status_code == 304
    answer = tagged(asked(seen), after)
    assert (answer.status_code, answer.headers["etag"][:3]) == (200, '"3-')
    assert answer.headers["etag"] != seen
