"""HEAD is GET without the body; a query parameter that nobody knows is a mistake, not something to ignore."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from shared.http.policies import public
from shared.http.web import service_router
from tests.infrastructure import ScratchDatabase
from tests.shared.edge_example import client_of, create_tables, example_app, notes_router, open_router


def endless_router() -> object:
    router = service_router(prefix="/v1/public/stream", tags=["stream"], dependencies=[public()])

    @router.get("")
    async def stream() -> StreamingResponse:
        """Never ends."""

        async def ticks() -> AsyncIterator[str]:
            while True:
                yield "data: tick\n\n"

        return StreamingResponse(ticks(), media_type="text/event-stream")

    return router


@pytest.fixture(scope="module")
async def app(scratch_database: ScratchDatabase) -> FastAPI:
    routers = [notes_router(), open_router(), endless_router()]
    app = example_app(await scratch_database("example", migrate=False), *routers)  # type: ignore[arg-type]  # routers
    await create_tables(app)
    return app


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    place = (await client.post("/v1/notes", json={"name": "headed"})).headers["location"]
    for path in ("/livez", "/v1/notes", place, "/openapi.json", "/v1/public/hello", "/nowhere"):
        got, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        same = ("content-type", "content-length", "etag", "cache-control")
        assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]
    assert (await client.head("/v1/notes", headers={"authorization": ""})).status_code == 401


async def test_head_of_a_stream_ends(client: httpx.AsyncClient) -> None:
    head = await client.head("/v1/public/stream")
    assert (head.status_code, head.headers["content-type"][:17], head.content) == (200, "text/event-stream", b"")


async def test_a_query_parameter_with_one_value_is_given_once(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/notes?q=a&q=b")
    assert (answer.status_code, answer.json()["code"]) == (422, "query-repeated")
    assert (await client.get("/v1/notes?q=a&q=a")).status_code == 422


@pytest.mark.parametrize("query", ["nam=x", "limit=1&Q=x", "limit=1&limitt=2", "%00=", "x"])
async def test_an_unknown_query_parameter_is_refused_and_not_echoed(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/v1/notes?{query}")
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("query-unknown", "path-invalid")
    assert "limitt" not in answer.text
    assert (await client.get("/v1/notes?limit=1&q=x")).status_code == 200
    assert (await client.get(f"/v1/notes?{query}", headers={"authorization": ""})).status_code in (400, 401)
