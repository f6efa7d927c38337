"""`/v1/catalogue-items` and `/v1/norms`: the bureau decides, everybody reads, and a day has one version."""

from datetime import timedelta
from typing import Any

import pytest

from services.afterschool.rulebook.catalogue import queries as catalogue
from services.afterschool.rulebook.catalogue.domain import CatalogueItemUnknown
from services.afterschool.rulebook.norms import queries as norms
from services.afterschool.rulebook.norms.domain import NormName, NormUnknown
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World

TODAY = china_date(utc_now())
DAY = timedelta(days=1)
ITEM: dict[str, Any] = {
    "code": "art_paper_cutting",
    "title_zh": "剪纸",
    "title_en": "Paper cutting",
    "category": "artistic_cultivation",
    "path": "style_and_art",
    "source": "市教育局通知",
    "valid_from": str(TODAY),
}
NORM: dict[str, Any] = {"name": "fee.lesson_fen", "value": 350, "source": "市教育局通知", "valid_from": str(TODAY)}


async def made(world: World, url: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await world.bureau.post(url, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    assert (await world.guardian().get(answer.headers["location"])).json() == created
    return created


async def kinds(world: World, key: str) -> list[str]:
    return [kind.removeprefix("afterschool.") for kind, _ in await world.facts(key)]


async def test_the_catalogue_of_a_day(world: World) -> None:
    listed = (await world.guardian().get("/v1/catalogue-items", params={"on": str(TODAY), "limit": 200})).json()
    assert len(listed["items"]) == 22
    assert {one["status"] for one in listed["items"]} == {"to_be_confirmed"}
    assert await kinds(world, listed["items"][0]["id"]) == ["catalogue_item.enacted.v1"]
    made_today = await made(world, "/v1/catalogue-items", ITEM)
    async with world.service.sessions() as session:
        assert len(await catalogue.items_in_force(session, on=TODAY)) == 23
        assert len(await catalogue.items_in_force(session, on=TODAY - DAY)) == 22
        assert (await catalogue.item_in_force(session, ITEM["code"], on=TODAY)).title_en == "Paper cutting"
        with pytest.raises(CatalogueItemUnknown):
            await catalogue.item_in_force(session, ITEM["code"], on=TODAY - DAY)
    filters = {"category": "artistic_cultivation", "path": "style_and_art", "code": ITEM["code"]}
    found = (await world.staff().get("/v1/catalogue-items", params=filters)).json()["items"]
    assert [one["id"] for one in found] == [made_today["id"]]
    homework = {"category": "homework_guidance", "on": str(TODAY)}
    assert len((await world.staff().get("/v1/catalogue-items", params=homework)).json()["items"]) == 2


async def test_an_item_is_replaced_and_its_successor_withdrawn(world: World) -> None:
    first = await made(world, "/v1/catalogue-items", ITEM)
    second = await made(world, "/v1/catalogue-items", ITEM | {"valid_from": str(TODAY + DAY), "title_zh": "剪纸二"})
    again = await world.bureau.post("/v1/catalogue-items", json=ITEM)
    assert (again.status_code, again.json()["code"]) == (409, "version-overlaps")
    early = await world.bureau.post(f"/v1/catalogue-items/{first['id']}/withdrawal", json={"reason": "误"})
    assert (early.status_code, early.json()["code"]) == (409, "later-version-stands")
    withdrawn = await world.bureau.post(f"/v1/catalogue-items/{second['id']}/withdrawal", json={"reason": "误"})
    assert withdrawn.json()["withdrawal_reason"] == "误"
    assert (await world.bureau.get(f"/v1/catalogue-items/{first['id']}")).json()["valid_to"] is None
    assert await kinds(world, first["id"]) == [
        "catalogue_item.enacted.v1", "catalogue_item.repealed.v1", "catalogue_item.continued.v1",
    ]  # fmt: skip
    assert await kinds(world, second["id"]) == ["catalogue_item.enacted.v1", "catalogue_item.withdrawn.v1"]


async def test_an_item_gets_its_last_day(world: World) -> None:
    item = await made(world, "/v1/catalogue-items", ITEM)
    end = {"valid_to": str(TODAY), "reason": "停开"}
    ended = await world.bureau.post(f"/v1/catalogue-items/{item['id']}/repeal", json=end)
    assert (ended.status_code, ended.json()["valid_to"]) == (200, str(TODAY))
    twice = await world.bureau.post(f"/v1/catalogue-items/{item['id']}/repeal", json=end)
    assert (twice.status_code, twice.json()["code"]) == (409, "version-ends-already")


async def test_a_district_has_its_own_number_or_the_citys(world: World) -> None:
    async def fee(district: str | None) -> int:
        async with world.service.sessions() as session:
            return await norms.value_of(session, NormName.FEE_LESSON, on=TODAY, district=district)

    assert (await fee(None), await fee("140213")) == (300, 300)
    await made(world, "/v1/norms", NORM)
    own = await made(world, "/v1/norms", NORM | {"district": "140213", "value": 400})
    assert (await fee(None), await fee("140213"), await fee("140214")) == (350, 400, 350)
    assert own["unit"] == "fen"
    later = {"valid_to": str(TODAY), "reason": "恢复全市标准"}
    assert (await world.bureau.post(f"/v1/norms/{own['id']}/repeal", json=later)).status_code == 200
    async with world.service.sessions() as session:
        tomorrow = await norms.value_of(session, NormName.FEE_LESSON, on=TODAY + DAY, district="140213")
    assert tomorrow == 350
    listed = (await world.guardian().get("/v1/norms", params={"district": "140213", "on": str(TODAY)})).json()["items"]
    assert [one["value"] for one in listed] == [400]
    all_of_it = (await world.guardian().get("/v1/norms", params={"name": "fee.lesson_fen"})).json()["items"]
    assert [(one["district"], one["value"]) for one in all_of_it] == [(None, 300), (None, 350), ("140213", 400)]


async def test_a_number_is_withdrawn_on_the_day_it_was_entered(world: World) -> None:
    norm = await made(world, "/v1/norms", NORM)
    assert (await world.bureau.post(f"/v1/norms/{norm['id']}/withdrawal", json={"reason": "误"})).status_code == 200
    async with world.service.sessions() as session:
        assert await norms.value_of(session, NormName.FEE_LESSON, on=TODAY) == 300
        with pytest.raises(NormUnknown):
            await norms.value_of(session, NormName.FEE_LESSON, on=TODAY.replace(year=2020, day=1))
    past = await world.bureau.post("/v1/norms", json=NORM | {"valid_from": str(TODAY - DAY)})
    assert (past.status_code, past.json()["code"]) == (422, "version-begins-past")
    large = await world.bureau.post("/v1/norms", json=NORM | {"name": "offer.hours", "value": 721})
    assert (large.json()["code"], large.json()["facts"]) == ("norm-too-large", {"most": 720})


async def test_the_lists_are_paged(world: World) -> None:
    for url, total in (("/v1/norms", len(NormName)), ("/v1/catalogue-items", 22)):
        first = (await world.bureau.get(url, params={"limit": 15})).json()
        rest = (await world.bureau.get(url, params={"limit": 200, "cursor": first["next_cursor"]})).json()
        assert len({one["id"] for one in first["items"] + rest["items"]}) == total


async def test_only_the_bureau_decides(world: World) -> None:
    for client in (world.staff(), world.guardian(), world.officer("140213")):
        assert (await client.post("/v1/norms", json=NORM)).status_code == 403
        assert (await client.post("/v1/catalogue-items", json=ITEM)).status_code == 403
