"""`/v1/offerings`: publishing, changing, and what a raise does for those who wait."""

from typing import Any
from uuid import uuid4

import pytest

from services.afterschool.programme.offerings.routes import OfferingOut
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import CLOSED, OPEN, SCHEDULED, TERM, World
from tests.afterschool.roster import tell_calendar
from tests.services import version_of


def read(items: list[dict[str, Any]]) -> list[OfferingOut]:
    """As a client reads them: PostgreSQL and pydantic write the same instant differently."""
    return [OfferingOut.model_validate(item) for item in items]


async def test_an_offering_is_published_and_told(world: World) -> None:
    offering = await world.offering(30)
    assert (offering["capacity"], offering["enrolled"], offering["waiting"], offering["window"]) == (30, 0, 0, "open")
    [(kind, payload)] = await world.facts(offering["id"])
    assert kind == "afterschool.offering.published.v1"
    assert (payload["category"], payload["district"]) == ("artistic_cultivation", "140213")
    assert (await world.guardian().get(f"/v1/offerings/{offering['id']}")).json() == offering


async def test_the_window_is_told_at_every_read(world: World) -> None:
    made = [await world.offering(1, **window) for window in (OPEN, CLOSED, SCHEDULED)]
    assert [offering["window"] for offering in made] == ["open", "closed", "scheduled"]
    listed = (await world.guardian().get("/v1/offerings")).json()["items"]
    assert read(listed) == read(made)


async def test_only_the_schools_own_people_publish(world: World) -> None:
    body = {
        "school_id": world.schools["140214"], "name": "x", "category": "essay_reading", "term": TERM, "capacity": 1,
        **OPEN,
    }  # fmt: skip
    for client in (world.staff("140213"), world.officer("140213")):
        refused = await client.post("/v1/offerings", json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "school-not-found")
    assert (await world.guardian().post("/v1/offerings", json=body)).status_code == 403
    assert (await world.officer("140214").post("/v1/offerings", json=body)).status_code == 201
    unknown = {**body, "school_id": str(uuid4())}
    assert (await world.bureau.post("/v1/offerings", json=unknown)).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"category": "maths"},
        {"capacity": -1},
        {"capacity": True},
        {"capacity": 10_001},
        {"opens_at": "2026-09-01T08:00:00"},
        {"opens_at": "0001-01-01T00:00:00+23:00"},
        {"closes_at": OPEN["opens_at"]},
    ],
)
async def test_an_offering_that_says_nonsense_is_refused(world: World, change: dict[str, object]) -> None:
    body = {
        "school_id": world.schools["140213"], "name": "x", "category": "essay_reading", "term": TERM, "capacity": 1,
        **OPEN, **change,
    }  # fmt: skip
    assert (await world.bureau.post("/v1/offerings", json=body)).status_code == 422


async def test_the_list_is_filtered_and_within_reach(world: World) -> None:
    await tell_calendar(world.service, name="2026-spring")
    here = await world.offering(1, category="labour_education", term="2026-spring")
    there = await world.offering(1, district="140214")
    for client, params, found in [
        (world.bureau, {}, [here, there]),
        (world.bureau, {"school": world.schools["140214"]}, [there]),
        (world.bureau, {"category": "labour_education"}, [here]),
        (world.bureau, {"term": "2026-spring"}, [here]),
        (world.staff(), {}, [here]),
        (world.officer("140214"), {}, [there]),
        (world.service("school_staff", school=str(uuid4())), {}, []),
    ]:
        assert read((await client.get("/v1/offerings", params=params)).json()["items"]) == read(found)
    assert (await world.staff().get(f"/v1/offerings/{there['id']}")).status_code == 404
    assert (await world.bureau.get(f"/v1/offerings/{uuid4()}")).status_code == 404


async def test_a_raise_promotes_the_longest_waiting(world: World) -> None:
    offering = await world.offering(2)
    asked = await world.enrol(offering["id"], 6)
    assert [one["state"] for one in asked] == ["enrolled"] * 2 + ["waiting"] * 4
    raised = await world.staff().patch(
        f"/v1/offerings/{offering['id']}", json={"capacity": 4, "reason": "第二间教室"}, headers={"if-match": '"1"'}
    )
    assert (raised.status_code, version_of(raised)) == (200, 2)
    assert (raised.json()["enrolled"], raised.json()["waiting"]) == (4, 2)
    assert await world.queue(offering["id"]) == [one["id"] for one in asked[4:]]
    for one in asked[2:4]:
        assert [kind for kind, _ in await world.facts(one["id"])] == [
            "afterschool.enrolment.waitlisted.v1", "afterschool.enrolment.promoted.v1",
        ]  # fmt: skip
    assert [kind for kind, _ in await world.facts(offering["id"])][1:] == ["afterschool.offering.changed.v1"]
    await world.check_invariants()


