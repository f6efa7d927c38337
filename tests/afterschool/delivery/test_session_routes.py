"""`/v1/sessions` and `/v1/makeup-days`: generated from timetable and calendar, and again after a correction."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.afterschool.roster.terms.domain import school_days
from services.afterschool.subscriptions import INBOX
from shared.data.database import new_id
from shared.domain.clock import utc_now
from shared.events.registry.calendars import CalendarDayCorrected
from tests.afterschool.conftest import TERM, World
from tests.afterschool.delivery.course import TODAY, a_course, a_teacher, weekly
from tests.metrics.deliveries import deliver


async def correct(world: World, on: str, kind: str | None) -> None:
    """The registry corrects a day."""
    day = datetime.fromisoformat(on).replace(tzinfo=UTC)
    event = CalendarDayCorrected(year_id=new_id(), on=day, kind=kind, name="x", source="test", at=utc_now())
    async with world.service.sessions.begin() as session:
        latest = await session.scalar(text("SELECT coalesce(max(sequence), 0) FROM exceptional_day"))
        await INBOX.handle(session, [deliver(event, sequence=int(latest) + 1)])


async def facts_recorded(world: World) -> int:
    async with world.service.sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM journal")))


async def test_every_school_day_of_the_weeks_has_its_session(world: World) -> None:
    course = await a_course(world, first_week=2, last_week=5)
    monday = TODAY - timedelta(days=60) - timedelta(days=(TODAY - timedelta(days=60)).weekday())
    first, last = monday + timedelta(days=7), monday + timedelta(days=34)
    assert [one["on"] for one in course.sessions] == [str(day) for day in school_days(first, last, {})]
    assert {one["starts_at"][11:16] for one in course.sessions} == {"08:00"}, "16:00 in China"
    assert {(one["number"], one["state"], one["care"]) for one in course.sessions} == {(8, "planned", "after_school")}
    assert {one["teacher_id"] for one in course.sessions} == {course.teacher}


async def test_generating_again_writes_nothing(world: World) -> None:
    course = await a_course(world)
    before = await facts_recorded(world)
    assert await course.generate() == {"planned": 0, "restored": [], "cancelled": [], "kept": []}
    assert await facts_recorded(world) == before


async def test_a_school_is_generated_at_once(world: World) -> None:
    for number in (8, 9):
        await world.offering(periods=weekly(number, f"{number + 8}:00", f"{number + 8}:40"))
    body = {"school_id": world.schools["140213"], "term": TERM}
    answer = await world.staff().post("/v1/sessions", json=body)
    assert answer.status_code == 200, answer.text
    sessions = (await world.staff().get("/v1/sessions", params={"first": str(TODAY), "limit": 200})).json()["items"]
    assert {one["number"] for one in sessions} == {8, 9}
    assert (await world.staff().post("/v1/sessions", json=body)).json()["planned"] == 0
    assert (await world.staff("140214").post("/v1/sessions", json=body)).status_code == 404
    assert (await world.staff().post("/v1/sessions", json={**body, "term": "2031"})).json()["code"] == "term-not-found"
    unknown = await world.bureau.post("/v1/sessions", json={"offering_id": str(uuid4())})
    assert unknown.json()["code"] == "offering-not-found"


async def test_a_corrected_calendar_cancels_what_has_no_attendance(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    taken, plain, by_hand = course.past[0], course.past[1], course.past[2]
    await course.hold(taken, child)
    cancelled = await world.staff().post(f"/v1/sessions/{by_hand['id']}/cancellation", json={"reason": "停电"})
    assert cancelled.status_code == 200
    for one in (taken, plain, by_hand):
        await correct(world, one["on"], "public_holiday")
    generated = await course.generate()
    assert [one["id"] for one in generated["cancelled"]] == [plain["id"]]
    assert [one["id"] for one in generated["kept"]] == [taken["id"]]
    [(kind, told)] = await course.facts(plain)
    assert (kind, told["cancelled_for"]) == ("afterschool.session.cancelled.v1", "calendar")
    refused = await course.send(course.mark(plain, child))
    assert [one["code"] for one in refused] == ["session-cancelled"]
    for one in (taken, plain, by_hand):
        await correct(world, one["on"], None)
    generated = await course.generate()
    assert [one["id"] for one in generated["restored"]] == [plain["id"]]
    assert (generated["cancelled"], generated["kept"], generated["planned"]) == ([], [], 0)
    state = {one["id"]: (one["state"], one["cancelled_for"]) for one in course.sessions}
    assert state[plain["id"]] == ("planned", None)
    assert state[by_hand["id"]] == ("cancelled", "school"), "what a person decided stays"


async def test_a_makeup_workday_has_sessions_only_with_a_weekday(world: World) -> None:
    saturday = TODAY + timedelta(days=(5 - TODAY.weekday()) % 7 + 7)
    await correct(world, str(saturday), "makeup_workday")
    friday_only = [period for period in weekly() if period["weekday"] == 5]
    course = await a_course(world, periods=friday_only)
    assert str(saturday) not in {one["on"] for one in course.sessions}
    body = {"school_id": world.schools["140213"], "on": str(saturday), "weekday": 5}
    assert (await world.staff().post("/v1/makeup-days", json=body)).json()["items"] == [
        {"on": str(saturday), "weekday": 5}
    ]
    assert (await course.generate())["planned"] == 1
    made = next(one for one in course.sessions if one["on"] == str(saturday))
    assert made["weekday"] == 5
    listed = await world.guardian().get("/v1/makeup-days", params={"school": world.schools["140213"]})
    assert listed.json()["items"] == [{"on": str(saturday), "weekday": 5}]
    await world.staff().post("/v1/makeup-days", json=body | {"weekday": 4})
    assert [one["on"] for one in (await course.generate())["cancelled"]] == [str(saturday)]
    assert (await world.staff().post("/v1/makeup-days", json=body | {"weekday": None})).json()["items"] == []
    refused = await world.staff().post("/v1/makeup-days", json=body | {"on": str(saturday + timedelta(days=1))})
    assert (refused.status_code, refused.json()["code"]) == (422, "not-a-makeup-workday")


async def test_a_session_follows_the_time_of_its_makeup_day(world: World) -> None:
    saturday = TODAY + timedelta(days=(5 - TODAY.weekday()) % 7 + 7)
    await correct(world, str(saturday), "makeup_workday")
    early, late = weekly()[3], weekly(8, "17:00", "18:30")[4]
    course = await a_course(world, periods=[early, late])
    body = {"school_id": world.schools["140213"], "on": str(saturday), "weekday": 4}
    await world.staff().post("/v1/makeup-days", json=body)
    await course.generate()
    await world.staff().post("/v1/makeup-days", json=body | {"weekday": 5})
    assert [one["on"] for one in (await course.generate())["restored"]] == [str(saturday)]
    moved = next(one for one in course.sessions if one["on"] == str(saturday))
    assert (moved["starts_at"][11:16], moved["weekday"]) == ("09:00", 5)


async def test_a_substitute_must_be_free(world: World) -> None:
    course = await a_course(world)
    one = course.coming[0]
    busy = await a_course(world, periods=weekly(8), room="B")
    unplanned = await a_teacher(world)
    await world.offering(periods=weekly(8), teacher_id=unplanned, room="C")
    path = f"/v1/sessions/{one['id']}/substitution"
    for teacher in (busy.teacher, unplanned):
        refused = await world.staff().post(path, json={"teacher_id": teacher, "reason": "病假"})
        assert (refused.status_code, refused.json()["code"]) == (409, "teacher-busy")
    free = await a_teacher(world)
    answer = await world.staff().post(path, json={"teacher_id": free, "reason": "病假"})
    assert answer.json()["substitute_id"] == free
    assert (await course.facts(one))[-1][1]["substitute_id"] == free
    both = next(other for other in busy.coming if other["on"] == one["on"])
    again = await world.staff().post(
        f"/v1/sessions/{both['id']}/substitution", json={"teacher_id": free, "reason": "病假"}
    )
    assert again.json()["code"] == "teacher-busy", "a substitute is busy too"
    replaced = await world.staff().post(
        f"/v1/sessions/{both['id']}/substitution", json={"teacher_id": course.teacher, "reason": "对调"}
    )
    assert replaced.status_code == 200, "whose session another takes is free"
    elsewhere = await a_teacher(world, "140214")
    refused = await world.bureau.post(path, json={"teacher_id": elsewhere, "reason": "病假"})
    assert refused.json()["code"] == "teacher-not-at-school"
    unknown = await world.staff().post(path, json={"teacher_id": elsewhere, "reason": "病假"})
    assert unknown.json()["code"] == "teacher-not-found"
    back = await world.staff().post(path, json={"teacher_id": None, "reason": "销假"})
    assert back.json()["substitute_id"] is None


async def test_a_session_is_cancelled_with_a_reason_before_attendance(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    one, taken = course.past[0], course.past[1]
    path = f"/v1/sessions/{one['id']}/cancellation"
    assert (await world.staff("140214").post(path, json={"reason": "x"})).status_code == 404
    answer = await world.staff().post(path, json={"reason": "停电"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("cancelled", "停电")
    assert (await world.staff().post(path, json={"reason": "停电"})).json()["code"] == "session-cancelled"
    await course.hold(taken, child)
    refused = await world.staff().post(f"/v1/sessions/{taken['id']}/cancellation", json={"reason": "停电"})
    assert refused.json()["code"] == "session-has-attendance"
    assert (await world.guardian().get(f"/v1/sessions/{one['id']}")).json() == answer.json()
    assert (await world.staff("140214").get(f"/v1/sessions/{one['id']}")).status_code == 404
    assert (await world.staff("140214").get("/v1/sessions")).json()["items"] == []


@pytest.mark.parametrize("body", [{}, {"term": TERM}])
async def test_what_to_generate_must_be_said(world: World, body: dict[str, Any]) -> None:
    refused = await world.staff().post("/v1/sessions", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "offering-or-school")
