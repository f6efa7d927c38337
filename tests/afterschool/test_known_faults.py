"""What failed in other systems, each with the right behaviour here. The rest stands beside what it is about."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from services.afterschool.placement.waitlists.clerk import Clerk
from shared.data.database import open_engine
from shared.domain.clock import utc_now
from tests.afterschool.conftest import World

MONDAY = {"weekday": 1, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}
TUESDAY = {"weekday": 2, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}


async def state(world: World, enrolment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await world.bureau.get(f"/v1/enrolments/{enrolment['id']}")).json()
    return found


async def give_back(world: World, enrolment: dict[str, Any]) -> None:
    url = f"/v1/enrolments/{enrolment['id']}/withdrawal"
    assert (await world.guardian(enrolment["guardian"]).post(url)).status_code == 200


async def test_a_course_of_two_periods_needs_both(world: World) -> None:
    """ESP #14: the child holds one of them."""
    held = await world.offering(5, periods=[TUESDAY])
    both = await world.offering(5, periods=[MONDAY, TUESDAY])
    await world.ask(held["id"], "a")
    refused = await world.request(both["id"], "a")
    assert (refused.status_code, refused.json()["code"]) == (409, "child-busy")


async def test_a_seat_freed_after_the_close_is_offered_to_nobody(world: World) -> None:
    """pretix #681."""
    offering = await world.offering(1)
    seated, waiting = await world.ask(offering["id"], "a"), await world.ask(offering["id"], "b", accepts=False)
    over = {"closes_at": utc_now().isoformat()}
    await world.staff().patch(f"/v1/offerings/{offering['id']}", json=over, headers={"if-match": '"1"'})
    await give_back(world, seated)
    assert (await state(world, waiting))["state"] == "waiting"
    await world.check_invariants()


async def test_who_was_promoted_and_leaves_does_not_stay_first(world: World) -> None:
    """pretix #1163."""
    offering = await world.offering(1)
    first, second, third = [await world.ask(offering["id"], guardian) for guardian in "abc"]
    await give_back(world, first)
    await give_back(world, second)
    assert (await state(world, third))["state"] == "enrolled"
    again = await world.ask(offering["id"], "b")
    assert (again["state"], again["position"]) == ("waiting", 1)


async def test_a_head_of_the_queue_who_is_busy_is_passed_over_with_its_reason(world: World) -> None:
    """Eventra #11892; and when its other course is given back, it waits with its old ticket."""
    offering, other = await world.offering(1, periods=[MONDAY]), await world.offering(5, periods=[MONDAY])
    seated, head, second = [await world.ask(offering["id"], guardian) for guardian in "abc"]
    busy = await world.ask(other["id"], "b")
    await give_back(world, seated)
    passed = await state(world, head)
    assert (passed["state"], passed["passed_for"]) == ("passed", "child-busy")
    assert (await state(world, second))["state"] == "enrolled"
    await give_back(world, busy | {"guardian": "b"})
    waits = await state(world, head)
    assert (waits["state"], waits["passed_for"], waits["position"]) == ("waiting", None, 1)
    await give_back(world, second)
    assert (await state(world, head))["state"] == "enrolled"
    await world.check_invariants()


async def test_a_free_seat_is_given_at_once(world: World) -> None:
    """moodle-mod_booking #809: 11 of 12 are taken, and the next one is enrolled."""
    offering = await world.offering(12)
    await world.enrol(offering["id"], 11)
    assert (await world.ask(offering["id"], "next"))["state"] == "enrolled"


async def test_staff_do_not_add_to_a_full_course(world: World) -> None:
    """hitobito #1957: a full course stays full; its capacity is raised with a reason."""
    offering = await world.offering(1)
    await world.ask(offering["id"], "a")
    body = {"offering_id": offering["id"], "student_id": await world.child("b"), "accepts_promotion": True}
    asked = (await world.staff().post("/v1/enrolments", json=body)).json()
    assert asked["state"] == "waiting"
    raised = {"capacity": 2, "reason": "换大教室"}
    await world.staff().patch(f"/v1/offerings/{offering['id']}", json=raised, headers={"if-match": '"1"'})
    assert (await state(world, asked))["state"] == "enrolled"


async def test_an_offer_that_expires_goes_to_the_next_child(world: World) -> None:
    offering = await world.offering(1, offer_hours=1)
    seated = await world.ask(offering["id"], "a")
    slow, next_one = [await world.ask(offering["id"], guardian, accepts=False) for guardian in "bc"]
    await give_back(world, seated)
    offered = await state(world, slow)
    assert offered["state"] == "offered"
    async with world.service.sessions.begin() as session:
        past = text("UPDATE enrolment SET expires_at = :at WHERE state = 'offered'")
        await session.execute(past, {"at": utc_now() - timedelta(seconds=1)})
    late = await world.guardian("b").post(f"/v1/enrolments/{slow['id']}/acceptance")
    assert (late.status_code, late.json()["code"]) == (409, "no-offer")
    settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        clerk = Clerk(settings, engine, world.service.sessions)
        assert await clerk.look()
        assert not await clerk.look()
    finally:
        await engine.dispose()
    ended = await state(world, slow)
    assert (ended["state"], ended["ending"], (await state(world, next_one))["state"]) == ("ended", "expired", "offered")
    await world.check_invariants()


async def test_a_reserve_is_released_when_its_time_has_come(world: World) -> None:
    soon = {"group": "hardship", "size": 1, "release_at": (utc_now() + timedelta(hours=1)).isoformat()}
    offering = await world.offering(1, pools=[soon])
    waiting = await world.ask(offering["id"], "a")
    assert waiting["state"] == "waiting"
    settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        clerk = Clerk(settings, engine, world.service.sessions)
        assert not await clerk.look()
        async with world.service.sessions.begin() as session:
            due = text("UPDATE seat_pool SET release_at = :at WHERE release_at IS NOT NULL")
            await session.execute(due, {"at": utc_now()})
        assert await clerk.look()
    finally:
        await engine.dispose()
    assert (await state(world, waiting))["state"] == "enrolled"
    entitled = await world.child("entitled", group="hardship")
    assert entitled
    assert (await world.ask(offering["id"], "entitled"))["state"] == "waiting", "nothing is reserved any more"
    await world.check_invariants()


async def test_a_reserved_seat_goes_to_its_group(world: World) -> None:
    offering = await world.offering(2, pools=[{"group": "hardship", "size": 1}])
    await world.child("hard", group="hardship")
    first, second = await world.ask(offering["id"], "a"), await world.ask(offering["id"], "b")
    hard = await world.ask(offering["id"], "hard")
    assert [one["state"] for one in (first, second, hard)] == ["enrolled", "waiting", "enrolled"]
    assert (hard["reserve"], hard["pool"]) == ("hardship", "hardship")
    await world.check_invariants()
