"""`/v1/homework`: a school declares, is warned before, and sees the week; training institutions are reported."""

from datetime import date, timedelta
from typing import Any

import httpx
from sqlalchemy import insert

from services.afterschool.programme.providers.domain import Provider
from services.afterschool.quality.homework.domain import monday_of
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World

TODAY = china_date(utc_now())
MONDAY = monday_of(TODAY)
DAY = timedelta(days=1)
URL = "/v1/homework"


def entry(minutes: int, subject: str = "数学", **more: Any) -> dict[str, Any]:
    return {"subject": subject, "minutes": minutes, **more}


async def declare(
    world: World, school_class: str, on: date, *entries: dict[str, Any], dry_run: bool = False, district: str = "140213"
) -> httpx.Response:
    body = {"class_id": school_class, "on": str(on), "entries": list(entries)}
    return await world.staff(district).put(URL, json=body, params={"dry_run": dry_run})


async def test_a_school_declares_and_replaces_a_day(world: World) -> None:
    school_class = await world.school_class(world.schools["140213"], 3)
    answer = await declare(world, school_class, MONDAY, entry(40), entry(30, "语文"), entry(20, "英语", written=False))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["published"], told["written_minutes"], told["warnings"]) == (True, 70, ["day_over_limit"])
    assert (told["week"]["limit_minutes"], told["week"]["average_tenths"], told["week"]["over"]) == (60, 140, False)
    assert told["week"]["school_days"][0] == {"on": str(MONDAY), "minutes": 70}
    again = await declare(world, school_class, MONDAY, entry(40), entry(30, "语文"), entry(20, "英语", written=False))
    assert again.status_code == 200
    replaced = await declare(world, school_class, MONDAY)
    assert (replaced.json()["written_minutes"], replaced.json()["warnings"]) == (0, [])
    [day] = (await world.staff().get(URL, params={"class_id": school_class, "first": str(MONDAY)})).json()["items"]
    assert (day["version"], day["entries"], day["on"]) == (2, [], str(MONDAY))
    kinds = [kind for kind, _ in await world.facts(day["id"])]
    assert kinds == ["afterschool.homework.declared.v1"] * 2
    assert (await world.staff().get(URL, params={"last": str(MONDAY - DAY)})).json()["items"] == []


async def test_a_dry_run_warns_and_declares_nothing(world: World) -> None:
    school_class = await world.school_class(world.schools["140213"], 1)
    tried = await declare(world, school_class, MONDAY, entry(5), dry_run=True)
    assert tried.json()["published"] is False
    assert tried.json()["warnings"] == ["day_over_limit", "week_over_limit"]
    assert (await world.staff().get(URL)).json()["items"] == []
    spoken = await declare(world, school_class, MONDAY, entry(5, written=False), dry_run=True)
    assert spoken.json()["warnings"] == []
    saturday = await declare(world, school_class, MONDAY + 5 * DAY, entry(5), dry_run=True)
    assert saturday.json()["warnings"] == ["rest_day_over_limit"]


async def test_refused_homework(world: World) -> None:
    school_class = await world.school_class(world.schools["140213"], 3)
    twice = await declare(world, school_class, MONDAY, entry(1), entry(2))
    assert (twice.status_code, twice.json()["code"]) == (422, "subject-twice")
    assert (await declare(world, school_class, MONDAY, entry(1), entry(2), dry_run=True)).status_code == 422
    elsewhere = await declare(world, school_class, MONDAY, entry(1), district="140214")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "class-not-found")
    unknown = await declare(world, school_class, date(1999, 1, 4), entry(1))
    assert unknown.json()["code"] == "calendar-unknown"
    early = await world.bureau.get(f"{URL}/classes/{school_class}", params={"until": "1999-01-04"})
    assert early.json()["code"] == "calendar-unknown"


