"""`/v1/allocations` and `/v1/preferences`: from the promise to seats, reasons, and a file to draw again."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from deploy.verify.allocation import differences
from services.afterschool.placement.allocations.drawer import Drawer
from shared.data.database import open_engine
from shared.domain.clock import utc_now
from tests.afterschool.conftest import World

MONDAY = {"weekday": 1, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}
TUESDAY = {"weekday": 2, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}


async def opened(world: World, **more: Any) -> dict[str, Any]:
    now = utc_now()
    body = {
        "name": "秋季选课",
        "term": "2026-autumn",
        "opens_at": (now - timedelta(days=1)).isoformat(),
        "closes_at": (now + timedelta(days=1)).isoformat(),
        "public_source": "福利彩票双色球第2026137期",
        "school_id": world.schools["140213"],
        **more,
    }
    answer = await world.staff().post("/v1/allocations", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def rank(world: World, allocation: str, guardian: str, *choices: str) -> Any:
    body = {"allocation_id": allocation, "student_id": await world.child(guardian), "choices": list(choices)}
    return await world.guardian(guardian).put("/v1/preferences", json=body)


async def close(world: World, allocation: str) -> None:
    """The time for choices is over."""
    async with world.service.sessions.begin() as session:
        await session.execute(
            text("UPDATE allocation SET closes_at = :at WHERE id = :id"), {"at": utc_now(), "id": allocation}
        )


async def drawn(world: World, allocation: str) -> None:
    """Close it, enter the public value, and let the worker draw."""
    await close(world, allocation)
    url = f"/v1/allocations/{allocation}/draw"
    answer = await world.staff().post(url, json={"public_value": "03 07 11 19 24 30 + 08"})
    assert (answer.status_code, answer.json()["state"]) == (202, "drawing"), answer.text
    settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        drawer = Drawer(settings, engine, world.service.sessions)
        assert await drawer.look()
        assert not await drawer.look()
    finally:
        await engine.dispose()


async def test_families_rank_and_everybody_can_draw_again(world: World, tmp_path: Path) -> None:
    wanted = await world.offering(2, mode="allocation", periods=[MONDAY], pools=[{"group": "hardship", "size": 1}])
    other = await world.offering(2, mode="allocation", periods=[MONDAY])
    tuesday = await world.offering(9, mode="allocation", periods=[TUESDAY])
    allocation = await opened(world)
    assert (allocation["state"], allocation["secret"]) == ("open", None)
    for number in range(5):
        await world.child(f"g{number}", group="hardship" if number == 4 else None)
        answer = await rank(world, allocation["id"], f"g{number}", wanted["id"], other["id"])
        assert answer.status_code == 200, answer.text
        assert (await rank(world, allocation["id"], f"g{number}", tuesday["id"])).status_code == 200
    await drawn(world, allocation["id"])

    state = (await world.guardian().get(f"/v1/allocations/{allocation['id']}")).json()
    assert (state["state"], len(state["secret"])) == ("drawn", 64)
    held = {offering["id"]: (await world.state(offering["id"])) for offering in (wanted, other, tuesday)}
    assert [(one["enrolled"], one["mode"]) for one in held.values()] == [(2, "rush"), (2, "rush"), (5, "rush")]
    await world.check_invariants()
    seats = {}
    for number in range(5):
        child = world.children[f"g{number}"]
        url = f"/v1/allocations/{allocation['id']}/explanations"
        told = (await world.guardian(f"g{number}").get(url, params={"student": child})).json()["items"]
        monday = next(one for one in told if one["choices"][0]["offering_id"] == wanted["id"])
        seats[number] = monday["offering_id"]
        for choice in monday["choices"]:
            assert choice["reason"] in {"admitted", "refused", "placed_higher"}
            if choice["reason"] == "refused":
                assert choice["last_general"] is not None
        mine = (await world.guardian(f"g{number}").get("/v1/enrolments")).json()["items"]
        assert {one["offering_id"] for one in mine} == {tuesday["id"], *([seats[number]] if seats[number] else [])}
    assert seats[4] == wanted["id"], "the reserved seat goes to the child for whom it is reserved"
    assert sorted(map(bool, seats.values())) == [False, True, True, True, True]

    markets = (await world.bureau.get(f"/v1/allocations/{allocation['id']}/markets")).json()["items"]
    for market in markets:
        url = f"/v1/allocations/{allocation['id']}/publication"
        file = (await world.guardian().get(url, params={"market": market["name"]})).json()
        assert list(differences(file)) == []
        assert not any(child in json.dumps(file) for child in world.children.values()), "pseudonyms of this draw"
    loser = next(number for number, seat in seats.items() if seat is None)
    async with world.service.sessions() as session:
        credit = await session.scalar(
            text("SELECT credit FROM student WHERE id = :id"), {"id": world.children[f"g{loser}"]}
        )
    assert credit == 0, "this child has a seat on Tuesday"
    facts = await world.facts(allocation["id"])
    assert [kind.split(".")[2] for kind, _ in facts] == ["opened", "closed", "drawn"]
    assert [facts[-1][1][name] for name in ("markets", "children", "seats")] == [2, 5, 9]


async def test_who_gets_nothing_gains_a_credit_and_a_first_choice_with_a_seat_is_placed(world: World) -> None:
    small = await world.offering(1, mode="allocation", periods=[MONDAY])
    large = await world.offering(9, mode="allocation", periods=[TUESDAY])
    allocation = await opened(world)
    for guardian in ("a", "b"):
        assert (await rank(world, allocation["id"], guardian, small["id"])).status_code == 200
    assert (await rank(world, allocation["id"], "c", large["id"])).status_code == 200
    await drawn(world, allocation["id"])
    async with world.service.sessions() as session:
        assert (await session.scalars(text("SELECT credit FROM student ORDER BY credit"))).all() == [0, 0, 1]
    assert (await world.state(large["id"]))["enrolled"] == 1
    left = await world.request(large["id"], "a")
    assert left.status_code == 201, "leftover seats go on, first come, first served"


async def test_choices_that_cannot_be_ranked_are_refused(world: World) -> None:
    monday = [await world.offering(2, mode="allocation", periods=[MONDAY]) for _ in range(2)]
    tuesday = await world.offering(2, mode="allocation", periods=[TUESDAY])
    rushed = await world.offering(2, periods=[MONDAY])
    young = await world.offering(2, mode="allocation", periods=[MONDAY], grades=[1])
    elsewhere = await world.offering(2, "140214", mode="allocation", periods=[MONDAY])
    allocation = await opened(world)
    for choices, reason in [
        ([monday[0], monday[0]], "unknown-or-repeated"),
        ([monday[0], tuesday], "different-slots"),
        ([rushed], "not-allocated"),
        ([young], "grade-not-admitted"),
        ([elsewhere], "other-school-or-term"),
    ]:
        refused = await rank(world, allocation["id"], "g", *(one["id"] for one in choices))
        assert (refused.status_code, refused.json()["code"]) == (422, "choices-malformed")
        assert refused.json()["facts"]["reason"] == reason
    body = {"allocation_id": allocation["id"], "student_id": world.children["g"], "choices": [monday[0]["id"]]}
    stranger = await world.guardian("stranger").put("/v1/preferences", json=body)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "student-not-found")
    early = await world.staff().post(f"/v1/allocations/{allocation['id']}/draw", json={"public_value": "1"})
    assert (early.status_code, early.json()["code"]) == (409, "preferences-still-open")
    await close(world, allocation["id"])
    late = await rank(world, allocation["id"], "g", monday[0]["id"])
    assert (late.status_code, late.json()["code"]) == (409, "preferences-closed")


async def test_the_newest_list_counts_and_a_list_can_be_withdrawn(world: World) -> None:
    first, second = [await world.offering(2, mode="allocation", periods=[MONDAY]) for _ in range(2)]
    allocation = await opened(world)
    await rank(world, allocation["id"], "g", first["id"])
    newest = (await rank(world, allocation["id"], "g", second["id"], first["id"])).json()
    params = {"allocation": allocation["id"], "student": world.children["g"]}
    listed = (await world.guardian("g").get("/v1/preferences", params=params)).json()["items"]
    assert [one["choices"] for one in listed] == [[second["id"], first["id"]]]
    assert (await world.guardian("x").get("/v1/preferences", params=params)).status_code == 404
    body = {"allocation_id": allocation["id"], "student_id": world.children["g"], "slots": newest["slots"]}
    left = await world.guardian("g").post("/v1/preferences/withdrawal", json=body)
    assert (left.status_code, left.json()) == (200, {"items": []})
    await drawn(world, allocation["id"])
    assert (await world.state(second["id"]))["enrolled"] == 0
