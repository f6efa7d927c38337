"""Work that goes from one team to another, and work that is taken off a list."""

from typing import Any

from services.inspection.stories.handovers.queries import open_work
from tests.inspection.conftest import World
from tests.inspection.phones import Phone

DAYS = {"starts_on": "2026-03-01", "ends_on": "2026-03-31"}


async def two_teams(world: World) -> dict[str, str]:
    ids = {}
    for code, grid in (("t1", "g1"), ("t2", "g2")):
        body = {"code": code, "name": code, "district": "140213", "grids": [grid]}
        ids[code] = (await world.bureau.post("/v1/teams", json=body)).json()["id"]
    return ids


async def planned(world: World, **more: Any) -> str:
    made = await world.bureau.post("/v1/visits", json={"institution_id": str(await world.institution("g1")), **more})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_open_work_goes_over_and_what_has_ended_stays(world: World) -> None:
    teams = await two_teams(world)
    visit, ended = await planned(world), await planned(world)
    inspector, successor = world.inspector("t1"), world.inspector("t2")
    await inspector.post(f"/v1/visits/{ended}/start")
    breach = {"severity": "low", "description": "x"}
    await inspector.post(f"/v1/visits/{ended}/submission", json={"outcome": "inspected", "violations": [breach]})
    await world.bureau.post(f"/v1/visits/{ended}/review", json={"accepted": True})
    campaign = (await world.bureau.post("/v1/campaigns", json={"name": "x", "scope": {}, **DAYS})).headers["location"]
    await world.bureau.post(f"{campaign}/launch")
    phone = Phone(inspector)
    await phone.enrol()
    await phone.pull()
    left = await world.bureau.patch(f"/v1/teams/{teams['t1']}", json={"active": False}, headers={"if-match": '"1"'})
    assert (left.status_code, left.json()["code"]) == (409, "team-has-work")
    assert left.json()["facts"] == {"visits": 1, "targets": 2, "violations": 1, "complaints": 0}
    path, body = f"/v1/teams/{teams['t1']}/handover", {"to": "t2", "reason": "街道合并"}
    done = await world.officer("140213").post(path, json=body)
    assert (done.status_code, done.json()) == (200, {"visits": 1, "targets": 2, "violations": 1, "complaints": 0})
    assert [one["id"] for one in (await successor.get("/v1/visits")).json()["items"]] == [visit]
    assert [one["id"] for one in (await inspector.get("/v1/visits")).json()["items"]] == [ended]
    coverage = (await world.bureau.get(f"{campaign}/coverage")).json()
    assert [(one["team"], one["open"]) for one in coverage["teams"] if one["targets"]] == [("t2", 2)]
    assert [kind for kind, _, _ in await world.facts(visit)][-1] == "inspection.visit.handed_over.v1"
    (violation,) = (await successor.get("/v1/violations")).json()["items"]
    kind, version, told = (await world.facts(violation["id"]))[-1]
    assert (kind, version, told["from_team"], told["team"]) == ("inspection.violation.handed_over.v1", 2, "t1", "t2")
    assert violation["version"] == 2
    kind, version, told = (await world.facts(campaign.rpartition("/")[2]))[-1]
    assert (kind, told["team"], len(told["targets"])) == ("inspection.campaign.targets_handed_over.v1", "t2", 2)
    assert (await world.bureau.get(campaign)).json()["version"] == version
    kind, version, told = (await world.facts(teams["t1"]))[-1]
    assert (kind, version, told["to"], told["targets"]) == ("inspection.team.handed_over.v1", 2, "t2", 2)
    await phone.pull()
    assert [phone.known[name] for name in ("assignments", "visits", "violations")] == [{}, {}, {}]
    async with world.sessions() as session:
        assert not any((await open_work(session, "t1")).values())
    ended_team = await world.bureau.patch(
        f"/v1/teams/{teams['t1']}", json={"active": False}, headers={"if-match": '"2"'}
    )
    assert ended_team.status_code == 200
    late = await world.bureau.post("/v1/visits", json={"grid": "g1", "team": "t1"})
    assert (late.status_code, late.json()["code"]) == (422, "team-unknown")


async def test_a_complaint_is_handed_over_as_a_fact(world: World) -> None:
    teams = await two_teams(world)
    said = {"subject": "fees", "text": "x", "hotline_no": "1", "district": "140213"}
    complaint = (await world.bureau.post("/v1/complaints", json=said)).headers["location"]
    matched = {"institution_id": str(await world.institution("g1"))}
    before = (await world.bureau.post(f"{complaint}/match", json=matched)).json()
    await world.bureau.post(f"/v1/teams/{teams['t1']}/handover", json={"to": "t2", "reason": "x"})
    after = (await world.bureau.get(complaint)).json()
    assert (before["team"], after["team"], after["version"]) == ("t1", "t2", before["version"] + 1)
    kind, version, told = (await world.facts(complaint.rpartition("/")[2]))[-1]
    assert (kind, version, told["from_team"]) == ("inspection.complaint.handed_over.v1", after["version"], "t1")


