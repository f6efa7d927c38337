"""Notices over HTTP: who is told, who confirms, who is late."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from services.registry.ledger.institutions.domain import Institution
from services.registry.supervision.notices.domain import Notice
from shared.domain.clock import china_date, utc_now
from tests.registry.conftest import World

TODAY = china_date(utc_now())
NOTICE: dict[str, Any] = {"title": "关于无证办学的通报", "body": "……", "confirm_by": str(TODAY + timedelta(days=3))}


async def published(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/notices", json={**NOTICE, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def operator(world: World, institution: dict[str, Any]) -> httpx.AsyncClient:
    return world.service("operator", institution=institution["id"])


async def recipients(client: httpx.AsyncClient, notice: dict[str, Any], **filters: object) -> list[str]:
    answer = await client.get(f"/v1/notices/{notice['id']}/receipts", params={k: str(v) for k, v in filters.items()})
    assert answer.status_code == 200, answer.text
    return [item["institution"] for item in answer.json()["items"]]


async def with_status(world: World, status: str) -> None:
    """Some states are reached by other ways than the ledger's form."""
    made = await world.institution(status)
    async with world.sessions.begin() as session:
        await session.execute(update(Institution).where(Institution.id == UUID(made["id"])).values(status=status))


async def overdue(world: World, notice: dict[str, Any]) -> None:
    async with world.sessions.begin() as session:
        yesterday = TODAY - timedelta(days=1)
        await session.execute(update(Notice).where(Notice.id == UUID(notice["id"])).values(confirm_by=yesterday))


async def test_everybody_at_work_is_told(world: World) -> None:
    for status in ("active", "suspended", "unlicensed", "closed", "merged", "applying"):
        await with_status(world, status)
    notice = await published(world.bureau)
    assert notice["number"] == f"通报〔{TODAY.year}〕1号"
    assert await recipients(world.bureau, notice) == ["active", "suspended", "unlicensed"]
    ((kind, version, fact),) = await world.facts(notice["id"])
    assert (kind, version, fact["recipients"]) == ("registry.notice.published.v1", 1, 3)


async def test_those_it_is_about_are_told_whatever_they_are(world: World) -> None:
    here = await world.institution("here", kind="subject")
    await world.institution("there", district="140214")
    await world.institution("painter", kind="non_subject")
    closed = await world.institution("closed", status="closed", district="140214")
    scope = {"district": "140213", "kind": "subject"}
    notice = await published(world.bureau, recipients=scope, subjects=[here["id"], closed["id"], closed["id"]])
    assert await recipients(world.bureau, notice) == ["here", "closed"]
    assert (notice["recipients"], notice["subjects"]) == ({**scope, "street": None}, [here["id"], closed["id"]])


async def test_numbers_follow_each_other_without_gaps(world: World) -> None:
    wrong = world.bureau.post("/v1/notices", json={**NOTICE, "subjects": ["00000000-0000-7000-8000-000000000000"]})
    past = world.bureau.post("/v1/notices", json={**NOTICE, "confirm_by": str(TODAY - timedelta(days=1))})
    refused = [*await asyncio.gather(wrong, past)]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
        (404, "institution-not-found"),
        (422, "confirm-by-past"),
    ]
    made = await asyncio.gather(*(published(world.bureau) for _ in range(6)))
    assert sorted(notice["number"] for notice in made) == [f"通报〔{TODAY.year}〕{n}号" for n in range(1, 7)]


async def test_confirm(world: World) -> None:
    first, second = await world.institution("first"), await world.institution("second", district="140214")
    notice = await published(world.bureau)
    place = f"/v1/notices/{notice['id']}"
    answer = await operator(world, first).post(f"{place}/receipts")
    assert answer.status_code == 201, answer.text
    confirmed = answer.json()["id"]
    again = await operator(world, first).post(f"{place}/receipts")
    assert (again.status_code, again.json()["code"]) == (409, "notice-confirmed-already")
    late_comer = await world.institution("late comer")
    for nobody in (operator(world, late_comer), world.service("operator", institution="x"), world.service("operator")):
        answer = await nobody.post(f"{place}/receipts")
        assert (answer.status_code, answer.json()["code"]) == (404, "notice-not-found")
    assert (await world.bureau.get(place)).json()["counts"] == {"recipients": 2, "confirmed": 1, "overdue": 0}
    assert await recipients(world.bureau, notice, confirmed=True) == ["first"]
    assert await recipients(world.bureau, notice, confirmed=False) == ["second"]
    assert await recipients(world.bureau, notice, overdue=True) == []
    await overdue(world, notice)
    assert (await world.bureau.get(place)).json()["counts"] == {"recipients": 2, "confirmed": 1, "overdue": 1}
    assert await recipients(world.bureau, notice, overdue=True) == ["second"]
    assert await recipients(world.bureau, notice, overdue=False) == ["first"]
    assert (await operator(world, second).post(f"{place}/receipts")).status_code == 201
    ((kind, version, fact),) = await world.facts(confirmed)
    assert (kind, version, fact["institution_id"]) == ("registry.notice.confirmed.v1", 1, first["id"])


