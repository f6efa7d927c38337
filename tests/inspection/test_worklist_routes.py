"""`GET /v1/campaigns/{id}/worklist`: whose list, in which order, and what a closed door does to it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.inspection.field.targets.domain import Target
from services.inspection.rounds.visits.domain import Visit
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World

TODAY = china_date(utc_now())


async def launched(world: World, *, days: int = 30) -> str:
    for code, grid, district in (("t1", "g1", "140213"), ("t3", "g3", "140214")):
        team = {"code": code, "name": code, "district": district, "grids": [grid]}
        assert (await world.bureau.post("/v1/teams", json=team)).status_code == 201
    plan = {"name": "排查", "starts_on": str(TODAY), "ends_on": str(TODAY + timedelta(days=days))}
    campaign = (await world.bureau.post("/v1/campaigns", json=plan)).json()["id"]
    assert (await world.bureau.post(f"/v1/campaigns/{campaign}/launch")).status_code == 200
    return f"/v1/campaigns/{campaign}"


async def listed(client: Any, path: str, **query: Any) -> Any:
    answer = await client.get(f"{path}/worklist", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_team_has_its_day(world: World) -> None:
    near = await world.institution("g1", name="近", lon=113.01, lat=40.0)
    far = await world.institution("g1", name="远", lon=113.05, lat=40.0, last_visited_on=TODAY)
    lost = await world.institution("g1", name="无坐标")
    await world.institution("g3", lon=113.02, lat=40.0)
    path = await launched(world)
    inspector = world.inspector("t1")
    day = await listed(inspector, path, lon=113.0, lat=40.0)
    assert [stop["institution_id"] for stop in day["stops"]] == [str(near), str(far), str(lost)]
    assert [stop["metres"] and round(stop["metres"]) for stop in day["stops"]] == [852, 3407, None]
    assert (day["open_total"], day["without_coordinates"], day["left_for_later"]) == (3, 1, 0)
    breach = {"institution_id": str(far), "severity": "high", "description": "无证"}
    await world.bureau.post("/v1/violations", json=breach)
    risky = await listed(inspector, path, order="risk", limit=2)
    assert [stop["institution_id"] for stop in risky["stops"]] == [str(far), str(near)]
    assert risky["stops"][0]["risk"] == {
        "points": 5,
        "risk_class": "high",
        "reasons": [{"code": "open_violations_high", "number": 1, "points": 5}],
    }
    assert (risky["stops"][1]["risk"]["reasons"][0]["code"], risky["left_for_later"]) == ("never_visited", 1)


async def test_a_closed_door_waits_for_another_day(world: World) -> None:
    shut = await world.institution("g1", lon=113.01, lat=40.0)
    await world.institution("g1", lon=113.05, lat=40.0)
    path = await launched(world)
    inspector = world.inspector("t1")
    plan = {"institution_id": str(shut), "campaign_id": path.rsplit("/", 1)[1]}
    visit = (await inspector.post("/v1/visits", json=plan)).json()["id"]
    await inspector.post(f"/v1/visits/{visit}/start")
    await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "closed_door"})
    last = (await listed(inspector, path, lon=113.0, lat=40.0))["stops"][-1]
    assert (last["institution_id"], last["attempts"], last["due"]) == (str(shut), 1, False)
    again = date.fromisoformat(last["retry"]["day"])
    assert again == TODAY + timedelta(days=2)
    first = (await listed(inspector, path, lon=113.0, lat=40.0, on=str(again)))["stops"][0]
    assert (first["institution_id"], first["due"]) == (str(shut), True)
    async with world.sessions() as session:
        assert (await session.get_one(Target, shut)).visits == 0


async def test_a_closed_door_is_owed_on_the_day_of_its_next_try(world: World) -> None:
    """What is owed, found in the database, is what the list plans."""
    tries = {
        await world.institution("g1"): days
        for days in ((0,), (0, -5), (0, -5, -4), tuple(range(-6, 1)), (3,), (-20,), (-2, -14))
    }
    path = await launched(world, days=3)
    inspector = world.inspector("t1")
    for institution, days in tries.items():
        plan = {"institution_id": str(institution), "campaign_id": path.rsplit("/", 1)[1]}
        visit = (await inspector.post("/v1/visits", json=plan)).json()["id"]
        await inspector.post(f"/v1/visits/{visit}/start")
        await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "closed_door"})
        async with world.sessions.begin() as session:
            first = await session.get_one(Visit, UUID(visit))
            said = {column.key: getattr(first, column.key) for column in Visit.__table__.columns}
            first.started_at = utc_now() + timedelta(days=days[0])
            for day in days[1:]:
                session.add(Visit(**said | {"id": new_id(), "started_at": utc_now() + timedelta(days=day)}))
    planned = {stop["target_id"]: stop["retry"]["day"] for stop in (await listed(inspector, path))["stops"]}
    duties = (await inspector.get("/v1/duties", params={"step": "retry"})).json()["items"]
    assert {duty["subject_id"]: duty["due_on"] for duty in duties} == planned
    assert sorted(set(planned.values())) == sorted(str(TODAY + timedelta(days=days)) for days in (-18, 1, 2, 3, 5))


async def test_whose_list_it_is(world: World) -> None:
    await world.institution("g1")
    path = await launched(world)
    cases: list[tuple[Any, dict[str, Any], int, str]] = [
        (world.bureau, {}, 422, "worklist-team-missing"),
        (world.bureau, {"team": "t9"}, 404, "team-not-found"),
        (world.inspector("t1"), {"team": "t3"}, 404, "team-not-found"),
        (world.officer("140213"), {"team": "t3"}, 404, "team-not-found"),
        (world.officer("140213"), {"team": "t1", "lon": 113}, 422, "start-incomplete"),
    ]
    for client, query, status, code in cases:
        refused = await client.get(f"{path}/worklist", params=query)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await listed(world.officer("140214"), path, team="t3"))["stops"] == []