async def test_a_team_with_an_open_complaint_is_not_dissolved(world: World) -> None:
    teams = await two_teams(world)
    officer, path = world.officer("140213"), f"/v1/teams/{teams['t1']}"
    matched = {"institution_id": str(await world.institution("g1"))}
    complaints = []
    for number in ("1", "2", "3"):
        said = {"subject": "fees", "text": "x", "hotline_no": number, "district": "140213"}
        complaints.append((await officer.post("/v1/complaints", json=said)).headers["location"])
    for complaint in complaints[:2]:
        await officer.post(f"{complaint}/match", json=matched)

    async def dissolve(version: int) -> tuple[int, dict[str, int] | None]:
        tried = await officer.patch(path, json={"active": False}, headers={"if-match": f'"{version}"'})
        return tried.status_code, tried.json().get("facts")

    none = {"visits": 0, "targets": 0, "violations": 0}
    assert [(await officer.get(one)).json()["state"] for one in complaints] == ["matched", "joined", "received"]
    assert await dissolve(1) == (409, none | {"complaints": 2})
    done = await officer.post(f"{path}/handover", json={"to": "t2", "reason": "x"})
    assert done.json() == none | {"complaints": 2}
    assert (await world.facts(teams["t1"]))[-1][2]["complaints"] == 2
    assert [(await officer.get(one)).json()["team"] for one in complaints] == ["t2", "t2", None]
    assert (await dissolve(2))[0] == 200
    answer = {"outcome": "unsubstantiated", "answer": "x"}
    assert (await officer.post(f"{complaints[0]}/answer", json=answer)).status_code == 200
    successor = await officer.patch(f"/v1/teams/{teams['t2']}", json={"active": False}, headers={"if-match": '"1"'})
    assert successor.status_code == 200, successor.text


async def test_who_may_take_over(world: World) -> None:
    teams = await two_teams(world)
    far = {"code": "t3", "name": "x", "district": "140214", "grids": ["g3"]}
    await world.bureau.post("/v1/teams", json=far)
    for to in ("t1", "t3", "nobody"):
        refused = await world.bureau.post(f"/v1/teams/{teams['t1']}/handover", json={"to": to, "reason": "x"})
        assert (refused.status_code, refused.json()["code"]) == (409, "heir-unfit")


async def test_a_planned_visit_is_called_off_unless_somebody_waits_for_it(world: World) -> None:
    await two_teams(world)
    visit = await planned(world)
    url, why = f"/v1/visits/{visit}/calling-off", {"reason": "重复安排"}
    assert (await world.inspector("t1").post(url, json=why)).status_code == 403
    assert (await world.officer("140214").post(url, json=why)).status_code == 404
    done = await world.officer("140213").post(url, json=why)
    assert (done.status_code, done.json()["state"]) == (200, "called_off")
    again = await world.officer("140213").post(url, json=why)
    assert (again.status_code, again.json()["code"]) == (409, "visit-not-planned")
    breach = {"institution_id": str(await world.institution("g1")), "severity": "low", "description": "x"}
    violation = (await world.inspector("t1").post("/v1/violations", json=breach)).json()["id"]
    await world.inspector("t1").post(f"/v1/violations/{violation}/rectification-order", json={"requirement": "x"})
    await world.inspector("t1").post(f"/v1/violations/{violation}/rectification", json={"statement": "x"})
    asked = next(one for one in (await world.bureau.get("/v1/visits")).json()["items"] if one["purpose"])
    refused = await world.bureau.post(f"/v1/visits/{asked['id']}/calling-off", json=why)
    assert (refused.status_code, refused.json()["code"]) == (409, "visit-asked-for")


async def test_a_complaint_goes_with_the_visit_about_it(world: World) -> None:
    teams = await two_teams(world)
    officer, successor = world.officer("140213"), world.inspector("t2")
    said = {"subject": "fees", "text": "x", "district": "140213", "hotline_no": "1"}
    complaint = (await officer.post("/v1/complaints", json=said)).headers["location"]
    await officer.post(f"{complaint}/match", json={"institution_id": str(await world.institution("g1"))})
    visit = (await officer.post(f"{complaint}/visit", json={})).json()["visit_id"]
    assert (await successor.get(complaint)).status_code == 404
    await officer.post(f"/v1/teams/{teams['t1']}/handover", json={"to": "t2", "reason": "x"})
    assert (await successor.get(complaint)).status_code == 200
    await successor.post(f"/v1/visits/{visit}/start")
    await successor.post(f"/v1/visits/{visit}/submission", json={"outcome": "closed_door"})
    (again,) = (await successor.get("/v1/visits", params={"state": "planned"})).json()["items"]
    off = await officer.post(f"/v1/visits/{again['id']}/calling-off", json={"reason": "x"})
    assert off.status_code == 200, off.text
    sent = await officer.post(f"{complaint}/visit", json={})
    assert (sent.status_code, sent.json()["team"]) == (200, "t1"), "who walks there now"
