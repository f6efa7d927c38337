"""`/v1/norms`: the bureau decides a number, and it counts from its day."""

from datetime import timedelta
from typing import Any

from services.inspection.rulebook.norms.domain import NormName
from services.inspection.rulebook.norms.queries import in_force
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World

TODAY = china_date(utc_now())
NORM: dict[str, Any] = {"name": "complaint_answer", "value": 5, "source": "市教育局通知", "valid_from": str(TODAY)}
SAID = {"subject": "fees", "text": "x", "district": "140213"}


async def test_every_norm_begins_with_a_number_to_be_confirmed(world: World) -> None:
    listed = (await world.service("auditor").get("/v1/norms", params={"limit": 200})).json()["items"]
    assert {one["name"] for one in listed} == {name.value for name in NormName}
    assert {one["status"] for one in listed} == {"to_be_confirmed"}


async def test_a_number_counts_from_its_day(world: World) -> None:
    before = (await world.service().post("/v1/public/complaints", json=SAID)).json()["due_on"]
    later = await world.bureau.post("/v1/norms", json=NORM | {"value": 9, "valid_from": str(TODAY + timedelta(days=1))})
    assert later.status_code == 201, later.text
    made = await world.bureau.post("/v1/norms", json=NORM)
    after = (await world.service().post("/v1/public/complaints", json=SAID)).json()["due_on"]
    assert [before, after] == [str(TODAY + timedelta(days=days)) for days in (15, 5)]
    listed = (await world.bureau.get("/v1/norms", params={"name": "complaint_answer"})).json()["items"]
    assert [one["value"] for one in listed] == [15, 5, 9]
    assert [type_ for type_, _, _ in await world.facts(made.json()["id"])] == ["inspection.norm.enacted.v1"]
    first = (await world.bureau.get("/v1/norms", params={"limit": 3})).json()
    rest = (await world.bureau.get("/v1/norms", params={"limit": 200, "cursor": first["next_cursor"]})).json()
    assert len(first["items"] + rest["items"]) == len(NormName) + 2
    twice = await world.bureau.post("/v1/norms", json=NORM)
    assert (twice.status_code, twice.json()["code"]) == (409, "norm-of-that-day")
    past = await world.bureau.post("/v1/norms", json=NORM | {"valid_from": str(TODAY - timedelta(days=1))})
    assert (past.status_code, past.json()["code"]) == (422, "norm-begins-past")


async def test_a_number_means_something(world: World) -> None:
    for name, most in (("visit", 3650), ("draw.minimum_share_bp", 10_000), ("hearing_fen.person", 10**9)):
        refused = await world.bureau.post("/v1/norms", json=NORM | {"name": name, "value": most + 1})
        assert refused.status_code == 422
        made = await world.bureau.post("/v1/norms", json=NORM | {"name": name, "value": most})
        assert made.status_code == 201
    refused = await world.bureau.post("/v1/norms", json=NORM | {"value": 3651})
    assert (refused.json()["code"], refused.json()["facts"]) == ("norm-too-large", {"most": 3650})
    assert (await world.bureau.get("/v1/duties")).status_code == 200


async def test_without_a_number_it_says_so(world: World) -> None:
    async with world.sessions() as session:
        assert await in_force(session, NormName, on=TODAY.replace(year=2020)) == {}
