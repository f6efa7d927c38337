"""Everybody at once: nothing is sold twice, nobody waits beside a free place, and the line keeps its order."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from tests.afterschool.conftest import World


async def test_sixty_ask_for_twenty_places_then_ten_leave(world: World) -> None:
    offering = (await world.offering(20))["id"]
    asked = sorted(await world.ask_at_once(offering, 60), key=lambda one: one["ticket"])
    assert [one["ticket"] for one in asked] == list(range(1, 61))
    assert [one["state"] for one in asked] == ["enrolled"] * 20 + ["waiting"] * 40
    assert [one["position"] for one in asked[20:]] == list(range(1, 41))
    assert await world.queue(offering) == [one["id"] for one in asked[20:]]

    leaving = random.Random(7).sample(asked[:20], 10)
    gone = await asyncio.gather(*(withdraw(world, one) for one in leaving))
    assert gone == [200] * 10
    state = await world.state(offering)
    assert (state["enrolled"], state["waiting"]) == (20, 30)
    assert await world.queue(offering) == [one["id"] for one in asked[30:]], "the first ten of the line were promoted"
    for one in asked[20:30]:
        assert [kind.split(".")[2] for kind, _ in await world.facts(one["id"])] == ["waitlisted", "promoted"]
    await world.check_invariants()


async def test_two_hundred_for_three_offerings_and_the_same_child_twice(world: World) -> None:
    """The same child asks for the same course many times at once and is counted once."""
    offerings = [(await world.offering(15))["id"] for _ in range(3)]
    students = {f"parent-{number}": await world.child(f"parent-{number}") for number in range(25)}
    guardians = {student: guardian for guardian, student in students.items()}
    bodies = [{"offering_id": offering, "student_id": student} for offering in offerings for student in guardians]
    random.Random(3).shuffle(bodies)
    answers = await asyncio.gather(
        *(world.guardian(guardians[body["student_id"]]).post("/v1/enrolments", json=body) for body in bodies * 3)
    )
    said = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert said == {(201, None): 75, (409, "already-enrolled"): 150}
    for offering in offerings:
        state = await world.state(offering)
        assert (state["enrolled"], state["waiting"]) == (15, 10)
    await world.check_invariants()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_is_interleaved_the_promises_hold(world: World, seed: int) -> None:
    dice = random.Random(seed)
    offering = (await world.offering(5))["id"]
    asked: list[dict[str, Any]] = []

    async def enrol() -> None:
        asked.append(await world.ask(offering, f"guardian-{dice.random()}", key=dice.random() < 0.5))

    async def leave() -> None:
        if asked:
            assert await withdraw(world, dice.choice(asked)) in (200, 409)

    async def resize() -> None:
        version = (await world.state(offering))["version"]
        answer = await world.bureau.patch(
            f"/v1/offerings/{offering}", json={"capacity": dice.randrange(12)}, headers={"if-match": f'"{version}"'}
        )
        assert answer.status_code in (200, 409, 412)

    for _ in range(12):
        acts = [dice.choice([enrol, enrol, leave, resize]) for _ in range(10)]
        await asyncio.gather(*(act() for act in acts))
        await world.check_invariants()
    queue = await world.queue(offering)
    tickets = {one["id"]: one["ticket"] for one in asked}
    assert queue == sorted(queue, key=lambda enrolment: tickets[enrolment])


async def withdraw(world: World, enrolment: dict[str, Any]) -> int:
    answer = await world.guardian(enrolment["guardian"]).post(f"/v1/enrolments/{enrolment['id']}/withdrawal")
    return answer.status_code
