"""Two at once: whatever the order, exactly one wins, and the counters are true.

`RACES` rounds each; `make test-all` plays 200.
"""

import asyncio
import os
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import httpx

from services.afterschool.placement.waitlists import usecases
from services.afterschool.roster.students.domain import Group
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World

ROUNDS = int(os.environ.get("RACES", "4"))


async def at_once(*requests: Awaitable[httpx.Response]) -> list[tuple[int, Any]]:
    answers = await asyncio.gather(*requests)
    return [(answer.status_code, answer.json().get("code") or answer.json().get("state")) for answer in answers]


async def ask(world: World, offering: str, guardian: str, *, by: str | None = None) -> httpx.Response:
    body = {"offering_id": offering, "student_id": world.children[guardian], "accepts_promotion": True}
    return await world.guardian(by or guardian).post("/v1/enrolments", json=body)


async def withdraw(world: World, enrolment: dict[str, Any]) -> httpx.Response:
    return await world.guardian(enrolment["guardian"]).post(f"/v1/enrolments/{enrolment['id']}/withdrawal")


async def children(world: World, *guardians: str) -> None:
    for guardian in guardians:
        await world.child(guardian)


async def test_the_last_seat_goes_to_one(world: World) -> None:
    """ESP-Website #5224: 29 of 30 are taken and two ask."""
    await children(world, "a", "b", "c")
    for _ in range(ROUNDS):
        offering = (await world.offering(2))["id"]
        await world.ask(offering, "c")
        assert sorted(await at_once(ask(world, offering, "a"), ask(world, offering, "b"))) == [
            (201, "enrolled"), (201, "waiting"),
        ]  # fmt: skip
    await world.check_invariants()


async def test_a_double_submit_counts_once(world: World) -> None:
    await children(world, "a")
    for _ in range(ROUNDS):
        offering = (await world.offering(5))["id"]
        assert sorted(await at_once(*(ask(world, offering, "a") for _ in range(3)))) == [
            (201, "enrolled"), (409, "already-enrolled"), (409, "already-enrolled"),
        ]  # fmt: skip
    await world.check_invariants()


async def test_two_guardians_of_a_child_get_one_seat(world: World) -> None:
    student = await world.child("a")
    details = {"student_id": student, "relation": "father", "valid_from": str(china_date(utc_now()))}
    entered = (await world.staff().post("/v1/guardianships", json=details)).json()
    code = (await world.staff().post(f"/v1/guardianships/{entered['id']}/code")).json()["code"]
    assert (await world.guardian("father").post("/v1/guardianships/proof", json={"code": code})).status_code == 200
    for _ in range(ROUNDS):
        offering = (await world.offering(5))["id"]
        found = await at_once(ask(world, offering, "a"), ask(world, offering, "a", by="father"))
        assert sorted(found) == [(201, "enrolled"), (409, "already-enrolled")]
    await world.check_invariants()


