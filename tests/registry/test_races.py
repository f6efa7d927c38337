"""Fifty people do one thing at once: it happens once, and everybody else is told so."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from services.registry.app import create_app
from services.registry.settings import Settings
from tests.infrastructure import ScratchDatabase
from tests.registry.conftest import World
from tests.registry.test_application_routes import GRANT, path, visited
from tests.registry.test_commitment_routes import publish, signature
from tests.registry.test_permit_routes import DECEIVED, permit
from tests.services import running, settings_on

CLIENTS = 50
ROUNDS = int(os.environ.get("RACE_ROUNDS", "3"))
"""Where time does not matter: RACE_ROUNDS=200."""
REFUSAL = {"outcome": "refused", "grounds": "不合格", "legal_basis": "第十二条"}

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
async def world(fresh_database: ScratchDatabase) -> AsyncIterator[World]:
    """Patient: whoever waits for a connection is answered late, not 503. The races are the subject, not the load."""
    patient = settings_on(Settings, await fresh_database("registry"), pool_wait=60.0)
    async with running(create_app, patient) as service:
        yield World(service)


async def at_once(client: httpx.AsyncClient, url: str, bodies: Sequence[Any]) -> list[httpx.Response]:
    return await asyncio.gather(*(client.post(url, json=body) for body in bodies))


def one_winner(answers: Sequence[httpx.Response], won: int, code: str) -> dict[str, Any]:
    """What the only winner was told; all others were told 409 with that code."""
    assert Counter(answer.status_code for answer in answers) == {won: 1, 409: CLIENTS - 1}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {code}
    (winner,) = [answer.json() for answer in answers if answer.status_code == won]
    said: dict[str, Any] = winner
    return said


async def test_fifty_decide_one_application(world: World) -> None:
    for place in range(ROUNDS):
        newcomer = {"name": f"新校{place}", "kind": "non_subject", "address": "1", "district": "140213"}
        application = await visited(world, newcomer=newcomer)
        bodies = [GRANT if client % 2 else REFUSAL for client in range(CLIENTS)]
        decided = one_winner(
            await at_once(world.bureau, path(application, "decision"), bodies), 200, "application-state"
        )
        kinds = [kind for kind, _, _ in await world.facts(application["id"])]
        assert kinds[-1] == f"registry.application.{decided['state']}.v1"
        held = (await world.bureau.get("/v1/permits", params={"institution": application["institution_id"]})).json()
        assert len(held["items"]) == (decided["state"] == "granted")


async def test_fifty_sign_one_commitment(world: World) -> None:
    text = await publish(world)
    for place in range(ROUNDS):
        institution = (await world.institution(f"机构{place}"))["id"]
        operator = world.service("operator", institution=institution)
        url = f"/v1/institutions/{institution}/commitments"
        signed = one_winner(await at_once(operator, url, [signature(text)] * CLIENTS), 201, "commitment-signed-already")
        assert [one["id"] for one in (await operator.get(url)).json()] == [signed["id"]]
        assert len(await world.facts(signed["id"])) == 1


async def test_fifty_revoke_one_permit(world: World) -> None:
    for place in range(ROUNDS):
        one = await permit(world, name=f"机构{place}")
        bodies = [{**DECEIVED, "notice": {"recipients": {"district": "nobody"}}}] * CLIENTS
        answers = await at_once(world.bureau, f"/v1/permits/{one['id']}/revocation", bodies)
        revoked = one_winner(answers, 200, "permit-ended")
        assert [kind.split(".")[2] for kind, _, _ in await world.facts(one["id"])] == ["recorded", "revoked"]
        assert len(await world.facts(revoked["notice_id"])) == 1
    published = [kind for kind, _, _ in await world.facts() if kind == "registry.notice.published.v1"]
    assert len(published) == ROUNDS, "the losers told nobody"


async def test_fifty_correct_one_entry(world: World) -> None:
    for place in range(ROUNDS):
        made = await world.institution(f"机构{place}")
        url, read = f"/v1/institutions/{made['id']}", {"if-match": '"1"'}
        answers = await asyncio.gather(
            *(world.bureau.patch(url, json={"capacity": client}, headers=read) for client in range(CLIENTS))
        )
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: CLIENTS - 1}
        assert (await world.bureau.get(url)).json()["version"] == 2