async def test_a_change_is_checked(world: World) -> None:
    offering = await world.offering(3)
    address = f"/v1/offerings/{offering['id']}"
    await world.enrol(offering["id"], 2)
    first = {"if-match": '"1"'}
    refused = await world.staff().patch(address, json={"capacity": 1}, headers=first)
    assert (refused.status_code, refused.json()["code"]) == (409, "capacity-below-enrolled")
    emptied = await world.staff().patch(address, json={"closes_at": OPEN["opens_at"]}, headers=first)
    assert (emptied.status_code, emptied.json()["code"]) == (422, "window-empty")
    assert (await world.staff().patch(address, json={"capacity": 9})).status_code == 428
    assert (await world.staff().patch(address, json={"capacity": 9}, headers={"if-match": '"7"'})).status_code == 412
    assert (await world.staff("140214").patch(address, json={"capacity": 9}, headers=first)).status_code == 404
    assert (await world.staff().patch(address, json={"category": "essay_reading"}, headers=first)).status_code == 422
    unchanged = await world.staff().patch(address, json={"capacity": 3}, headers=first)
    assert (unchanged.status_code, version_of(unchanged)) == (200, 1)
    missing = await world.bureau.patch(f"/v1/offerings/{uuid4()}", json={"capacity": 9}, headers=first)
    assert missing.status_code == 404


async def test_a_term_is_found_by_its_own_name(world: World) -> None:
    for term in ("２０２６秋", "2026—2027学年（上）"):
        await tell_calendar(world.service, name=term)
        offering = await world.offering(1, term=term)
        found = (await world.bureau.get("/v1/offerings", params={"term": term})).json()["items"]
        assert [one["id"] for one in found] == [offering["id"]]


async def test_a_reason_holds_no_controls(world: World) -> None:
    offering = await world.offering(1)
    headers = {"if-match": f'"{offering["version"]}"'}
    for reason in ("\x1b[31m", "\u202e", "  "):
        body = {"capacity": 2, "reason": reason}
        refused = await world.staff().patch(f"/v1/offerings/{offering['id']}", json=body, headers=headers)
        assert refused.status_code == 422, reason


async def test_an_item_is_one_of_the_catalogue_and_of_the_category(world: World) -> None:
    made = await world.offering(item="art_choir")
    other = await world.offering()
    listed = (await world.bureau.get("/v1/offerings", params={"item": "art_choir"})).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]] != [other["id"]]
    body = {
        "school_id": world.schools["140213"], "name": "合唱", "category": "artistic_cultivation", "term": TERM,
        "capacity": 2, **OPEN,
    }  # fmt: skip
    for item, status, code in (
        ("no_such_item", 409, "catalogue-item-unknown"),
        ("sports_football", 422, "item-of-another-category"),
    ):
        refused = await world.staff().post("/v1/offerings", json=body | {"item": item})
        assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_a_fee_keeps_the_ceiling_of_the_district(world: World) -> None:
    body = {
        "school_id": world.schools["140213"], "name": "合唱", "category": "artistic_cultivation", "term": TERM,
        "capacity": 2, **OPEN,
    }  # fmt: skip
    assert (await world.staff().post("/v1/offerings", json=body | {"fee": 300})).status_code == 201
    refused = await world.staff().post("/v1/offerings", json=body | {"fee": 301})
    assert (refused.status_code, refused.json()["code"]) == (422, "fee-above-ceiling")
    assert refused.json()["facts"] == {"ceiling": 300}
    norm = {
        "name": "fee.lesson_fen", "district": "140213", "value": 350, "source": "县区收费文件",
        "valid_from": str(china_date(utc_now())),
    }  # fmt: skip
    assert (await world.bureau.post("/v1/norms", json=norm)).status_code == 201
    assert (await world.staff().post("/v1/offerings", json=body | {"fee": 350})).status_code == 201
