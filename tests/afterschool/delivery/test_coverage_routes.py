"""`/v1/coverage`: which schools are covered, why others are not, and whom they serve."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from tests.afterschool.conftest import TERM, World
from tests.afterschool.delivery.course import TODAY, Course, a_course, a_teacher, weekly
from tests.afterschool.delivery.test_session_routes import correct


def last_week(course: Course) -> list[dict[str, Any]]:
    """The sessions of the last whole week."""
    monday = TODAY - timedelta(days=TODAY.weekday() + 7)
    return [one for one in course.sessions if str(monday) <= one["on"] < str(monday + timedelta(days=7))]


async def of_school(world: World, on: str) -> dict[str, Any]:
    answer = await world.staff().get(f"/v1/coverage/schools/{world.schools['140213']}", params={"on": on})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_week_of_two_hours_each_day_is_covered(world: World) -> None:
    course = await a_course(world)
    child, week = await course.seat("g"), last_week(course)
    await course.seat("absent")
    for one in week:
        await course.hold(one, child)
    for guardian, wanted in (("g", True), ("absent", True), ("unwilling", False)):
        wish = {"student_id": await world.child(guardian), "term": TERM, "wanted": wanted}
        assert (await world.guardian(guardian).put("/v1/wishes", json=wish)).status_code == 200
    await a_teacher(world)
    found = await of_school(world, week[2]["on"])
    assert (found["covered"], [day["minutes"] for day in found["days"]]) == (True, [120] * 5)
    assert found["figures"] == {
        "pupils": 3,
        "served": 1,
        "willing": 2,
        "willing_served": 1,
        "classes": 1,
        "classes_served": 1,
        "teachers": 2,
        "teachers_taking_part": 1,
        "sessions": 5,
        "sessions_outside": 0,
    }
    assert [(one["pupils"], one["served"], one["willing"]) for one in found["classes"]] == [(3, 1, 2)]
    path = f"/v1/coverage/schools/{world.schools['140213']}/pupils"
    page = (await world.staff().get(path, params={"on": week[0]["on"], "limit": 2})).json()
    more = await world.staff().get(path, params={"on": week[0]["on"], "limit": 2, "cursor": page["next_cursor"]})
    pupils = page["items"] + more.json()["items"]
    assert [(one["willing"], one["served"]) for one in pupils] == [(True, True), (True, False), (False, False)]
    city = (await world.bureau.get("/v1/coverage", params={"on": week[0]["on"]})).json()
    assert (city["schools"], city["covered"], city["figures"]["willing"]) == (2, 1, 2)
    district = (await world.officer("140213").get("/v1/coverage", params={"on": week[0]["on"]})).json()
    assert (district["schools"], district["covered"]) == (1, 1)
    short = (await world.bureau.get("/v1/coverage/shortfalls", params={"on": week[0]["on"]})).json()["items"]
    assert [one["school_id"] for one in short] == [world.schools["140214"]]
    assert {reason["code"] for day in short[0]["days"] for reason in day["reasons"]} == {"no-session-held"}
    own = await world.staff().get("/v1/coverage/shortfalls", params={"on": week[0]["on"]})
    assert own.json()["items"] == []


async def test_a_school_that_falls_short_is_listed_with_each_day(world: World) -> None:
    course = await a_course(world)
    child, week = await course.seat("g"), last_week(course)
    for one in week[:3]:
        await course.hold(one, child)
    await course.send(course.mark(week[3], child))
    await course.send(course.mark(week[4]), course.mark(week[4], child, "absent"))
    answer = await world.bureau.get("/v1/coverage/shortfalls", params={"on": week[0]["on"], "district": "140213"})
    [school] = answer.json()["items"]
    assert [day["on"] for day in school["days"]] == [week[3]["on"], week[4]["on"]]
    assert all(day["reasons"][0]["zh"] and day["reasons"][0]["en"] for day in school["days"])


async def test_other_care_does_not_count_and_what_overlaps_counts_once(world: World) -> None:
    for kind, number, begin, end in (
        ("early_care", 1, "07:00", "08:00"),
        ("lunch_care", 5, "12:00", "14:00"),
        ("evening_study", 11, "19:00", "20:30"),
    ):
        other = await a_course(world, periods=weekly(number, begin, end), care=kind)
        await other.hold(last_week(other)[0], await other.seat("g"))
    early = await a_course(world, periods=weekly(7, "15:30", "16:30"))
    twin = await a_course(world, periods=weekly(7, "15:30", "16:30"), room="B")
    for number, course in enumerate((early, twin)):
        await course.hold(last_week(course)[0], await course.seat(f"h{number}"))
    found = await of_school(world, last_week(early)[0]["on"])
    monday = found["days"][0]
    assert (monday["minutes"], [reason["code"] for reason in monday["reasons"]]) == (
        60,
        ["service-too-short", "service-ends-early"],
    )


async def test_the_district_may_ask_for_more_from_a_day_on(world: World) -> None:
    norm = {"name": "service.end_minute_of_day", "district": "140213", "value": 1110, "source": "区发〔2026〕1号"}
    enacted = await world.bureau.post("/v1/norms", json={**norm, "valid_from": str(TODAY)})
    assert enacted.status_code == 201, enacted.text
    course = await a_course(world)
    child, week = await course.seat("g"), last_week(course)
    for one in week:
        await course.hold(one, child)
    assert (await of_school(world, week[0]["on"]))["covered"], "a later value leaves earlier weeks as they are"


async def test_holidays_and_days_to_come_are_not_judged(world: World) -> None:
    course = await a_course(world)
    week = last_week(course)
    for one in week:
        await correct(world, one["on"], "public_holiday")
    found = await of_school(world, week[0]["on"])
    assert (found["days"], found["covered"]) == ([], False)
    city = (await world.bureau.get("/v1/coverage", params={"on": week[0]["on"]})).json()
    assert (city["schools"], city["covered"]) == (0, 0)
    soon = (await world.bureau.get("/v1/coverage", params={"on": str(TODAY + timedelta(days=14))})).json()
    assert soon["schools"] == 0
    unknown = await world.bureau.get("/v1/coverage", params={"on": str(date(2999, 12, 31))})
    assert unknown.json()["code"] == "calendar-unknown"
    nobody = await world.bureau.get(f"/v1/coverage/schools/{uuid4()}", params={"on": week[0]["on"]})
    assert nobody.json()["code"] == "school-not-found"
