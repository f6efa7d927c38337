"""`/v1/rechecks`: drawn by the seed, looked at by others, and what it says of a team."""

from typing import Any

from services.inspection.oversight.rechecks import queries
from tests.inspection.conftest import World

DAYS = {"first_day": "2026-01-01", "last_day": "2999-12-31", "team": "t1"}
BREACH = {"severity": "high", "description": "无证"}


async def visited(world: World, number: int) -> list[str]:
    for code, grid, district in (("t1", "g1", "140213"), ("t2", "g2", "140213"), ("t3", "g3", "140214")):
        team = {"code": code, "name": code, "district": district, "grids": [grid]}
        assert (await world.bureau.post("/v1/teams", json=team)).status_code == 201
    inspector, visits = world.inspector("t1"), []
    for _ in range(number):
        plan = {"institution_id": str(await world.institution("g1"))}
        visits.append((await inspector.post("/v1/visits", json=plan)).json()["id"])
        await inspector.post(f"/v1/visits/{visits[-1]}/start")
        await inspector.post(f"/v1/visits/{visits[-1]}/submission", json={"outcome": "inspected"})
    return visits


async def test_a_second_look(world: World) -> None:
    visits = await visited(world, 4)
    officer, stranger = world.officer("140213"), world.officer("140214")
    made = await officer.post("/v1/rechecks", json=DAYS | {"share_bp": 5000, "by_team": "t2"})
    assert (made.status_code, made.json()["drawn_total"]) == (201, 2)
    assert sorted(made.json()["population"]) == sorted(visits)
    assert (await stranger.get(made.headers["location"])).status_code == 404
    assert (await officer.get(made.headers["location"])).json() == made.json()
    looker = world.inspector("t2")
    first, second = (await looker.get("/v1/rechecks", params={"round": made.json()["id"]})).json()["items"]
    assert (await world.inspector("t1").get("/v1/rechecks")).json()["items"] == []
    assert (await world.inspector("t1").get(f"/v1/rechecks/{first['id']}")).status_code == 404
    agreed = await looker.post(f"/v1/rechecks/{first['id']}/result", json={"outcome": "inspected"})
    assert (agreed.json()["agrees"], agreed.json()["differences"]) == (True, [])
    differing = {"outcome": "inspected", "missed_violations": [BREACH], "note": "当日已在营业"}
    differs = await looker.post(f"/v1/rechecks/{second['id']}/result", json=differing)
    assert (differs.json()["agrees"], differs.json()["differences"]) == (False, ["violations_missed"])
    again = await looker.post(f"/v1/rechecks/{second['id']}/result", json=differing)
    assert (again.status_code, again.json()["code"]) == (409, "recheck-done")
    params = {"institution": second["institution_id"]}
    reported = (await world.bureau.get("/v1/violations", params=params)).json()["items"]
    assert [(one["severity"], one["visit_id"], one["team"]) for one in reported] == [("high", None, "t1")]
    ((kind, version, payload),) = await world.facts(second["id"])
    assert (kind, version, payload["missed"]) == ("inspection.recheck.concluded.v1", 1, ["high"])
    told = (await officer.get("/v1/rechecks/agreement", params={"from": "2026-01-01"})).json()
    assert told == [{"team": "t1", "rechecked": 2, "agreeing": 1, "share": 0.5}]
    assert (await stranger.get("/v1/rechecks/agreement")).json() == []
    async with world.sessions() as session:
        assert (await queries.agreement(session))["t1"].share == 0.5
    teams = {"t1": 0.5, "t2": None}
    shown = (await officer.get("/v1/team-performance")).json()["items"]
    assert {one["team"]: one["agreement"] for one in shown} == teams
    mine = (await world.inspector("t1").get("/v1/team-performance")).json()["items"]
    assert [(one["team"], one["agreement"]) for one in mine] == [("t1", None)]
    rest = await officer.post("/v1/rechecks", json=DAYS | {"share_bp": 10_000})
    assert rest.json()["drawn_total"] == 2  # what was looked at is not looked at again
    none = await officer.post("/v1/rechecks", json=DAYS | {"share_bp": 10_000})
    assert (none.status_code, none.json()["code"]) == (409, "nothing-to-recheck")


async def test_a_corrected_visit_and_a_closed_door(world: World) -> None:
    (visit,) = await visited(world, 1)
    officer = world.officer("140213")
    await officer.post("/v1/rechecks", json=DAYS | {"share_bp": 10_000})
    await officer.post(f"/v1/visits/{visit}/review", json={"accepted": False})
    await world.inspector("t1").post(f"/v1/visits/{visit}/submission", json={"outcome": "moved"})
    (open_one,) = (await officer.get("/v1/rechecks")).json()["items"]
    path = f"/v1/rechecks/{open_one['id']}"
    closed = await officer.post(f"{path}/result", json={"outcome": "closed_door"})
    assert (closed.status_code, closed.json()["state"], closed.json()["attempts"]) == (200, "open", 1)
    assert (await officer.get("/v1/rechecks/agreement")).json() == []
    refused = await officer.post(f"{path}/result", json={"outcome": "closed_door", "missed_violations": [BREACH]})
    assert (refused.status_code, refused.json()["code"]) == (422, "recheck-saw-nothing")
    done = await officer.post(f"{path}/result", json={"outcome": "moved"})
    assert (done.json()["agrees"], done.json()["outcome_before"]) == (True, "moved")
    kinds = [kind.removeprefix("inspection.recheck.") for kind, _, _ in await world.facts(open_one["id"])]
    assert kinds == ["attempted.v1", "concluded.v1"]


async def test_rounds_that_are_refused(world: World) -> None:
    await visited(world, 1)
    cases: list[tuple[Any, dict[str, Any], int, str]] = [
        (world.officer("140214"), {}, 404, "team-not-found"),
        (world.bureau, {"team": "t9"}, 404, "team-not-found"),
        (world.bureau, {"by_team": "t9"}, 422, "recheck-team-unknown"),
        (world.bureau, {"by_team": "t1"}, 422, "recheck-same-team"),
        (world.bureau, {"last_day": "2026-01-02"}, 409, "nothing-to-recheck"),
    ]
    for client, more, status, code in cases:
        refused = await client.post("/v1/rechecks", json=DAYS | {"share_bp": 1000} | more)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    made = await world.bureau.post("/v1/rechecks", json=DAYS | {"share_bp": 1000})
    (one,) = (await world.bureau.get("/v1/rechecks", params={"state": "open"})).json()["items"]
    assert (made.json()["by_team"], one["by_team"]) == (None, None)
    result = await world.officer("140213").post(f"/v1/rechecks/{one['id']}/result", json={"outcome": "moved"})
    assert result.json()["differences"] == ["outcome"]
