"""`/v1/attendance`: batches from phones, corrections, conflicts, and the totals that follow."""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.afterschool.delivery.attendance.queries import class_sessions, days_attended, sessions_delivered
from shared.domain import clock
from tests.afterschool.conftest import World
from tests.afterschool.delivery.course import TODAY, Course, a_course, a_teacher, weekly
from tests.afterschool.delivery.test_session_routes import correct
from tests.afterschool.roster import tell_calendar

LONG_AGO = TODAY - timedelta(days=90)


async def counted(course: Course, one: dict[str, Any]) -> tuple[int, ...]:
    """Children present, absent, excused, late, left early, as the session counts them."""
    async with course.world.service.sessions() as session:
        row = await session.execute(
            text("SELECT present, absent, excused, late, left_early FROM course_session WHERE id = :id"),
            {"id": one["id"]},
        )
        return tuple(row.one())


def verdicts(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["code"] or answer["verdict"] for answer in answers]


async def test_a_batch_is_one_fact_for_each_session_and_may_be_sent_again(world: World) -> None:
    course = await a_course(world)
    children = [await course.seat(f"g{number}") for number in range(3)]
    one = course.past[0]
    batch = [course.mark(one), *(course.mark(one, child) for child in children)]
    assert verdicts(await course.send(*batch)) == ["applied"] * 4
    assert verdicts(await course.send(*batch)) == ["already_applied"] * 4
    [(kind, told)] = await course.facts(one)
    assert kind == "afterschool.session.attendance-recorded.v1"
    assert (told["present"], told["held"], len(told["changed"])) == (3, True, 4)
    assert {mark["person_id"] for mark in told["changed"]} == {course.teacher, *children}
    assert await counted(course, one) == (3, 0, 0, 0, 0)


