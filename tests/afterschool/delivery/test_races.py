"""Two at once: exactly one of what excludes the other happens."""

import asyncio
import os

from tests.afterschool.conftest import World
from tests.afterschool.delivery.course import a_course, a_teacher, weekly
from tests.afterschool.delivery.test_session_routes import correct

ROUNDS = int(os.environ.get("RACE_ROUNDS", "5"))


async def test_a_mark_and_a_cancellation(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    for one in course.past[:ROUNDS]:
        cancelling = world.staff().post(f"/v1/sessions/{one['id']}/cancellation", json={"reason": "停电"})
        [answer], cancelled = await asyncio.gather(course.send(course.mark(one, child)), cancelling)
        assert (answer["verdict"] == "applied") != (cancelled.status_code == 200)
        now = (await world.staff().get(f"/v1/sessions/{one['id']}")).json()
        assert (now["state"] == "cancelled") == (now["taken_at"] is None)
        assert len(await course.facts(one)) == 1


async def test_a_mark_and_a_corrected_calendar(world: World) -> None:
    course = await a_course(world)
    child = await course.seat("g")
    for one in course.past[:ROUNDS]:
        await correct(world, one["on"], "public_holiday")
        generating = world.staff().post("/v1/sessions", json={"offering_id": course.id})
        [answer], generated = await asyncio.gather(course.send(course.mark(one, child)), generating)
        cancelled = [ref["id"] for ref in generated.json()["cancelled"]]
        kept = [ref["id"] for ref in generated.json()["kept"]]
        assert (answer["verdict"] == "applied") == (one["id"] not in cancelled)
        assert (one["id"] in kept) != (one["id"] in cancelled)


async def test_one_teacher_for_two_sessions_at_once(world: World) -> None:
    first, second = await a_course(world), await a_course(world, periods=weekly(), room="B")
    free = await a_teacher(world)
    body = {"teacher_id": free, "reason": "病假"}
    for one, other in list(zip(first.coming, second.coming, strict=True))[:ROUNDS]:
        answers = await asyncio.gather(
            *(world.staff().post(f"/v1/sessions/{each['id']}/substitution", json=body) for each in (one, other))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_two_generations_at_once(world: World) -> None:
    offering = await world.offering(periods=weekly())
    body = {"offering_id": offering["id"]}
    answers = await asyncio.gather(*(world.staff().post("/v1/sessions", json=body) for _ in range(4)))
    planned = sorted(answer.json()["planned"] for answer in answers)
    assert planned[:3] == [0, 0, 0]
    assert planned[3] > 50
