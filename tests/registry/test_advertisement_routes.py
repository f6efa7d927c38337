"""Advertisements over HTTP: found and sent again, identified, removed, verified, counted."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from services.registry.supervision.advertisements.domain import Advertisement
from shared.domain.clock import china_date, utc_now
from tests.registry.conftest import World
from tests.services import version_of

URL = "/v1/advertisements"
TODAY = china_date(utc_now())
FIND = {
    "source": "patrol", "medium": "poster", "place": "迎宾街公交站", "text": "暑期奥数", "photo_refs": ["a" * 64],
    "district": "140213", "street": "s1", "lon": 113.3, "lat": 40.1, "found_on": TODAY.isoformat(),
}  # fmt: skip


def inspector(world: World, district: str = "140213", subject: str = "inspector-1") -> httpx.AsyncClient:
    return world.service("inspector", district=district, team="t1", subject=subject)


async def find(world: World, **more: Any) -> dict[str, Any]:
    answer = await world.bureau.post(URL, json={**FIND, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_phone_may_send_again(world: World) -> None:
    made = await world.institution()
    body = {**FIND, "id": str(uuid4()), "visit_id": str(uuid4()), "source": "visit"}
    phone = inspector(world)
    first = await phone.post(URL, json=body)
    assert (first.status_code, first.headers["location"]) == (201, f"{URL}/{body['id']}")
    again = await phone.post(URL, json=body)
    assert (again.status_code, again.json()) == (200, first.json())
    await world.bureau.post(f"{URL}/{body['id']}/identification", json={"institution_id": made["id"]})
    assert (await phone.post(URL, json=body)).status_code == 200
    for other in ({"place": "别处"}, {"institution_id": made["id"]}):
        answer = await phone.post(URL, json={**body, **other})
        assert (answer.status_code, answer.json()["code"]) == (409, "advertisement-id-taken")
    assert (await inspector(world, "140214").post(URL, json=body)).json()["code"] == "advertisement-id-taken"
    (kind, version, fact), _ = await world.facts(body["id"])
    assert (kind, version, fact["visit_id"]) == ("registry.advertisement.found.v1", 1, body["visit_id"])
    assert not {"text", "photo_refs", "found_by"} & fact.keys()


async def test_what_is_not_taken(world: World) -> None:
    elsewhere = await world.institution(district="140214")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    for body, status, code in (
        ({"found_on": tomorrow}, 422, "found-on-future"),
        ({"lat": None}, 422, "coordinates-incomplete"),
        ({"district": "140214"}, 403, "outside-your-district"),
        ({"institution_id": str(uuid4())}, 404, "institution-not-found"),
        ({"institution_id": elsewhere["id"]}, 404, "institution-not-found"),
        ({"medium": "tv"}, 422, "request-invalid"),
    ):
        answer = await inspector(world).post(URL, json={**FIND, **body})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await world.service("operator", institution=elsewhere["id"]).post(URL, json=FIND)).status_code == 403
    assert await world.facts() == await world.facts(elsewhere["id"])


async def test_from_finding_to_gone(world: World) -> None:
    made = await world.institution()
    url = f"{URL}/{(await find(world))['id']}"
    operator, officer = world.service("operator", institution=made["id"]), world.officer()
    assert (await operator.get(url)).json()["code"] == "advertisement-not-found"
    assert (await officer.post(f"{url}/identification", json={"institution_id": made["id"]})).status_code == 200
    assert (await operator.get(url)).status_code == 200
    order = {"due_on": TODAY.isoformat(), "requirement": "撕掉"}
    assert (await operator.post(f"{url}/removal-order", json=order)).status_code == 403
    assert (await officer.post(f"{url}/removal-order", json=order)).json()["state"] == "removal_ordered"
    again = await officer.post(f"{url}/removal-order", json=order)
    assert (again.status_code, again.json()["code"]) == (409, "advertisement-state-forbids")
    assert again.json()["facts"] == {"state": "removal_ordered", "allowed": ["found"]}
    gone = {"removed_on": TODAY.isoformat(), "note": "已清除"}
    assert (await operator.post(f"{url}/removal", json=gone)).json()["removed_by"] == "operator-1"
    assert (await inspector(world).post(f"{url}/verification", json={"holds": False})).json()[
        "state"
    ] == "removal_ordered"
    assert (await inspector(world).post(f"{url}/removal", json=gone)).json()["state"] == "removed"
    own = await inspector(world).post(f"{url}/verification", json={"holds": True})
    assert (own.status_code, own.json()["code"]) == (409, "verifier-removed-it")
    other = await inspector(world, subject="inspector-2").post(
        f"{url}/verification", json={"holds": True, "note": "无"}
    )
    assert (other.json()["state"], version_of(other)) == ("verified", 7)
    assert (await world.bureau.get(url, headers={"if-none-match": other.headers["etag"]})).status_code == 304
    assert [(kind.split(".")[2], fact["state"]) for kind, _, fact in await world.facts(url.rsplit("/", 1)[1])] == [
        ("found", "found"), ("identified", "found"), ("removal_ordered", "removal_ordered"), ("removed", "removed"),
        ("verified", "removal_ordered"), ("removed", "removed"), ("verified", "verified"),
    ]  # fmt: skip


@pytest.mark.parametrize("action", ["identification", "removal-order", "removal", "verification"])
async def test_out_of_reach_is_not_there(world: World, action: str) -> None:
    url = f"{URL}/{(await find(world))['id']}"
    body = {
        "identification": {"institution_id": str(uuid4())},
        "removal-order": {"due_on": TODAY.isoformat(), "requirement": "x"},
        "removal": {"removed_on": TODAY.isoformat()},
        "verification": {"holds": True},
    }[action]
    answer = await world.officer("140214").post(f"{url}/{action}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "advertisement-not-found")
    assert (await world.officer("140214").get(url)).status_code == 404


async def test_lists(world: World) -> None:
    made = await world.institution()
    first = await find(world, institution_id=made["id"])
    second = await find(world, district="140214", street=None, source="complaint")
    third = await find(world, street="s2")
    for one in (first, third):
        order = {"due_on": TODAY.isoformat(), "requirement": "x"}
        await world.bureau.post(f"{URL}/{one['id']}/removal-order", json=order)
    async with world.sessions.begin() as session:
        late = {"due_on": TODAY - timedelta(days=1)}
        await session.execute(update(Advertisement).where(Advertisement.id == third["id"]).values(late))
    for client, query, expected in (
        (world.bureau, "", [first, second, third]),
        (world.bureau, "?state=found", [second]),
        (world.bureau, "?district=140214", [second]),
        (world.bureau, "?street=s2", [third]),
        (world.bureau, "?source=complaint", [second]),
        (world.bureau, f"?institution={made['id']}", [first]),
        (world.bureau, "?overdue=true", [third]),
        (world.bureau, "?overdue=false", [first, second]),
        (world.officer(), "", [first, third]),
        (inspector(world, "140214"), "", [second]),
        (world.service("operator", institution=made["id"]), "", [first]),
    ):
        items = (await client.get(f"{URL}{query}")).json()["items"]
        assert [one["id"] for one in items] == [one["id"] for one in expected], query
    page = (await world.bureau.get(f"{URL}?limit=2")).json()
    rest = (await world.bureau.get(f"{URL}?limit=2&cursor={page['next_cursor']}")).json()
    assert [one["id"] for one in rest["items"]] == [third["id"]]
    assert (await world.bureau.get(f"{URL}?limit=2&state=found&cursor={page['next_cursor']}")).status_code == 400


async def test_repeat_offenders_most_first(world: World) -> None:
    once, twice, thrice = [await world.institution(name) for name in ("一", "二", "三")]
    also = await world.institution("也二")
    for institution, times in ((once, 1), (twice, 2), (thrice, 3), (also, 2)):
        for number in range(times):
            await find(
                world, institution_id=institution["id"], district="140214" if number == 2 else "140213",
                found_on=(TODAY - timedelta(days=10 * number)).isoformat(),
            )  # fmt: skip
    url = f"{URL}/repeat-offenders"

    async def told(client: httpx.AsyncClient, query: str = "") -> list[tuple[str, int]]:
        answer = await client.get(f"{url}{query}")
        assert answer.status_code == 200, answer.text
        return [(one["name"], one["advertisements"]) for one in answer.json()["items"]]

    assert await told(world.bureau) == [("三", 3), ("二", 2), ("也二", 2)]
    assert await told(world.bureau, "?least=3") == [("三", 3)]
    assert await told(world.officer()) == [("二", 2), ("三", 2), ("也二", 2)]
    since = (TODAY - timedelta(days=5)).isoformat()
    assert await told(world.bureau, f"?since={since}") == []
    assert len(await told(world.bureau, f"?since={since}&least=1")) == 4
    names, cursor = [], ""
    while True:
        page = (await world.bureau.get(f"{url}?limit=1{cursor}")).json()
        names += [one["name"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert names == ["三", "二", "也二"]
