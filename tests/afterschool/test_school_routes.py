"""`/v1/schools`: who registers, who sees which."""

from uuid import uuid4

import pytest

from tests.afterschool.conftest import World
from tests.services import version_of


async def test_a_school_is_registered_and_told(world: World) -> None:
    body = {"code": "2114000077", "name": "实验小学", "stage": "nine_year", "district": "140213", "street": "140213051"}
    made = await world.officer("140213").post("/v1/schools", json=body)
    assert made.status_code == 201
    school = made.json()
    assert version_of(made) == 1
    assert school | body == school
    [(kind, payload)] = await world.facts(school["id"])
    assert kind == "afterschool.school.registered.v1"
    assert payload["street"] == "140213051"
    again = await world.bureau.post("/v1/schools", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "school-code-taken")
    read = await world.bureau.get(made.headers["location"])
    assert read.json() == school
    known = await world.bureau.get(made.headers["location"], headers={"if-none-match": made.headers["etag"]})
    assert known.status_code == 304


async def test_an_officer_registers_in_one_district(world: World) -> None:
    body = {"code": "c9", "name": "x", "stage": "junior", "district": "140214"}
    refused = await world.officer("140213").post("/v1/schools", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-your-district")


@pytest.mark.parametrize("change", [{"stage": "senior"}, {"code": "a b"}, {"name": " "}, {"more": 1}])
async def test_a_school_that_says_nonsense_is_refused(world: World, change: dict[str, object]) -> None:
    body = {"code": "c9", "name": "x", "stage": "junior", "district": "140213", **change}
    assert (await world.bureau.post("/v1/schools", json=body)).status_code == 422


async def test_everybody_sees_what_is_within_reach(world: World) -> None:
    own, other = world.schools["140213"], world.schools["140214"]
    seen = {
        world.bureau: {own, other},
        world.guardian(): {own, other},
        world.service("auditor"): {own, other},
        world.staff(): {own},
        world.officer("140213"): {own},
        world.service("school_staff", school=str(uuid4())): set(),
        world.service("school_staff", school="not-an-id"): set(),
        world.service("district_officer", district="140299"): set(),
    }
    for client, schools in seen.items():
        listed = (await client.get("/v1/schools")).json()["items"]
        assert {school["id"] for school in listed} == schools
        for school in (own, other):
            assert (await client.get(f"/v1/schools/{school}")).status_code == (200 if school in schools else 404)


async def test_other_roles_have_no_business_here(world: World) -> None:
    for role in ("inspector", "operator"):
        assert (await world.service(role).get("/v1/schools")).status_code == 403
    assert (await world.staff().post("/v1/schools", json={})).status_code == 403
    assert (await world.bureau.get(f"/v1/schools/{uuid4()}")).status_code == 404


async def test_the_list_is_paged_and_filtered(world: World) -> None:
    more = [await world.school("140215", stage="junior") for _ in range(3)]
    asked = {"district": "140215", "stage": "junior", "limit": "2"}
    first = (await world.bureau.get("/v1/schools", params=asked)).json()
    rest = (await world.bureau.get("/v1/schools", params={**asked, "cursor": first["next_cursor"]})).json()
    assert [school["id"] for school in first["items"] + rest["items"]] == more
    assert rest["next_cursor"] is None