async def test_classes_over_the_limit_and_the_trend(world: World) -> None:
    third = await world.school_class(world.schools["140213"], 3)
    first = await world.school_class(world.schools["140213"], 1)
    other = await world.school_class(world.schools["140214"], 3)
    for number in range(5):
        await declare(world, third, MONDAY + number * DAY, entry(61))
        await declare(world, third, MONDAY + (number - 7) * DAY, entry(50))
    await declare(world, first, MONDAY + 6 * DAY, entry(10))
    await declare(world, other, MONDAY, entry(60), district="140214")

    async def listed(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
        answer = await client.get(f"{URL}/weeks", params={"week": str(MONDAY + 6 * DAY), **params})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    assert {one["id"] for one in await listed(world.bureau)} == {third, first, other}
    over = {one["id"]: one for one in await listed(world.bureau, over=True)}
    assert set(over) == {third, first}
    assert (over[third]["average_tenths"], over[third]["over"], over[third]["rest_days_over"]) == (610, True, [])
    assert (over[first]["over"], over[first]["rest_days_over"]) == (False, [str(MONDAY + 6 * DAY)])
    assert (over[third]["limit_minutes"], over[third]["school_days"], over[third]["written_minutes"]) == (60, 5, 305)
    assert [one["id"] for one in await listed(world.bureau, over=False)] == [other]
    assert [one["id"] for one in await listed(world.staff(), grade=3)] == [third]
    assert await listed(world.staff("140214"), school=world.schools["140213"]) == []
    weeks = (await world.bureau.get(f"{URL}/classes/{third}", params={"until": str(MONDAY), "weeks": 2})).json()
    assert [(one["average_tenths"], one["over"], one["change_tenths"]) for one in weeks["weeks"]] == [
        (500, False, None), (610, True, 110),
    ]  # fmt: skip


async def test_the_limit_of_a_district_on_the_monday_counts(world: World) -> None:
    school_class = await world.school_class(world.schools["140213"], 3)
    norm = {
        "name": "homework.grades_3_6_minutes", "district": "140213", "value": 30, "source": "区教育局通知",
        "valid_from": str(MONDAY + 7 * DAY),
    }  # fmt: skip
    assert (await world.bureau.post("/v1/norms", json=norm)).status_code == 201
    limits = [
        (await declare(world, school_class, on, entry(60), dry_run=True)).json()["week"]["limit_minutes"]
        for on in (MONDAY, MONDAY + 7 * DAY)
    ]
    assert limits == [60, 30]
    listed = await world.bureau.get(f"{URL}/weeks", params={"week": str(MONDAY)})
    assert listed.json()["items"] == []


async def test_outside_the_terms_no_day_is_a_school_day(world: World) -> None:
    school_class = await world.school_class(world.schools["140213"], 3)
    vacation = MONDAY + 77 * DAY
    tried = (await declare(world, school_class, vacation, entry(61), dry_run=True)).json()
    assert (tried["week"]["school_days"], tried["week"]["average_tenths"]) == ([], None)
    assert tried["warnings"] == ["rest_day_over_limit"]


async def test_homework_of_a_training_institution_is_reported_once_by_each(world: World) -> None:
    institution = new_id()
    async with world.service.sessions.begin() as session:
        row = {"name": "晨光", "kind": "subject", "status": "active", "sequence": 1, "street": None}
        await session.execute(insert(Provider), [row | {"institution_id": institution, "district": "140213"}])
    report = {"institution_id": str(institution), "on": str(TODAY), "text": "布置了两页习题"}
    made = await world.guardian().post(f"{URL}/reports", json=report)
    assert (made.status_code, made.json()["source"], made.json()["school_id"]) == (201, "guardian", None)
    twice = await world.guardian().post(f"{URL}/reports", json=report)
    assert (twice.status_code, twice.json()["code"]) == (409, "homework-report-exists")
    by_school = await world.staff().post(f"{URL}/reports", json=report)
    assert by_school.json()["school_id"] == world.schools["140213"]
    [(kind, payload)] = await world.facts(made.json()["id"])
    assert kind == "afterschool.homework_report.filed.v1"
    assert "text" not in payload
    future = await world.guardian().post(f"{URL}/reports", json=report | {"on": str(TODAY + DAY)})
    assert future.json()["code"] == "homework-in-future"
    unknown = await world.guardian().post(f"{URL}/reports", json=report | {"institution_id": str(new_id())})
    assert unknown.json()["code"] == "provider-not-found"

    async def seen(client: httpx.AsyncClient, **params: str) -> int:
        return len((await client.get(f"{URL}/reports", params=params)).json()["items"])

    assert await seen(world.bureau, institution=str(institution)) == 2
    assert await seen(world.bureau, source="school") == 1
    assert [await seen(world.officer(one)) for one in ("140213", "140214")] == [2, 0]
    assert [await seen(world.staff(one)) for one in ("140213", "140214")] == [1, 0]
    assert [await seen(world.guardian(one)) for one in ("guardian-1", "guardian-2")] == [1, 0]
    assert await seen(world.service("school_staff", school="no-id")) == 0
