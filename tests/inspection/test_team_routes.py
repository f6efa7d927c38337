"""`/v1/teams`: who forms teams, and whose grid is whose."""

from sqlalchemy import update

from services.inspection.field.grids.domain import Grid
from tests.inspection.conftest import World
from tests.services import version_of

TEAM = {"code": "t1", "name": "振华街道", "district": "140213", "grids": ["g1"]}


async def test_a_team_is_formed_and_says_so(world: World) -> None:
    member = {
        "subject": "inspector-1",
        "name": "王",
        "certificate_no": "晋1402",
        "certificate_expires_on": "2027-12-31",
    }
    made = await world.bureau.post("/v1/teams", json=TEAM | {"members": [member]})
    assert (made.status_code, version_of(made)) == (201, 1)
    team = made.json()
    assert team["members"] == [member]
    assert [(kind, payload["grids"]) for kind, _, payload in await world.facts(team["id"])] == [
        ("inspection.team.formed.v1", ["g1"])
    ]
    read = await world.inspector("t1").get(made.headers["location"])
    assert read.json() == team
    assert (await world.inspector("t9").get(made.headers["location"])).status_code == 404


async def test_grids_must_exist_and_be_free(world: World) -> None:
    bureau = world.bureau
    unknown = await bureau.post("/v1/teams", json=TEAM | {"grids": ["g1", "nowhere"]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "grid-unknown")
    assert unknown.json()["errors"][0]["pointer"] == "/grids/1"
    first = (await bureau.post("/v1/teams", json=TEAM)).json()
    taken = await bureau.post("/v1/teams", json=TEAM | {"code": "t2"})
    assert (taken.status_code, taken.json()["code"]) == (409, "grid-taken")
    twice = await bureau.post("/v1/teams", json=TEAM | {"grids": []})
    assert twice.json()["code"] == "team-code-taken"
    retired = await bureau.patch(f"/v1/teams/{first['id']}", json={"active": False}, headers={"if-match": '"1"'})
    assert retired.status_code == 200
    assert (await bureau.post("/v1/teams", json=TEAM | {"code": "t2"})).status_code == 201
    assert (await world.facts(first["id"]))[-1][2]["grids"] == []


async def test_a_change_wants_the_version_read(world: World) -> None:
    bureau = world.bureau
    path = (await bureau.post("/v1/teams", json=TEAM)).headers["location"]
    assert (await bureau.patch(path, json={"name": "新"})).status_code == 428
    changed = await bureau.patch(path, json={"name": "新", "grids": ["g1", "g2"]}, headers={"if-match": '"1"'})
    assert (changed.json()["name"], version_of(changed)) == ("新", 2)
    assert (await bureau.patch(path, json={"name": "旧"}, headers={"if-match": '"1"'})).status_code == 412
    same = await bureau.patch(path, json={"name": "新"}, headers={"if-match": '"2"'})
    assert version_of(same) == 2


async def test_a_district_keeps_its_own_teams(world: World) -> None:
    ours, theirs = world.officer("140213"), world.officer("140214")
    path = (await ours.post("/v1/teams", json=TEAM)).headers["location"]
    outside = await theirs.post("/v1/teams", json=TEAM | {"code": "t2", "grids": []})
    assert (outside.status_code, outside.json()["code"]) == (403, "team-outside-your-district")
    assert (await theirs.patch(path, json={"name": "x"}, headers={"if-match": '"1"'})).status_code == 404
    assert (await theirs.get("/v1/teams")).json()["items"] == []
    listed = (await world.service("auditor").get("/v1/teams", params={"district": "140213"})).json()
    assert [team["code"] for team in listed["items"]] == ["t1"]
    assert (await world.inspector("t1").post("/v1/teams", json=TEAM)).status_code == 403


async def test_a_district_officer_names_grids_of_his_district(world: World) -> None:
    """Whoever walks a grid sees its institutions, and so does whoever has a complaint or a visit there."""
    ours, ahead = world.officer("140213"), {"if-match": '"1"'}
    complaint = {"subject": "unlicensed", "text": "x", "district": "140213", "hotline_no": "1"}
    complaint_id = (await ours.post("/v1/complaints", json=complaint)).json()["id"]
    path = (await ours.post("/v1/teams", json=TEAM)).headers["location"]
    breach = {"severity": "low", "description": "无公示"}
    for answer in (
        await ours.post("/v1/teams", json=TEAM | {"code": "t9", "grids": ["g2", "g3"]}),
        await ours.patch(path, json={"grids": ["g1", "g3"]}, headers=ahead),
        await ours.post("/v1/visits", json={"grid": "g3", "team": "t1"}),
        await ours.post(f"/v1/complaints/{complaint_id}/match", json={"grid": "g3"}),
        await ours.post("/v1/violations", json=breach | {"grid": "g3"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "grid-outside-your-district")
    unknown = await ours.patch(path, json={"grids": ["g1", "nowhere"]}, headers=ahead)
    assert unknown.json()["errors"][0]["pointer"] == "/grids/1"
    assert (await ours.patch(path, json={"grids": ["g1", "g2"]}, headers=ahead)).status_code == 200
    assert (await ours.post("/v1/visits", json={"grid": "g2"})).status_code == 201
    async with world.sessions.begin() as session:
        await session.execute(update(Grid).where(Grid.code == "g3").values(district=None))
    assert (await ours.post("/v1/teams", json=TEAM | {"code": "t9", "grids": ["g3"]})).status_code == 201
    assert (await world.bureau.post("/v1/teams", json=TEAM | {"code": "t8", "grids": []})).status_code == 201