async def test_the_same_batch_twice_at_once_counts_once(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    batch = [course.mark(course.past[0], child), course.mark(course.past[1], child)]
    both = await asyncio.gather(course.send(*batch), course.send(*batch))
    assert sorted(verdicts(both[0] + both[1])) == ["already_applied", "already_applied", "applied", "applied"]
    assert len(await course.facts(course.past[0])) == 1


async def test_a_total_falls_when_an_absence_is_corrected_away(world: World) -> None:
    """studentinsights PR 1890."""
    course = await a_course(world)
    child = await course.seat("g")
    one = course.past[0]
    await course.send(course.mark(one, child, "absent"))
    assert await counted(course, one) == (0, 1, 0, 0, 0)
    assert await course.days() == {}
    assert verdicts(await course.send(course.mark(one, child, "late", base_version=1))) == ["applied"]
    assert await counted(course, one) == (0, 0, 0, 1, 0)
    assert await course.days() == {child: 1}
    await course.send(course.mark(one, child, "not_taken", base_version=2))
    assert await counted(course, one) == (0, 0, 0, 0, 0), "not taken is neither present nor absent"
    assert await course.days() == {}


async def test_an_old_batch_after_a_correction_is_a_conflict(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    one = course.past[0]
    await course.send(course.mark(one, child, "absent"))
    await course.send(course.mark(one, child, "excused", base_version=1))
    old = course.mark(one, child, "present")
    for _ in range(2):
        [answer] = await course.send(old)
        assert (answer["verdict"], answer["code"]) == ("conflict", "newer-mark")
        assert answer["theirs"] == {"state": "excused", "version": 2}
        assert answer["message"]["zh"]
    assert await counted(course, one) == (0, 0, 1, 0, 0)
    agreeing = await course.send(course.mark(one, child, "excused"))
    assert verdicts(agreeing) == ["unchanged"]
    assert len(await course.facts(one)) == 2


async def test_an_unknown_code_is_refused_and_the_row_comes_back(world: World) -> None:
    """teamster #4193: an unmapped code vanished from the rate."""
    course = await a_course(world)
    first, second = await course.seat("g1"), await course.seat("g2")
    one = course.past[0]
    odd = course.mark(one, first, "缺")
    answers = await course.send(odd, course.mark(one, second))
    assert verdicts(answers) == ["attendance-code-unknown", "applied"]
    assert (answers[0]["verdict"], answers[0]["mark_id"]) == ("refused", odd["id"])
    assert odd["student_id"] in answers[0]["row"]
    assert answers[0]["message"]["en"].startswith("This is no attendance code")
    assert await counted(course, one) == (1, 0, 0, 0, 0)
    assert verdicts(await course.send({**odd, "state": "absent"})) == ["applied"], "the id stayed free"


async def test_a_malformed_element_refuses_no_other(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    nonsense = {"id": "x"}
    answers = await course.send(nonsense, course.mark(course.past[0], child))
    assert [answer["verdict"] for answer in answers] == ["refused", "applied"]
    assert answers[0]["row"] == '{"id": "x"}'


async def test_only_a_child_with_a_seat_at_this_school_is_marked(world: World) -> None:
    course = await a_course(world)
    child, other = await course.seat("g"), await world.child("other")
    one, soon = course.past[0], course.coming[0]
    unscheduled = {**course.mark(one, child), "number": 3}
    marks = [
        course.mark(one, other),
        course.mark(soon, child),
        unscheduled,
        course.mark(one, child, base_version=4),
        {**course.mark(one), "teacher_id": str(uuid4())},
    ]
    expected = ["no-seat", "session-in-future", "day-not-scheduled", "version-unknown", "not-the-teacher"]
    assert verdicts(await course.send(*marks)) == expected
    assert verdicts(await course.send(*marks)) == expected, "a verdict stays"
    stranger = await world.staff("140214").post("/v1/attendance", json={"marks": [course.mark(one, child)]})
    assert verdicts(stranger.json()["verdicts"]) == ["day-not-scheduled"], "another school learns nothing"
    assert await counted(course, one) == (0, 0, 0, 0, 0)


async def test_an_id_stands_for_one_mark(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    mark = course.mark(course.past[0], child)
    assert verdicts(await course.send(mark, {**mark, "state": "late"})) == ["applied", "mark-id-reused"]


async def test_a_transfer_after_the_session_keeps_its_attendance(world: World) -> None:
    """csm_web #407 and teamster #5504: the day counts once, where it was."""
    course = await a_course(world)
    child = await course.seat("g")
    one = course.past[0]
    await course.hold(one, child)
    elsewhere = await world.school_class(world.schools["140214"], 3)
    move = {"class_id": elsewhere, "valid_from": str(TODAY)}
    assert (await world.bureau.post(f"/v1/students/{child}/move", json=move)).status_code == 200
    assert await course.days() == {child: 1}
    assert verdicts(await course.send(course.mark(one, child, "late", base_version=1))) == ["applied"]
    assert await counted(course, one) == (0, 0, 0, 1, 0)
    async with world.service.sessions() as session:
        everywhere = await days_attended(session, first=LONG_AGO, last=TODAY, student_id=UUID(child))
        assert [(item.days, item.sessions) for item in everywhere] == [(1, 1)]
        [of_class] = await class_sessions(session, UUID(world.schools["140213"]), first=LONG_AGO, last=TODAY)
        assert (of_class.sessions, of_class.minutes, of_class.children) == (1, 120, 1)
        assert str(of_class.class_id) == world.classes[world.schools["140213"], 3], "the class of that day"
    moved_before = await course.send(course.mark(course.past[1], child))
    assert verdicts(moved_before) == ["applied"], "the membership of that day counts"


async def test_the_school_of_the_day_counts(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    one = course.past[0]
    async with world.service.sessions.begin() as session:
        await session.execute(
            text("UPDATE membership SET valid_to = :day WHERE student_id = :id"),
            {"day": datetime.fromisoformat(one["on"]).replace(tzinfo=UTC), "id": UUID(child)},
        )
    assert verdicts(await course.send(course.mark(one, child))) == ["not-at-school"], "`[from, to)`"


async def test_days_are_chinas_wherever_the_server_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """openSIS-Classic #103: at 07:30 in Datong it is still yesterday in Los Angeles."""
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        course = await a_course(world, periods=weekly(1, "07:30", "08:10"), care="early_care")
        child = await course.seat("g")
        one, following = course.past[1], course.past[0]
        at = datetime.fromisoformat(one["starts_at"])
        assert at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M") == f"{one['on']} 07:30"
        assert at.astimezone().strftime("%Y-%m-%d") < one["on"]
        with monkeypatch.context() as patch:
            patch.setattr(clock, "machine_time", lambda: at)
            answers = await course.send(course.mark(one, child), course.mark(following, child))
        assert verdicts(answers) == ["applied", "session-in-future"]
        taken = (await world.staff().get("/v1/attendance", params={"student": child})).json()["items"]
        assert [item["on"] for item in taken] == [one["on"]]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert os.environ.get("TZ") != "America/Los_Angeles"


async def test_a_substitute_is_marked_instead_of_the_teacher(world: World) -> None:
    course = await a_course(world)
    child, one = await course.seat("g"), course.past[0]
    free = await a_teacher(world)
    body = {"teacher_id": free, "reason": "病假"}
    assert (await world.staff().post(f"/v1/sessions/{one['id']}/substitution", json=body)).status_code == 200
    marks = [course.mark(one), {**course.mark(one), "teacher_id": free}, course.mark(one, child)]
    assert verdicts(await course.send(*marks)) == ["not-the-teacher", "applied", "applied"]
    refused = await world.staff().post(f"/v1/sessions/{one['id']}/substitution", json={**body, "teacher_id": None})
    assert refused.json()["code"] == "session-has-attendance"


async def test_sessions_delivered_by_outside_persons(world: World) -> None:
    """Paid is what the person from outside delivered, not what a substitute took or nobody taught."""
    outside, provider = str(uuid4()), str(uuid4())
    course = await a_course(world)
    async with world.service.sessions.begin() as session:
        await session.execute(
            text("UPDATE course_session SET provider_id = :provider, outside_person_id = :outside"),
            {"provider": UUID(provider), "outside": UUID(outside)},
        )
    child, free = await course.seat("g"), await a_teacher(world)
    delivered, absent, taken_over, untaken = course.past[:4]
    for one in (delivered, absent):
        await course.hold(one, child)
    person = {"teacher_id": outside}
    await course.send({**course.mark(delivered), **person}, {**course.mark(absent, state="absent"), **person})
    body = {"teacher_id": free, "reason": "病假"}
    assert (await world.staff().post(f"/v1/sessions/{taken_over['id']}/substitution", json=body)).status_code == 200
    await course.send({**course.mark(taken_over), "teacher_id": free}, course.mark(taken_over, child))
    await course.send(course.mark(untaken, child))
    async with world.service.sessions() as session:
        delivering = partial(sessions_delivered, session, first=LONG_AGO, last=TODAY)
        all_of_it = await delivering(offering_id=UUID(course.id))
        assert {(one.provider_id, one.sessions, one.minutes) for one in all_of_it} == {
            (UUID(provider), 1, 120),
            (None, 2, 240),
        }
        [of_provider] = await delivering(provider_id=UUID(provider))
        assert (of_provider.sessions, of_provider.outside_person_id) == (1, UUID(outside))
        assert await delivering(outside_person_id=UUID(outside)) == [of_provider]
        assert await delivering(outside_person_id=UUID(provider)) == []


async def test_guardians_see_their_own_children_and_no_teachers(world: World) -> None:
    course = await a_course(world)
    mine, other = await course.seat("mine"), await course.seat("other")
    await course.hold(course.past[0], mine, other)
    seen = (await world.guardian("mine").get("/v1/attendance")).json()["items"]
    assert [item["student_id"] for item in seen] == [mine]
    assert (await world.guardian("mine").get("/v1/attendance", params={"student": other})).json()["items"] == []
    staff = (await world.staff().get("/v1/attendance", params={"session": course.past[0]["id"]})).json()["items"]
    assert {item["student_id"] or item["teacher_id"] for item in staff} == {mine, other, course.teacher}
    assert (await world.staff("140214").get("/v1/attendance")).json()["items"] == []


async def test_a_year_without_a_calendar_generates_nothing(world: World) -> None:
    first = TODAY + timedelta(days=2000)
    await tell_calendar(world.service, name="later", starts_on=first, ends_on=first + timedelta(days=100))
    async with world.service.sessions.begin() as session:
        await session.execute(text("DELETE FROM calendar_year WHERE year = :year"), {"year": first.year})
    offering = await world.offering(term="later", periods=weekly())
    refused = await world.staff().post("/v1/sessions", json={"offering_id": offering["id"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "calendar-unknown")


async def test_a_mark_on_a_day_that_became_a_holiday(world: World) -> None:
    course = await a_course(world)
    child, one = await course.seat("g"), course.past[0]
    await correct(world, one["on"], "public_holiday")
    await course.generate()
    assert verdicts(await course.send(course.mark(one, child))) == ["session-cancelled"]