async def test_one_child_takes_one_of_two_courses_at_the_same_time(world: World) -> None:
    await children(world, "a")
    for number in range(ROUNDS):
        monday = {"weekday": number % 5 + 1, "number": number // 5 + 1, "starts_at": "16:30", "ends_at": "17:30"}
        monday |= {"starts_at": f"{6 + number // 5 % 12:02}:00", "ends_at": f"{6 + number // 5 % 12:02}:40"}
        monday["number"] = number // 5 % 12 + 1
        first, second = [(await world.offering(5, periods=[monday]))["id"] for _ in range(2)]
        found = await at_once(ask(world, first, "a"), ask(world, second, "a"))
        assert sorted(found) == [(201, "enrolled"), (409, "child-busy")]
        [seat] = [
            one
            for one in (await world.guardian("a").get("/v1/enrolments", params={"state": "enrolled"})).json()["items"]
            if one["offering_id"] in (first, second)
        ]
        assert (await withdraw(world, seat | {"guardian": "a"})).status_code == 200
    await world.check_invariants()


async def test_who_withdraws_while_being_promoted_is_not_counted_twice(world: World) -> None:
    await children(world, "a", "b", "c")
    for _ in range(ROUNDS):
        offering = (await world.offering(1))["id"]
        seated, first, second = [await world.ask(offering, guardian) for guardian in ("a", "b", "c")]
        assert [status for status, _ in await at_once(withdraw(world, seated), withdraw(world, first))] == [200, 200]
        held = await world.state(offering)
        assert (held["enrolled"], held["waiting"]) == (1, 0)
        assert (await world.bureau.get(f"/v1/enrolments/{second['id']}")).json()["state"] == "enrolled"
    await world.check_invariants()


async def test_a_raise_and_a_withdrawal_promote_each_child_once(world: World) -> None:
    """Eventra #5698: promotion by hand and by itself at the same time."""
    await children(world, "a", "b", "c", "d")
    for _ in range(ROUNDS):
        offering = await world.offering(1)
        seated, *_ = [await world.ask(offering["id"], guardian) for guardian in ("a", "b", "c", "d")]
        raising = world.staff().patch(
            f"/v1/offerings/{offering['id']}", json={"capacity": 2, "reason": "教室"}, headers={"if-match": '"1"'}
        )
        answers = await asyncio.gather(withdraw(world, seated), raising)
        assert [answer.status_code for answer in answers] == [200, 200]
        held = await world.state(offering["id"])
        assert (held["capacity"], held["enrolled"], held["waiting"]) == (2, 2, 1)
    await world.check_invariants()


async def test_a_released_reserve_and_a_request_share_no_seat(world: World) -> None:
    await children(world, "a", "b")
    for _ in range(ROUNDS):
        offering = (await world.offering(1, pools=[{"group": "hardship", "size": 1}]))["id"]
        waiting = await world.ask(offering, "a")
        assert waiting["state"] == "waiting", "the only seat is reserved"
        url = f"/v1/offerings/{offering}/reserves/{Group.HARDSHIP}/release"
        released, asked = await asyncio.gather(world.staff().post(url), ask(world, offering, "b"))
        assert (released.json(), asked.json()["state"]) == ({"seats": 1}, "waiting")
        assert (await world.bureau.get(f"/v1/enrolments/{waiting['id']}")).json()["state"] == "enrolled"
    await world.check_invariants()


async def test_a_transfer_while_enrolment_closes_leaves_no_seat_behind(world: World) -> None:
    """The child leaves for another school while its seat is being given to the next one."""
    elsewhere = await world.school_class(world.schools["140214"], 3)
    await children(world, "next")
    today = str(china_date(utc_now()))
    for number in range(ROUNDS):
        student = await world.child(f"moving-{number}")
        offering = (await world.offering(1))["id"]
        await world.ask(offering, f"moving-{number}")
        waiting = await world.ask(offering, "next")
        move = {"class_id": elsewhere, "valid_from": today}
        moved, closed = await asyncio.gather(
            world.bureau.post(f"/v1/students/{student}/move", json=move),
            world.staff().patch(
                f"/v1/offerings/{offering}", json={"closes_at": utc_now().isoformat()}, headers={"if-match": '"1"'}
            ),
        )
        assert (moved.status_code, closed.status_code) == (200, 200), (moved.text, closed.text)
        held = await world.state(offering)
        given = (await world.bureau.get(f"/v1/enrolments/{waiting['id']}")).json()["state"]
        assert (held["enrolled"], given) in [(1, "enrolled"), (0, "waiting")], "never both, never neither"
    await world.check_invariants()


async def test_an_offer_is_answered_once(world: World) -> None:
    """Accepted, declined and expired at the same moment."""
    await children(world, "a", "b", "c")
    for _ in range(ROUNDS):
        offering = (await world.offering(1))["id"]
        seated = await world.ask(offering, "a")
        offered = await world.ask(offering, "b", accepts=False)
        await world.ask(offering, "c")
        await withdraw(world, seated)
        url = f"/v1/enrolments/{offered['id']}"
        assert (await world.bureau.get(url)).json()["state"] == "offered"

        async def expire(enrolment: str = offered["id"]) -> None:
            async with world.service.sessions.begin() as session:
                await usecases.expire_offer(session, UUID(enrolment), at=utc_now())

        accepted, declined, _ = await asyncio.gather(
            world.guardian("b").post(f"{url}/acceptance"), world.guardian("b").post(f"{url}/refusal"), expire()
        )
        state = (await world.bureau.get(url)).json()
        held = await world.state(offering)
        assert (held["enrolled"], held["offered"]) == (1, 0)
        assert state["state"] == "ended" or (accepted.status_code, declined.status_code) == (200, 409)
    await world.check_invariants()
