"""A POST that was sent twice happens once, whatever broke in between (crash windows W1 to W4)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from shared.domain.clock import utc_now
from shared.http.auth import ANONYMOUS, Principal
from shared.http.idempotency import claim_of, fingerprint, idempotency_key, purge, valid_key
from shared.process.failpoints import armed
from tests.infrastructure import ScratchDatabase
from tests.shared.edge_example import Note, client_of, create_tables, example_app, token


@pytest.fixture(scope="module")
async def app(scratch_database: ScratchDatabase) -> FastAPI:
    app = example_app(await scratch_database("example", migrate=False))
    await create_tables(app)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def _notes(app: FastAPI, name: str) -> int:
    async with app.state.sessions() as session:
        return await session.scalar(select(func.count()).where(Note.name == name)) or 0


async def _keys(app: FastAPI, key: str) -> int:
    async with app.state.sessions() as session:
        return await session.scalar(select(func.count()).where(idempotency_key.c.key == key)) or 0


async def _write(client: httpx.AsyncClient, name: str, key: str, **headers: str) -> httpx.Response:
    return await client.post("/v1/notes", json={"name": name}, headers={"idempotency-key": key, **headers})


async def test_the_same_request_is_answered_from_memory(app: FastAPI, client: httpx.AsyncClient) -> None:
    first, second = await _write(client, "once", "k1"), await _write(client, "once", "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    for name in ("location", "etag", "content-type"):
        assert first.headers[name] == second.headers[name]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await _notes(app, "once") == 1


async def test_another_request_may_not_use_the_key(client: httpx.AsyncClient) -> None:
    await _write(client, "mine", "k2")
    other = await _write(client, "yours", "k2")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_another_caller_has_keys_of_his_own(client: httpx.AsyncClient) -> None:
    await _write(client, "hers", "k3")
    his = await _write(client, "his", "k3", authorization=f"Bearer {token(sub='u2')}")
    assert his.status_code == 201


async def test_a_refusal_is_not_remembered(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert (await _write(client, "closed", "k4")).status_code == 422
    assert await _keys(app, "k4") == 0
    assert (await _write(client, "open", "k4")).status_code == 201


async def test_fifty_at_once_make_one_note(app: FastAPI, client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(_write(client, "rush", "k5") for _ in range(50)))
    codes = {answer.status_code for answer in answers}
    assert codes <= {201, 409, 503}
    assert 201 in codes
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency-key-in-flight"}
    assert await _notes(app, "rush") == 1


@pytest.mark.parametrize(
    ("window", "status", "stored"), [("W1", 500, 0), ("W2", 500, 0), ("W3", 503, 1), ("W4", 500, 1)]
)
async def test_crash_windows_end_in_one_note(
    app: FastAPI, client: httpx.AsyncClient, window: str, status: int, stored: int
) -> None:
    name = key = f"crash-{window}"
    with armed(window):
        broken = await _write(client, name, key)
    assert broken.status_code == status
    assert await _notes(app, name) == await _keys(app, key) == stored
    again = await _write(client, name, key)
    assert again.status_code == 201
    assert ("idempotency-replayed" in again.headers) is bool(stored)
    assert await _notes(app, name) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "schl\u00fcssel".encode("latin-1")])
async def test_keys_are_visible_ascii(client: httpx.AsyncClient, key: str | bytes) -> None:
    headers: list[tuple[str, str | bytes]] = [("idempotency-key", key)]
    answer = await client.post("/v1/notes", json={"name": "x"}, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")


async def test_purge_forgets_what_is_old(app: FastAPI, client: httpx.AsyncClient) -> None:
    await _write(client, "old", "k6")
    async with app.state.sessions.begin() as session:
        await purge(session, before=utc_now() - timedelta(days=7))
    assert await _keys(app, "k6") == 1
    async with app.state.sessions.begin() as session:
        await purge(session, before=utc_now() + timedelta(seconds=1))
    assert await _keys(app, "k6") == 0


def test_a_form_is_the_same_whatever_its_boundary() -> None:
    def of(boundary: str, content: str) -> bytes:
        return fingerprint(
            method="POST",
            target=b"/",
            caller=Principal("u", frozenset({"bureau"})),
            content_type=f"multipart/form-data; boundary={boundary}",
            body=f"--{boundary}\r\n{content}\r\n--{boundary}--".encode(),
        )

    assert of("aaa1", "x") == of("bbb2", "x") != of("aaa1", "y")


@pytest.mark.parametrize(
    "later",
    [
        Principal("u", frozenset({"inspector"}), district="140213", team="t2"),
        Principal("u", frozenset({"inspector"}), district="140214", team="t1"),
        Principal("u", frozenset({"inspector"}), team="t1"),
        Principal("u", frozenset({"inspector", "auditor"}), district="140213", team="t1"),
    ],
)
def test_who_reaches_something_else_today_sends_another_request(later: Principal) -> None:
    first = Principal("u", frozenset({"inspector"}), district="140213", team="t1")
    one, other = [
        fingerprint(method="POST", target=b"/", caller=who, content_type="application/json", body=b"{}")
        for who in (first, later)
    ]
    assert one != other


async def test_an_answer_with_personal_data_is_never_stored(app: FastAPI, client: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await client.post("/v1/readings", headers={"idempotency-key": "k-personal"})
        assert (answer.status_code, answer.json()["phone"]) == (200, "13800000000")
        assert "idempotency-replayed" not in answer.headers
    assert await _keys(app, "k-personal") == 0


def test_those_without_a_token_do_not_meet_under_one_key() -> None:
    one, other = (claim_of(ANONYMOUS, "POST /v1/public/notes", "k", print_) for print_ in (b"1", b"2"))
    assert one.caller != other.caller
    assert one == claim_of(ANONYMOUS, "POST /v1/public/notes", "k", b"1")
    assert claim_of(Principal("a", frozenset({"bureau"})), "POST /v1/notes", "k", b"1").caller == "a"


def test_valid_key() -> None:
    assert valid_key("x" * 255)
    assert not valid_key("x\n")
