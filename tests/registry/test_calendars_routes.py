"""The calendar over HTTP: days, years, corrections, terms."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.registry.conftest import World
from tests.services import version_of

YEAR = {
    "year": 2027,
    "source": "国办发明电〔2026〕1号",
    "days": [
        {"on": "2027-01-01", "kind": "public_holiday", "name": "元旦"},
        {"on": "2027-01-03", "kind": "makeup_workday", "name": "调休上班"},
    ],
}
TERM = {
    "period": "winter_vacation",
    "name": "寒假",
    "starts_on": "2027-01-18",
    "ends_on": "2027-02-28",
    "source": "校历",
}


async def days(client: httpx.AsyncClient, first: str, last: str, **more: str) -> dict[str, Any]:
    answer = await client.get("/v1/calendar", params={"from": first, "to": last, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_unknown_year_is_called_unknown_until_it_is_published(world: World) -> None:
    guardian = world.service("guardian")
    found = await days(guardian, "2026-12-31", "2027-01-03")
    assert found["unpublished_years"] == [2027]
    assert [day["kind"] for day in found["days"]] == ["workday", "unknown", "unknown", "unknown"]
    assert [day["subject_training_forbidden"] for day in found["days"]] == [False, None, None, None]
    answer = await world.bureau.post("/v1/calendar/years", json=YEAR)
    assert answer.status_code == 201, answer.text
    found = await days(guardian, "2026-12-31", "2027-01-03")
    assert found["unpublished_years"] == []
    assert [day["subject_training_forbidden"] for day in found["days"]] == [False, True, True, False]
    assert found["days"][1] == {
        "on": "2027-01-01",
        "kind": "public_holiday",
        "name": "元旦",
        "vacation": None,
        "subject_training_forbidden": True,
    }
    ((kind, version, fact),) = await world.facts(answer.json()["id"])
    assert (kind, version, len(fact["days"])) == ("registry.calendar_year.published.v1", 1, 2)


async def test_a_year_is_published_once(world: World) -> None:
    answers = await asyncio.gather(*(world.bureau.post("/v1/calendar/years", json=YEAR) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused = await world.bureau.post("/v1/calendar/years", json={**YEAR, "year": 2026, "days": []})
    assert (refused.status_code, refused.json()["code"]) == (409, "calendar-year-published")
    assert len(await world.facts()) == 1


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ([{"on": "2028-01-01", "kind": "rest_day", "name": "n"}], "day-outside-year", "/days/0/on"),
        ([*YEAR["days"], YEAR["days"][0]], "day-twice", "/days/2/on"),  # type: ignore[misc,index]  # it is a list
        ([{"on": "2027-01-04", "kind": "makeup_workday", "name": "n"}], "makeup-not-on-weekend", "/days/0/kind"),
    ],
)
async def test_a_year_that_cannot_be(world: World, wrong: list[Any], code: str, pointer: str) -> None:
    answer = await world.bureau.post("/v1/calendar/years", json={**YEAR, "days": wrong})
    assert answer.status_code == 422
    assert (answer.json()["code"], pointer in answer.text) == (code, True)
    assert await world.facts() == []


@pytest.mark.parametrize(("first", "last"), [("2026-02-01", "2026-01-31"), ("2026-01-01", "2027-02-05")])
async def test_a_range_that_cannot_be(world: World, first: str, last: str) -> None:
    answer = await world.bureau.get("/v1/calendar", params={"from": first, "to": last})
    assert (answer.status_code, answer.json()["code"]) == (422, "days-out-of-range")


async def test_four_hundred_days(world: World) -> None:
    assert len((await days(world.bureau, "2026-01-01", "2027-02-04"))["days"]) == 400


async def correct(world: World, **said: Any) -> httpx.Response:
    return await world.bureau.post("/v1/calendar/corrections", json={"on": "2026-03-07", "source": "补充通知", **said})


async def test_correct_a_day_and_back(world: World) -> None:
    answer = await correct(world, kind="makeup_workday", name="调休上班")
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    (day,) = (await days(world.bureau, "2026-03-07", "2026-03-07"))["days"]
    assert (day["kind"], day["name"], day["subject_training_forbidden"]) == ("makeup_workday", "调休上班", False)
    assert (await correct(world, kind="public_holiday", name="放假")).status_code == 200
    assert (await correct(world, kind=None)).status_code == 200
    (day,) = (await days(world.bureau, "2026-03-07", "2026-03-07"))["days"]
    assert (day["kind"], day["name"]) == ("rest_day", None)
    assert [version for _, version, _ in await world.facts(answer.json()["id"])] == [2, 3, 4]


async def test_corrections_refused(world: World) -> None:
    answer = await correct(world, on="2031-03-07", kind="rest_day", name="n")
    assert (answer.status_code, answer.json()["code"]) == (409, "calendar-unpublished")
    answer = await correct(world, kind="rest_day")
    assert (answer.status_code, answer.json()["code"]) == (422, "day-name-missing")
    answer = await correct(world, on="2026-03-06", kind="makeup_workday", name="n")
    assert (answer.status_code, answer.json()["code"]) == (422, "makeup-not-on-weekend")
    assert await world.facts() == []


async def test_terms(world: World) -> None:
    answer = await world.bureau.post("/v1/calendar/terms", json=TERM)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (await world.bureau.get(answer.headers["location"])).json() == made
    for wrong in ({**TERM, "starts_on": "2027-02-28", "ends_on": "2027-03-05"}, TERM):
        refused = await world.bureau.post("/v1/calendar/terms", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (409, "term-overlaps")
    for other in ({"district": "140213"}, {"period": "term"}, {"starts_on": "2027-03-01", "ends_on": "2027-03-01"}):
        assert (await world.bureau.post("/v1/calendar/terms", json={**TERM, **other})).status_code == 201
    page = (await world.service("operator").get("/v1/calendar/terms", params={"limit": 3})).json()
    assert page["items"][0]["id"] == made["id"]
    rest = await world.bureau.get("/v1/calendar/terms", params={"limit": 3, "cursor": page["next_cursor"]})
    assert len(rest.json()["items"]) == 1
    (own,) = (await world.bureau.get("/v1/calendar/terms", params={"district": "140213"})).json()["items"]
    assert own["district"] == "140213"
    ((kind, version, fact),) = await world.facts(made["id"])
    assert (kind, version, fact["ends_on"]) == ("registry.school_term.set.v1", 1, "2027-02-28")


async def test_vacations_set_at_the_same_moment(world: World) -> None:
    answers = await asyncio.gather(*(world.bureau.post("/v1/calendar/terms", json=TERM) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_put_a_vacation_right(world: World) -> None:
    made = (await world.bureau.post("/v1/calendar/terms", json={**TERM, "starts_on": "2026-01-19"})).json()
    place, longer = f"/v1/calendar/terms/{made['id']}", {**TERM, "starts_on": "2026-01-12"}
    (day,) = (await days(world.bureau, "2026-01-12", "2026-01-12"))["days"]
    assert (day["vacation"], day["subject_training_forbidden"]) == (None, False)
    assert (await world.bureau.put(place, json=longer)).status_code == 428
    assert (await world.bureau.put(place, json=longer, headers={"if-match": '"9"'})).status_code == 412
    answer = await world.bureau.put(place, json=longer, headers={"if-match": '"1"'})
    assert (answer.status_code, version_of(answer)) == (200, 2)
    (day,) = (await days(world.bureau, "2026-01-12", "2026-01-12"))["days"]
    assert (day["vacation"], day["subject_training_forbidden"]) == ("寒假", True)
    reversed_days = {**TERM, "ends_on": "2026-01-01"}
    refused = await world.bureau.put(place, json=reversed_days, headers={"if-match": '"2"'})
    assert (refused.status_code, refused.json()["code"]) == (422, "term-reversed")
    unknown = f"/v1/calendar/terms/{made['id'][:-4]}0000"
    assert (await world.bureau.get(unknown)).json()["code"] == "term-not-found"
    assert (await world.bureau.put(unknown, json=TERM, headers={"if-match": '"1"'})).status_code == 404


async def test_only_the_bureau_decides(world: World) -> None:
    for path, body in (("years", YEAR), ("terms", TERM), ("corrections", {"on": "2026-03-07"})):
        answer = await world.officer().post(f"/v1/calendar/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")