async def test_two_confirm_at_the_same_moment(world: World) -> None:
    own = await world.institution()
    notice = await published(world.bureau)
    answers = await asyncio.gather(
        *(operator(world, own).post(f"/v1/notices/{notice['id']}/receipts") for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_who_sees_which_notice(world: World) -> None:
    here, there = await world.institution("here"), await world.institution("there", district="140214")
    city, district = await published(world.bureau), await published(world.bureau, recipients={"district": "140214"})

    async def seen(client: httpx.AsyncClient, **filters: str) -> list[str]:
        return [item["id"] for item in (await client.get("/v1/notices", params=filters)).json()["items"]]

    assert await seen(world.bureau) == [city["id"], district["id"]]
    assert await seen(world.bureau, institution=here["id"]) == [city["id"]]
    for client in (world.officer(), operator(world, here), world.service("inspector", district="140213", team="t1")):
        assert await seen(client) == [city["id"]]
        assert (await client.get(f"/v1/notices/{district['id']}")).status_code == 404
        assert (await client.get(f"/v1/notices/{district['id']}/receipts")).status_code == 404
        assert (await client.get(f"/v1/notices/{city['id']}")).json()["counts"]["recipients"] == 1
        assert await recipients(client, city) == ["here"]
    assert await seen(operator(world, there)) == [city["id"], district["id"]]
    assert await seen(operator(world, there), institution=here["id"]) == []
    page = (await world.bureau.get("/v1/notices", params={"limit": 1})).json()
    rest = await world.bureau.get("/v1/notices", params={"limit": 1, "cursor": page["next_cursor"]})
    assert [item["id"] for item in rest.json()["items"]] == [district["id"]]
    page = (await world.bureau.get(f"/v1/notices/{city['id']}/receipts", params={"limit": 1})).json()
    assert await recipients(world.bureau, city, limit=1, cursor=page["next_cursor"]) == ["there"]


@pytest.mark.parametrize(
    ("claims", "scope", "status"),
    [
        ({"district": "140213"}, {"district": "140213"}, 201),
        ({"district": "140213"}, {"district": "140213", "street": "s1"}, 201),
        ({"district": "140213"}, {}, 403),
        ({"district": "140213"}, {"district": "140214"}, 403),
        ({"district": "140213", "street": "s1"}, {"district": "140213", "street": "s1"}, 201),
        ({"district": "140213", "street": "s1"}, {"district": "140213"}, 403),
        ({"district": "140214"}, {"district": "140213"}, 403),
    ],
)
async def test_an_officer_tells_his_own(
    world: World, claims: dict[str, str], scope: dict[str, str], status: int
) -> None:
    officer = world.service("district_officer", **claims)
    answer = await officer.post("/v1/notices", json={**NOTICE, "recipients": scope})
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["code"] == "recipients-beyond-reach"
    else:
        assert (await officer.get(f"/v1/notices/{answer.json()['id']}")).status_code == 200


async def test_an_officer_tells_about_his_own(world: World) -> None:
    there = await world.institution("there", district="140214")
    said = {**NOTICE, "recipients": {"district": "140213"}, "subjects": [there["id"]]}
    answer = await world.officer().post("/v1/notices", json=said)
    assert (answer.status_code, answer.json()["code"]) == (404, "institution-not-found")
    assert (await world.service("inspector").post("/v1/notices", json=NOTICE)).status_code == 403


async def test_a_receipt_on_paper(world: World) -> None:
    own = await world.institution()
    notice = await published(world.bureau)
    today = china_date(utc_now())
    path = f"/v1/notices/{notice['id']}/receipts/{own['id']}/confirmation"
    body = {"means": "telephone", "on": str(today)}
    for on, code in (
        (today + timedelta(days=1), "answered-in-future"),
        (today - timedelta(days=1), "answered-too-early"),
    ):
        refused = await world.officer().post(path, json=body | {"on": str(on)})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await world.officer("140214").post(path, json=body)).status_code == 404
    made = (await world.officer().post(path, json=body | {"note": "校长接听"})).json()
    assert (made["means"], made["confirmed_on"], made["note"]) == ("telephone", str(today), "校长接听")
    again = await world.bureau.post(path, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "notice-confirmed-already")
    (item,) = (await world.bureau.get(f"/v1/notices/{notice['id']}/receipts")).json()["items"]
    assert item["means"] == "telephone"
    (_, _, fact) = (await world.facts(made["id"]))[-1]
    assert (fact["means"], fact["confirmed_on"]) == ("telephone", str(today))
