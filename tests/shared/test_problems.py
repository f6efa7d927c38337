"""Errors speak two languages, keep their codes, and never repeat what was sent."""

import json
from collections.abc import AsyncIterator
from typing import get_args

import httpx
import pytest
from fastapi import FastAPI
from pydantic_core.core_schema import ErrorType
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.requests import Request

from shared.domain.refusals import Conflict, NotFound, Refusal, field_error, pointer_to
from shared.http.messages import FIELD
from shared.http.problems import language, problem_response, status_of, unexpected
from tests.infrastructure import ScratchDatabase
from tests.shared.edge_example import NoteTaken, client_of, create_tables, example_app

CANARY = "110101201501011234"


@pytest.fixture(scope="module")
async def app(scratch_database: ScratchDatabase) -> FastAPI:
    app = example_app(await scratch_database("example", migrate=False))
    await create_tables(app)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def test_a_refusal_is_told_with_its_facts(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={"name": "closed"}, headers={"accept-language": "en"})
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert problem["code"] == "note-closed"
    assert problem["title"] == "Closed notes are not accepted."
    assert problem["facts"] == {"limit": 3}
    assert problem["errors"] == [
        {"pointer": "/name", "code": "note-closed", "message": "Closed notes are not accepted.", "in": "body"}
    ]
    assert problem["instance"].startswith("urn:uuid:")
    assert answer.headers["content-language"] == "en"
    assert (await client.post("/v1/notes", json={"name": "closed"})).json()["title"] == "不接受已关闭的记录。"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": CANARY * 10},
        {"name": 5, "amount": CANARY},
        {"name": "x", CANARY: 1},
        {"name": "x", "amount": False},
        [CANARY],
        CANARY,
    ],
)
async def test_invalid_fields_are_named_and_never_echoed(client: httpx.AsyncClient, body: object) -> None:
    answer = await client.post("/v1/notes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")
    assert answer.json()["errors"]
    assert CANARY not in answer.text


async def test_what_is_not_foreseen_is_500_without_details(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.post("/v1/notes", json={"name": "broken"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert answer.json()["request_id"]
    assert CANARY not in answer.text


async def test_constraints_have_refusals_and_one_without_is_our_fault_and_told(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await client.post("/v1/notes", json={"name": "twice"})
    taken = await client.post("/v1/notes", json={"name": "twice"})
    assert (taken.status_code, taken.json()["code"]) == (409, NoteTaken.code)
    other = await client.post("/v1/notes", json={"name": "large", "amount": 5000})
    assert (other.status_code, other.json()["code"]) == (500, "internal-error")
    assert [(record.levelname, "ck_note_small" in record.getMessage()) for record in caplog.records] == [
        ("ERROR", True)
    ]


async def test_unstorable_values_are_422(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={"name": "n", "amount": 2**40})
    assert (answer.status_code, answer.json()["code"]) == (422, "value-unstorable")


class _Postgres(Exception):
    def __init__(self, sqlstate: str, constraint: str = "", detail: str = "") -> None:
        self.sqlstate, self.constraint_name, self.detail = sqlstate, constraint, detail


@pytest.mark.parametrize(("version", "answer"), [(1, (409, "id-taken")), (2, (500, "internal-error"))])
def test_an_id_chosen_by_the_caller_that_something_else_has_is_a_conflict(
    version: int, answer: tuple[int, str]
) -> None:
    detail = f"Key (key, key_version)=(019a4c1e-0001-7001-8a2b-5d0c6e7f0001, {version}) already exists."
    error = IntegrityError("", {}, _Postgres("23505", "uq_journal_key_key_version", detail))
    told = problem_response(Request({"type": "http", "headers": []}), error)
    assert (told.status_code, json.loads(bytes(told.body))["code"]) == answer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DBAPIError("", {}, _Postgres("40001")), "concurrent-change"),
        (_Postgres("40001"), "concurrent-change"),
        (_Postgres("40P01"), "concurrent-change"),
        (_Postgres("55P03"), "concurrent-change"),
        (_Postgres("57014"), "database-unavailable"),
        (_Postgres("08006"), "database-unavailable"),
        (FileNotFoundError(), "internal-error"),
        (ConnectionError(), "internal-error"),
    ],
)
def test_only_the_driver_makes_an_outage(error: Exception, code: str) -> None:
    assert unexpected(error)[0] == code


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("en-GB,zh;q=0.5", "en"),
        ("zh-CN,en;q=0.8", "zh"),
        ("en;q=0.3,zh;q=0.9", "zh"),
        ("fr", "zh"),
        ("en;q=x", "zh"),
        ("de," * 5000 + "en", "zh"),
    ],
)
def test_language(header: str | None, spoken: str) -> None:
    assert language(header) == spoken


def test_every_field_message_is_of_a_known_type() -> None:
    assert FIELD.keys() <= set(get_args(ErrorType))


def test_own_codes_for_fields() -> None:
    error = field_error("uscc-checksum", en="Wrong check character.", zh="校验码错误。")
    assert (error.type, error.message()) == ("uscc_checksum", "Wrong check character.")


def test_pointer_masks_the_callers_own_keys() -> None:
    assert pointer_to(["items", 3, CANARY, "name"]) == "/items/3/*/name"


def test_kinds_have_one_status() -> None:
    assert (status_of(NoteTaken), status_of(NotFound), status_of(Conflict)) == (409, 404, 409)


def test_a_refusal_needs_both_languages_and_a_code() -> None:
    with pytest.raises(TypeError):
        type("Half", (Conflict,), {"code": "half", "__doc__": "Half."})
    with pytest.raises(TypeError):
        type("Shouting", (Refusal,), {"code": "SHOUT", "__doc__": "Shout.", "zh": "喊"})
