"""Every row once, and no cursor that we did not sign for this very list."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from shared.http.paging import Cursors
from shared.http.problems import EdgeProblem
from tests.infrastructure import ScratchDatabase
from tests.shared.edge_example import client_of, create_tables, example_app

CURSORS = Cursors(b"key")


@pytest.fixture(scope="module")
async def app(scratch_database: ScratchDatabase) -> FastAPI:
    app = example_app(await scratch_database("example", migrate=False))
    await create_tables(app)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def test_all_rows_once(client: httpx.AsyncClient) -> None:
    written = {f"note-{number:02}" for number in range(7)}
    for name in written:
        await client.post("/v1/notes", json={"name": name})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/notes", params={"limit": "3", **cursor})).json()
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == sorted(written)
    refused = await client.get("/v1/notes", params={"q": "other", **cursor})
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor-invalid")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e2"])
async def test_limits(client: httpx.AsyncClient, limit: str) -> None:
    assert (await client.get("/v1/notes", params={"limit": limit})).status_code == 422


def test_round_trip() -> None:
    assert CURSORS.decode(CURSORS.encode(["a", 1], q="x"), q="x") == ["a", 1]


@pytest.mark.parametrize(
    "cursor", ["", "a", "!!!!", "é", "AAAA", base64.urlsafe_b64encode(b"x" * 16 + b"[1]").decode()]
)
def test_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(EdgeProblem):
        CURSORS.decode(cursor)


def test_each_changed_byte_is_noticed() -> None:
    cursor = CURSORS.encode(["a"])
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for position in range(len(raw)):
        changed = raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]
        with pytest.raises(EdgeProblem):
            CURSORS.decode(base64.urlsafe_b64encode(changed).decode())
    with pytest.raises(EdgeProblem):
        Cursors(b"other").decode(cursor)
