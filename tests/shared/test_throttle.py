"""One limit for each citizen, also behind a gateway; whoever is not the gateway speaks for himself only."""

import httpx
import pytest
from fastapi import APIRouter
from pydantic import ValidationError

from shared.http.policies import public
from shared.http.web import create_service, service_router
from tests.shared.edge_example import example_settings

GATEWAY = "10.244.3.7"


def open_question() -> APIRouter:
    router = service_router(prefix="/v1/public/questions", tags=["questions"])

    @router.get("", dependencies=[public()])
    async def ask() -> str:
        """Ask."""
        return "asked"

    return router


async def ask(app: object, peer: str, forwarded: str | None) -> int:
    transport = httpx.ASGITransport(app, client=(peer, 1234))  # type: ignore[arg-type]  # an application
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    async with httpx.AsyncClient(transport=transport, base_url="http://example.test") as client:
        return (await client.get("/v1/public/questions", headers=headers)).status_code


@pytest.fixture
def app() -> object:
    settings = example_settings().model_copy(update={"public_rate": "2/minute", "trusted_proxies": "10.244.0.0/16"})
    return create_service(settings, routers=[open_question()], title="Example", description="Example.")


async def test_behind_the_gateway_each_citizen_has_a_limit_of_his_own(app: object) -> None:
    assert [await ask(app, GATEWAY, "203.0.113.1") for _ in range(3)] == [200, 200, 429]
    assert await ask(app, GATEWAY, "203.0.113.2") == 200
    assert await ask(app, GATEWAY, "198.51.100.9, 203.0.113.1") == 429, "what the caller sent before is not believed"


async def test_a_stranger_cannot_choose_his_address(app: object) -> None:
    assert [await ask(app, "203.0.113.5", f"198.51.100.{n}") for n in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("value", ["*", "0.0.0.0/0", "::/0", "gateway"])
def test_trust_in_everybody_does_not_start(value: str) -> None:
    with pytest.raises(ValidationError):
        type(example_settings()).model_validate({**example_settings().model_dump(), "trusted_proxies": value})
