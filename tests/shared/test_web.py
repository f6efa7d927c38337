"""The edge as a whole: unknown addresses, limits, headers, documentation, and no input that gives 500."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from shared.http.policies import allow
from shared.http.web import service_router
from tests.shared.edge_example import client_of, example_app, open_router, token


async def test_unknown_address_and_method_are_problems() -> None:
    async with client_of(example_app()) as client:
        for method, path, status in [("GET", "/nothing", 404), ("GET", "/v1/notes/", 404), ("PUT", "/v1/notes", 405)]:
            answer = await client.request(method, path)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_request_id_is_taken_or_made() -> None:
    async with client_of(example_app()) as client:
        mine = "0123456789abcdef0123456789abcdef"
        assert (await client.get("/nothing", headers={"x-request-id": mine})).json()["request_id"] == mine
        strange = await client.get("/nothing", headers={"x-request-id": "<script>"})
        assert strange.headers["x-request-id"] == strange.json()["request_id"] != "<script>"


async def test_public_routes_need_no_token() -> None:
    async with client_of(example_app(), authorization="") as client:
        assert (await client.get("/v1/public/hello")).json() == "hello"
        refused = await client.get("/v1/notes")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"


async def test_wrong_role_is_refused_before_the_body_is_read() -> None:
    async with client_of(example_app(), authorization=f"Bearer {token(roles=['auditor'])}") as client:
        answer = await client.post("/v1/notes", content=b"{not json")
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")


@pytest.mark.parametrize("chunked", [False, True])
async def test_large_body_is_413(chunked: bool) -> None:
    body = b'{"name": "' + b"x" * 2_000_000 + b'"}'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    async with client_of(example_app()) as client:
        answer = await client.post(
            "/v1/notes", content=pieces() if chunked else body, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_route_may_take_more() -> None:
    async with client_of(example_app()) as client:
        assert (await client.post("/v1/notes/uploads", files={"file": b"x" * 3_000_000})).json() == 3_000_000
        assert (await client.post("/v1/notes/uploads", files={"file": b"x" * 5_000_000})).status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
async def test_other_media_types_are_415(content_type: str) -> None:
    async with client_of(example_app()) as client:
        answer = await client.post("/v1/notes", content=b"{}", headers={"content-type": content_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "media-type-unsupported")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json-malformed"),
        (b'{"name": NaN}', "json-number-out-of-range"),
        (b'{"name": "a", "name": "b"}', "json-duplicate-key"),
        (b'{"name": "\\ud800"}', "json-lone-surrogate"),
        (b'{"name": "\\u0000"}', "json-nul"),
        (b'{"name": "\xff"}', "json-not-utf8"),
        (b'{"amount": 1e999}', "json-number-out-of-range"),
        (b"[" * 100_000, "json-too-deep"),
    ],
)
async def test_hostile_json_is_400(body: bytes, code: str) -> None:
    async with client_of(example_app()) as client:
        answer = await client.post("/v1/notes", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("path", ["/v1/notes/%00/raw", "/v1/notes?q=%00", "/v1/notes?cursor=%00", "/%00"])
async def test_nul_in_the_address_is_400(path: str) -> None:
    async with client_of(example_app()) as client:
        assert (await client.get(path)).json()["code"] == "path-invalid"


async def test_unreachable_database_is_503_with_retry_after() -> None:
    async with client_of(example_app()) as client:
        for answer in (await client.get("/v1/notes"), await client.get("/v1/notes/a/raw")):
            assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
            assert answer.headers["retry-after"] == "2"


async def test_documentation_asks_nobody_outside() -> None:
    async with client_of(example_app(), authorization="") as client:
        page = await client.get("/docs")
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert (await client.get("/docs/assets/swagger-ui-bundle.js")).status_code == 200


async def _document(client: AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    return document


async def test_openapi_tells_roles_statuses_and_names() -> None:
    async with client_of(example_app()) as client:
        document = await _document(client)
    write = document["paths"]["/v1/notes"]["post"]
    assert document["openapi"].startswith("3.1")
    assert write["operationId"] == "write_note"
    assert write["x-roles"] == ["bureau", "inspector"]
    assert {"201", "400", "401", "403", "409", "413", "415", "422", "503"} <= write["responses"].keys()
    assert "note-taken" in write["responses"]["409"]["description"]
    assert {"412", "428"} <= document["paths"]["/v1/notes/{note_id}"]["patch"]["responses"].keys()
    assert document["paths"]["/v1/public/hello"]["get"]["security"] == []
    assert "NotePage" in document["components"]["schemas"]
    assert "HTTPValidationError" not in str(document)
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                assert status < "400" or "application/problem+json" in answer["content"]


def test_shared_function_names_stop_the_start() -> None:
    with pytest.raises(RuntimeError, match="operation ids"):
        example_app(None, open_router(), open_router())


def test_policies_stand_on_the_route_itself() -> None:
    inner, outer = service_router(prefix="/v1/x", tags=["x"]), service_router(prefix="", tags=[])

    @inner.get("")
    async def hidden() -> None: ...

    outer.include_router(inner, dependencies=[allow("bureau")])
    with pytest.raises(RuntimeError, match="declare the policy on the route"):
        example_app(None, outer)
