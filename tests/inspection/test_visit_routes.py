"""A campaign walked from launch to closure, visit by visit, and who may do what on the way."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select

from services.inspection.field.targets.domain import Target
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World

DAYS = {"starts_on": "2026-03-01", "ends_on": "2026-03-31"}


async def teams(world: World) -> None:
    for code, grid in (("t1", "g1"), ("t2", "g2")):
        body = {"code": code, "name": code, "district": "140213", "grids": [grid]}
        assert (await world.bureau.post("/v1/teams", json=body)).status_code == 201


async def campaign(world: World, **scope: Any) -> str:
    made = await world.bureau.post("/v1/campaigns", json={"name": "排查", "scope": scope, **DAYS})
    assert made.status_code == 201
    path: str = made.headers["location"]
    launched = await world.bureau.post(f"{path}/launch")
    assert launched.status_code == 200, launched.text
    return path


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[1]


async def start(client: httpx.AsyncClient, institution: UUID | None, campaign: str | None, **more: Any) -> str:
    body = {"institution_id": institution and str(institution), "campaign_id": campaign and id_of(campaign), **more}
    planned = await client.post("/v1/visits", json=body)
    assert planned.status_code == 201, planned.text
    path: str = planned.headers["location"]
    assert (await client.post(f"{path}/start")).status_code == 200
    return path


async def visit(client: httpx.AsyncClient, institution: UUID | None, campaign: str | None, **ended: Any) -> str:
    path = await start(client, institution, campaign)
    submitted = await client.post(f"{path}/submission", json={"outcome": "inspected"} | ended)
    assert submitted.status_code == 200, submitted.text
    return path


async def knocked(world: World, client: httpx.AsyncClient, institution: UUID, campaign: str, *, days: int) -> None:
    """A closed door, so many days ago."""
    path = await start(client, institution, campaign)
    await world.visited_on(UUID(id_of(path)), china_date(utc_now()) - timedelta(days=days))
    submitted = await client.post(f"{path}/submission", json={"outcome": "closed_door"})
    assert submitted.status_code == 200, submitted.text


async def test_launch_freezes_the_list_and_gives_it_to_the_teams(world: World) -> None:
    await teams(world)
    first, second = await world.institution("g1"), await world.institution("g2")
    await world.institution("g3")
    await world.institution(None, district="140213")
    await world.institution("g1", kind="non_subject")
    path = await campaign(world, districts=["140213"], kinds=["subject"])
    await world.institution("g1")  # too late for the list
    targets = (await world.bureau.get(f"{path}/targets")).json()["items"]
    assert {target["institution_id"]: target["team"] for target in targets} | {"x": None} == {
        str(first): "t1",
        str(second): "t2",
        **{target["institution_id"]: None for target in targets if target["grid"] is None},
        "x": None,
    }
    assert len(targets) == 3
    assert all(UUID(target["id"]).version == 7 for target in targets)
    own = (await world.inspector("t1").get(f"{path}/targets")).json()["items"]
    assert [(one["institution_id"], one["name"]) for one in own] == [(str(first), "晨光")]
    facts = await world.facts(id_of(path))
    assert [(kind.split(".")[2], version) for kind, version, _ in facts] == [("launched", 1), ("targets_listed", 2)]
    assert facts[0][2]["targets"] == len(facts[1][2]["targets"]) == 3
    again = await world.bureau.post(f"{path}/launch")
    assert (again.status_code, again.json()["code"]) == (409, "campaign-not-draft")


async def test_an_empty_scope_and_an_unknown_grid_are_refused(world: World) -> None:
    made = await world.bureau.post("/v1/campaigns", json={"name": "x", "scope": {"grids": ["g1"]}, **DAYS})
    refused = await world.bureau.post(f"{made.headers['location']}/launch")
    assert refused.json()["code"] == "campaign-scope-empty"
    unknown = await world.bureau.post("/v1/campaigns", json={"name": "x", "scope": {"grids": ["g9"]}, **DAYS})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/scope/grids/0")


async def test_a_district_runs_its_own_campaigns(world: World) -> None:
    await world.institution("g1")
    await world.institution("g3")
    officer = world.officer("140213")
    path = (await officer.post("/v1/campaigns", json={"name": "x", **DAYS})).headers["location"]
    launched = await officer.post(f"{path}/launch")
    assert (launched.json()["targets_total"], launched.json()["scope"]["districts"]) == (1, ["140213"])
    assert (await world.officer("140214").get(path)).status_code == 404
    assert (await world.officer("140214").post(f"{path}/closure")).status_code == 404
    elsewhere = {"name": "x", "scope": {"districts": ["140214"]}, **DAYS}
    assert (await officer.post("/v1/campaigns", json=elsewhere)).json()["code"] == "campaign-outside-your-district"
    city = await campaign(world)
    assert (await officer.get(city)).status_code == 200
    assert (await officer.post(f"{city}/closure")).status_code == 403
    assert len((await officer.get("/v1/campaigns", params={"state": "open"})).json()["items"]) == 2


async def test_a_campaign_from_launch_to_closure(world: World) -> None:
    await teams(world)
    inspected, gone, shut = [await world.institution("g1") for _ in range(3)]
    path = await campaign(world)
    one = world.inspector("t1")
    finding = {"severity": "high", "description": "周末授课"}
    await visit(one, inspected, path, score=80, violations=[finding, finding])
    await visit(one, gone, path, outcome="moved")
    await visit(one, None, path, outcome="newly_found", note="楼上还有一家")
    for days in (0, 0, 1):
        await knocked(world, one, shut, path, days=days)
    refused = await world.bureau.post(f"{path}/closure")
    assert (refused.status_code, refused.json()["code"], refused.json()["facts"]) == (
        409,
        "targets-still-open",
        {"number": 1},
    )
    still = (await one.get(f"{path}/targets", params={"state": "open"})).json()["items"]
    assert [(target["institution_id"], target["attempts"]) for target in still] == [(str(shut), 3)]
    await knocked(world, one, shut, path, days=2)
    closed = await world.bureau.post(f"{path}/closure")
    assert (closed.json()["state"], closed.json()["closed_total"]) == ("closed", 3)
    coverage = (await one.get(f"{path}/coverage")).json()
    assert (coverage["targets"], coverage["closed"], coverage["coverage"], coverage["discoveries"]) == (3, 3, 1.0, 1)
    assert coverage["reasons"] == {"inspected": 1, "moved": 1, "closed_door": 1}
    assert [(grid["grid"], grid["closed"]) for grid in coverage["grids"]] == [("g1", 3)]
    assert [(team["team"], team["discoveries"]) for team in coverage["teams"]] == [("t1", 1)]
    versions = [version for _, version, _ in await world.facts(id_of(path))]
    assert versions == list(range(1, len(versions) + 1))
    violations = (await one.get("/v1/violations", params={"institution": str(inspected)})).json()["items"]
    assert [(found["severity"], found["team"], found["state"]) for found in violations] == [("high", "t1", "reported")]
    async with world.sessions() as session:
        visits = dict((await session.execute(select(Target.institution_id, Target.visits))).all())
    assert visits == {inspected: 1, gone: 1, shut: 0}


async def test_who_closed_is_listed_only_where_the_scope_asks(world: World) -> None:
    at_work = [str(await world.institution("g1", status=status)) for status in ("active", "suspended", "unlicensed")]
    gone = str(await world.institution("g1", status="closed"))
    await world.institution("g1", status="merged")
    for scope, expected in (({}, at_work), ({"statuses": ["closed"]}, [gone])):
        path = await campaign(world, **scope)
        listed = (await world.bureau.get(f"{path}/targets")).json()["items"]
        assert {one["institution_id"] for one in listed} == set(expected)


async def test_inspectors_see_and_walk_what_is_their_teams(world: World) -> None:
    await teams(world)
    institution = await world.institution("g1")
    path = await campaign(world)
    one, two = world.inspector("t1"), world.inspector("t2")
    planned = (await one.post("/v1/visits", json={"institution_id": str(institution)})).headers["location"]
    for step in ("start", "submission"):
        answer = await two.post(f"{planned}/{step}", json={} if step == "start" else {"outcome": "inspected"})
        assert (answer.status_code, answer.json()["code"]) == (404, "visit-not-found")
    assert (await two.get(planned)).status_code == 404
    assert (await two.get("/v1/visits")).json()["items"] == []
    body = {"institution_id": str(institution), "campaign_id": id_of(path)}
    assert (await two.post("/v1/visits", json=body)).status_code == 404
    theirs = await two.post("/v1/visits", json=body | {"team": "t1"})
    assert (theirs.status_code, theirs.json()["code"]) in ((403, "another-teams-work"), (404, "campaign-not-found"))
    assert (await world.officer("140214").post("/v1/visits", json=body)).status_code == 404
    given = await world.officer("140213").post("/v1/visits", json={"institution_id": str(institution), "team": "t2"})
    assert given.json()["team"] == "t2"
    unknown = await world.bureau.post("/v1/visits", json={"institution_id": str(institution), "team": "t9"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "team-unknown")
    assert len((await world.bureau.get("/v1/visits", params={"team": "t1"})).json()["items"]) == 1
    assert (await world.bureau.post(f"{planned}/start")).status_code == 403


async def test_refused_plans(world: World) -> None:
    institution = await world.institution("g1")
    path = await campaign(world)
    later = await world.institution("g1")
    body = {"institution_id": str(later), "campaign_id": id_of(path)}
    assert (await world.bureau.post("/v1/visits", json=body)).json()["code"] == "institution-not-on-list"
    draft = (await world.bureau.post("/v1/campaigns", json={"name": "x", **DAYS})).headers["location"]
    body = {"institution_id": str(institution), "campaign_id": id_of(draft)}
    assert (await world.bureau.post("/v1/visits", json=body)).json()["code"] == "campaign-not-open"
    assert (await world.bureau.post("/v1/visits", json={})).json()["code"] == "visit-place-missing"
    for anybody in (world.bureau, world.officer("140213"), world.inspector("t1")):
        undrawn = await anybody.post("/v1/visits", json={"grid": "no-such-grid"})
        assert (undrawn.status_code, undrawn.json()["code"]) == (422, "grid-unknown")
    assert (await world.bureau.post("/v1/visits", json={"institution_id": str(uuid4())})).status_code == 404


async def test_a_visits_own_id_may_be_sent_again(world: World) -> None:
    institution, other = await world.institution("g1"), await world.institution("g1")
    body = {"id": str(uuid4()), "institution_id": str(institution)}
    answers = await asyncio.gather(*(world.bureau.post("/v1/visits", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert {answer.json()["id"] for answer in answers} == {body["id"]}
    assert len(await world.facts(body["id"])) == 1
    taken = await world.bureau.post("/v1/visits", json=body | {"institution_id": str(other)})
    assert (taken.status_code, taken.json()["code"]) == (409, "visit-id-taken")


async def test_of_two_submissions_at_once_one_wins(world: World) -> None:
    await teams(world)
    institution = await world.institution("g1")
    path = await campaign(world)
    one = world.inspector("t1")
    started = await start(one, institution, path)
    body = {"outcome": "inspected", "violations": [{"severity": "low", "description": "x"}]}
    answers = await asyncio.gather(*(one.post(f"{started}/submission", json=body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"visit-not-started"}
    assert len((await one.get("/v1/violations")).json()["items"]) == 1
    assert (await one.get(f"{path}/coverage")).json()["closed"] == 1


async def test_many_visits_of_one_campaign_end_at_once(world: World) -> None:
    await teams(world)
    institutions = [await world.institution("g1") for _ in range(12)]
    path = await campaign(world)
    one = world.inspector("t1")
    started = [await start(one, institution, path) for institution in institutions]
    # Second visits to the same targets cross the first ones' locks.
    started += [await start(one, institution, path) for institution in reversed(institutions)]
    answers = await asyncio.gather(*(one.post(f"{path}/submission", json={"outcome": "inspected"}) for path in started))
    assert {answer.status_code for answer in answers} == {200}
    coverage = (await one.get(f"{path}/coverage")).json()
    assert (coverage["closed"], coverage["open"]) == (12, 0)
    closings = [kind for kind, _, _ in await world.facts(id_of(path)) if kind.endswith("target_closed.v1")]
    assert len(closings) == 12


async def test_a_visit_sent_back_counts_once(world: World) -> None:
    await teams(world)
    institution = await world.institution("g1")
    path = await campaign(world)
    one, officer = world.inspector("t1"), world.officer("140213")
    finding = {"severity": "low", "description": "x"}
    done = await visit(one, institution, path, violations=[finding])
    assert (await one.post(f"{done}/review", json={"accepted": True})).status_code == 403
    back = await officer.post(f"{done}/review", json={"accepted": False, "note": "照片不清"})
    assert (back.json()["state"], back.json()["outcome"]) == ("started", "inspected")
    for outcome in ("closed_door", "newly_found"):
        uncounted = await one.post(f"{done}/submission", json={"outcome": outcome})
        assert (uncounted.status_code, uncounted.json()["code"]) == (409, "outcome-counted")
    more = {"outcome": "moved", "violations": [finding, finding | {"severity": "high"}]}
    assert (await one.post(f"{done}/submission", json=more)).status_code == 200
    accepted = await officer.post(f"{done}/review", json={"accepted": True})
    assert accepted.json()["state"] == "reviewed"
    coverage = (await one.get(f"{path}/coverage")).json()
    assert (coverage["closed"], coverage["reasons"]) == (1, {"moved": 1})
    assert len((await one.get("/v1/violations", params={"visit": id_of(done)})).json()["items"]) == 2
    assert [kind.split(".")[2] for kind, _, _ in await world.facts(id_of(done))] == [
        "planned", "started", "submitted", "reviewed", "submitted", "reviewed",
    ]  # fmt: skip


async def test_a_visit_that_saw_nobody_after_all_counts_for_no_institution(world: World) -> None:
    await teams(world)
    institution = await world.institution("g1")
    one, officer = world.inspector("t1"), world.officer("140213")
    last = china_date(utc_now()) - timedelta(days=9)

    async def counted() -> tuple[int, object]:
        async with world.sessions() as session:
            target = await session.get_one(Target, institution)
            return target.visits, target.last_visited_on

    earlier = await start(one, institution, None)
    await world.visited_on(UUID(id_of(earlier)), last)
    assert (await one.post(f"{earlier}/submission", json={"outcome": "refused"})).status_code == 200
    done = await visit(one, institution, None)
    assert await counted() == (2, china_date(utc_now()))
    for outcome, expected in (("closed_door", (1, last)), ("moved", (2, china_date(utc_now())))):
        assert (await officer.post(f"{done}/review", json={"accepted": False})).status_code == 200
        assert (await one.post(f"{done}/submission", json={"outcome": outcome})).status_code == 200
        assert await counted() == expected


async def test_pages_of_visits(world: World) -> None:
    institutions = [await world.institution("g1") for _ in range(3)]
    for institution in institutions:
        await world.bureau.post("/v1/visits", json={"institution_id": str(institution)})
    first = (await world.bureau.get("/v1/visits", params={"limit": 2})).json()
    second = (await world.bureau.get("/v1/visits", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["institution_id"] for one in first["items"] + second["items"]] == [str(one) for one in institutions]
    assert second["next_cursor"] is None
    stolen = {"limit": 2, "cursor": first["next_cursor"], "state": "done"}
    assert (await world.bureau.get("/v1/visits", params=stolen)).status_code == 400
