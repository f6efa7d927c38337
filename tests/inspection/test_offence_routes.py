"""`/v1/offences`, and violations that keep the version of their day."""

from datetime import timedelta
from typing import Any

from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World

TODAY = china_date(utc_now())
OFFENCE: dict[str, Any] = {
    "code": "prepayment.limit", "title": "新", "law": "《新规》", "article": "第九条", "text": "x",
    "severity": "moderate", "days": 9, "source": "x", "valid_from": str(TODAY),
}  # fmt: skip


async def test_what_was_found_keeps_its_version(world: World) -> None:
    institution = str(await world.institution("g1"))
    body = {"institution_id": institution, "offence": "prepayment.limit", "severity": "low", "description": "预收半年"}
    before = (await world.bureau.post("/v1/violations", json=body | {"found_on": "2024-05-06"})).json()
    assert (before["severity"], before["clause"]) == ("high", "教监管函〔2021〕2号第二十条")
    old = (await world.bureau.post("/v1/violations", json=body | {"found_on": "2023-10-14"})).json()
    assert old["offence_id"] != before["offence_id"]
    enacted = await world.bureau.post("/v1/offences", json=OFFENCE)
    assert enacted.status_code == 201, enacted.text
    after = (await world.bureau.post("/v1/violations", json=body)).json()
    assert (after["offence_id"], after["severity"]) == (enacted.json()["id"], "moderate")
    for violation, days in ((before, 3), (after, 9)):
        order = await world.bureau.post(
            f"/v1/violations/{violation['id']}/rectification-order", json={"requirement": "退费"}
        )
        assert order.json()["due_on"] == str(TODAY + timedelta(days=days))
    listed = await world.bureau.get("/v1/violations", params={"offence": "prepayment.limit"})
    assert len(listed.json()["items"]) == 3
    types = [type_ for type_, _, _ in await world.facts(before["offence_id"])]
    assert types == ["inspection.offence.repealed.v1"]


async def test_an_offence_must_be_in_force(world: World) -> None:
    institution = str(await world.institution("g1"))
    body = {"institution_id": institution, "offence": "scope.unlicensed", "description": "x"}
    early = await world.bureau.post("/v1/violations", json=body | {"found_on": "2023-10-14"})
    assert (early.status_code, early.json()["code"]) == (422, "offence-unknown")
    neither = await world.bureau.post("/v1/violations", json={"institution_id": institution, "description": "x"})
    assert (neither.status_code, neither.json()["errors"][0]["code"]) == (422, "severity-missing")


async def test_the_catalogue_is_listed_by_page_and_day(world: World) -> None:
    reader = world.service("operator", institution="x")
    first = (await reader.get("/v1/offences", params={"limit": 5})).json()
    second = (await reader.get("/v1/offences", params={"limit": 200, "cursor": first["next_cursor"]})).json()
    codes = [(one["code"], one["valid_from"]) for one in first["items"] + second["items"]]
    assert codes == sorted(codes)
    assert len(codes) > 20
    (now,) = (await reader.get("/v1/offences", params={"code": "prepayment.limit", "on": str(TODAY)})).json()["items"]
    assert (now["penal"], now["leniency"]) == (True, False)
    assert (await reader.get(f"/v1/offences/{now['id']}")).json() == now
    twice = await world.bureau.post("/v1/offences", json=OFFENCE | {"code": "new.one"})
    again = await world.bureau.post("/v1/offences", json=OFFENCE | {"code": "new.one"})
    assert (twice.status_code, again.json()["code"]) == (201, "offence-overlaps")
    ended = await world.bureau.post(
        f"/v1/offences/{twice.json()['id']}/repeal", json={"valid_to": str(TODAY), "reason": "x"}
    )
    assert ended.json()["valid_to"] == str(TODAY)
