"""Responsibilities over HTTP: named, taken back, handed over in bulk, missing."""

from typing import Any

import pytest

from services.registry.ledger.responsibilities import usecases
from tests.registry.conftest import World
from tests.services import version_of

OFFICER = {"officer": "o-1", "officer_name": "李工", "phone": "13800000000"}
ROLES = ["district_officer", "street_officer", "industry_department"]


def url(institution: dict[str, Any], role: str = "") -> str:
    return f"/v1/institutions/{institution['id']}/responsibilities{role and '/'}{role}"


async def many(world: World, **more: Any) -> tuple[int, int]:
    body = {"district": "140213", "role": "street_officer", "officer": "o-9", "officer_name": "赵", **more}
    answer = await world.bureau.post("/v1/responsibilities", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["assigned"], answer.json()["unchanged"]


async def test_named_and_taken_back(world: World) -> None:
    made = await world.institution(street="s1")
    empty = (await world.bureau.get(url(made))).json()
    assert empty == {"institution_id": made["id"], **dict.fromkeys(ROLES), "gaps": ROLES}
    body = {**OFFICER, "department": "education", "reason": "分工"}
    answer = await world.officer().put(url(made, "industry_department"), json=body)
    assert (answer.status_code, version_of(answer), answer.json()["department"]) == (200, 1, "education")
    same = await world.bureau.put(url(made, "industry_department"), json=body)
    assert (same.json(), version_of(same)) == (answer.json(), 1)
    told = (await world.bureau.get(url(made))).json()
    assert (told["industry_department"], told["gaps"]) == (answer.json(), ROLES[:2])
    wrong = await world.bureau.put(url(made, "street_officer"), json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "department-not-for-role")
    assert (await world.bureau.put(url(made, "mayor"), json=OFFICER)).status_code == 422

    assert (await world.bureau.delete(url(made, "industry_department"))).status_code == 422
    gone = await world.bureau.delete(url(made, "industry_department"), params={"reason": "调离"})
    assert (gone.json()["officer"], version_of(gone)) == (None, 2)
    for role in ("industry_department", "street_officer"):
        again = await world.bureau.delete(url(made, role), params={"reason": "调离"})
        assert (again.status_code, again.json()["code"]) == (409, "responsibility-vacant")
    assert (await world.bureau.get(url(made))).json() == empty

    history = (await world.bureau.get(url(made, "history"))).json()
    assert [(one["version"], one["actor"], one["reason"], one["officer"]) for one in history] == [
        (1, "district_officer-1", "分工", "o-1"), (2, "bureau-1", "调离", None)
    ]  # fmt: skip
    (_, _, fact), _ = await world.facts(answer.json()["id"])
    assert (fact["role"], fact["department"], fact["street"]) == ("industry_department", "education", "s1")
    assert not {"officer_name", "phone"} & fact.keys()


async def test_who_may(world: World) -> None:
    made = await world.institution()
    target = url(made, "street_officer")
    assert (await world.officer("140214").put(target, json=OFFICER)).status_code == 404
    assert (await world.officer("140214").delete(target, params={"reason": "x"})).status_code == 404
    assert (await world.officer("140214").get(url(made))).status_code == 404
    assert (await world.officer("140214").get(url(made, "history"))).status_code == 404
    operator = world.service("operator", institution=made["id"])
    assert (await operator.put(target, json=OFFICER)).status_code == 403
    assert (await operator.get(url(made))).status_code == 200


async def test_one_officer_for_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usecases, "CHUNK", 2)
    held, *others = [await world.institution(str(number), street="s1") for number in range(5)]
    elsewhere = await world.institution("别街", street="s2", kind="non_subject")
    await world.institution("关", status="closed")
    await world.institution("别区", district="140214")
    await world.bureau.put(url(held, "street_officer"), json=OFFICER)
    assert await many(world, street="s1") == (4, 1)
    assert (await world.bureau.get(url(held))).json()["street_officer"]["officer"] == "o-1"
    assert await many(world, kind="non_subject", only_vacant=False) == (1, 0)
    assert await many(world, only_vacant=False) == (1, 5)
    assert await many(world, only_vacant=False) == (0, 6)
    # The same officer under a corrected name: a fact each, and nobody's telephone or first day is lost.
    await world.bureau.put(url(elsewhere, "street_officer"), json={**OFFICER, "officer": "o-9"})
    assert await many(world, only_vacant=False, officer_name="赵工") == (6, 0)
    told = (await world.bureau.get(url(elsewhere))).json()["street_officer"]
    assert (told["officer_name"], told["phone"]) == ("赵工", "13800000000")
    facts = await world.facts(told["id"])
    assert [version for _, version, _ in facts] == [1, 2, 3]
    assert (facts[-1][2]["officer"], facts[-1][2]["street"]) == ("o-9", "s2")
    # What was taken back is vacant again.
    await world.bureau.delete(url(held, "street_officer"), params={"reason": "x"})
    assert await many(world, officer="o-2", officer_name="钱") == (1, 5)
    for one in [held, *others]:
        assert (await world.bureau.get(url(one))).json()["gaps"] == ROLES[::2]


async def test_an_officer_assigns_within_his_reach(world: World) -> None:
    await world.institution("a", street="s1")
    await world.institution("b", street="s2")
    body = {"district": "140213", "role": "street_officer", "officer": "o-9", "officer_name": "赵"}
    refused = await world.officer("140214").post("/v1/responsibilities", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-your-district")
    street = world.service("district_officer", district="140213", street="s1")
    assert (await street.post("/v1/responsibilities", json={**body, "street": "s2"})).status_code == 403
    assert (await street.post("/v1/responsibilities", json=body)).json() == {"assigned": 1, "unchanged": 0}
    wrong = await world.bureau.post("/v1/responsibilities", json={**body, "department": "sports"})
    assert wrong.json()["code"] == "department-not-for-role"


async def test_gaps(world: World) -> None:
    first, second = await world.institution("一", street="s1"), await world.institution("二", street="s2")
    third = await world.institution("三", district="140214", status="unlicensed")
    await world.institution("关", status="closed")
    full = await world.institution("全", street="s1")
    for role in ROLES:
        await world.bureau.put(url(full, role), json=OFFICER)
    await world.bureau.put(url(first, "street_officer"), json=OFFICER)
    await world.bureau.put(url(second, "district_officer"), json=OFFICER)
    await world.bureau.delete(url(second, "district_officer"), params={"reason": "x"})

    async def told(query: str = "", client: Any = None) -> list[tuple[str, list[str]]]:
        items: list[tuple[str, list[str]]] = []
        cursor = ""
        while True:
            answer = await (client or world.bureau).get(f"/v1/responsibilities/gaps?limit=1{query}{cursor}")
            assert answer.status_code == 200, answer.text
            page = answer.json()
            items += [(one["name"], one["missing"]) for one in page["items"]]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={page['next_cursor']}"

    everything = [("一", ROLES[::2]), ("二", ROLES), ("三", ROLES)]
    assert await told() == everything
    assert await told("&role=street_officer") == everything[1:]
    assert await told("&district=140214") == everything[2:]
    assert await told("&street=s1") == everything[:1]
    assert await told(client=world.officer()) == everything[:2]
    assert await told(client=world.service("operator", institution=third["id"])) == everything[2:]
    assert (await world.bureau.get(f"/v1/institutions/{third['id']}/responsibilities")).json()["gaps"] == ROLES
