"""The unit of work is repeated only where PostgreSQL certainly undid it."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select, text

from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, service_router
from tests.infrastructure import ScratchDatabase
from tests.shared.edge_example import Note, client_of, create_tables, example_app, notes_router

attempts: list[str] = []


async def disturb(session: SessionDep, how: str, times: int, _: Annotated[Principal, allow("bureau")]) -> int:
    """Write a note, and fail as PostgreSQL fails, the first few times."""
    attempts.append(how)
    session.add(Note(name=how, amount=1))
    await session.flush()
    if len(attempts) <= times:
        if how == "killed":
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{how}'; END $$"))
    return len(attempts)


@pytest.fixture(scope="module")
async def app(scratch_database: ScratchDatabase) -> FastAPI:
    router = service_router(prefix="/v1/disturbances", tags=["x"])
    router.add_api_route("", disturb, methods=["POST"])
    app = example_app(await scratch_database("example", migrate=False), router, notes_router())
    await create_tables(app)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    attempts.clear()
    async with client_of(app) as client:
        yield client


@pytest.mark.parametrize(
    ("how", "times", "status", "ran"),
    [
        ("40001", 1, 200, 2),
        ("40P01", 2, 200, 3),
        ("40001", 9, 503, 3),
        ("55P03", 1, 503, 1),
        ("killed", 1, 200, 2),
        ("XX000", 1, 500, 1),
    ],
)
async def test_repeats(app: FastAPI, client: httpx.AsyncClient, how: str, times: int, status: int, ran: int) -> None:
    answer = await client.post("/v1/disturbances", params={"how": how, "times": times})
    assert answer.status_code == status, answer.text
    assert len(attempts) == ran
    async with app.state.sessions.begin() as session:
        assert await session.scalar(select(func.count()).where(Note.name == how)) == (status == 200)
        await session.execute(delete(Note))


async def test_reads_past_the_orm_open_no_session(app: FastAPI, client: httpx.AsyncClient) -> None:
    await client.post("/v1/notes", json={"name": "raw"})
    before = app.state.engine.pool.checkedout()
    answer = await client.get("/v1/notes/raw/raw")
    assert (answer.json()["name"], answer.headers["content-type"]) == ("raw", "application/json")
    assert app.state.engine.pool.checkedout() == before
    assert (await client.get("/v1/notes/none/raw")).json()["code"] == "note-not-found"
