"""Reach is judged on what is stored of an object, never on what the caller says of himself or in his body."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.inspection.findings.violations.domain import Violation
from services.inspection.rounds.visits.domain import Visit
from tests.inspection.conftest import World
from tests.inspection.phones import Phone

FINDING: dict[str, Any] = {"severity": "low", "description": "无公示"}


async def team(world: World, code: str, district: str, *grids: str) -> None:
    made = await world.bureau.post(
        "/v1/teams", json={"code": code, "name": code, "district": district, "grids": list(grids)}
    )
    assert made.status_code == 201, made.text


async def rows(world: World, table: Any) -> list[Any]:
    async with world.sessions() as session:
        return list(await session.scalars(select(table)))


@pytest.mark.parametrize("claims", [{"team": "unknown"}, {"team": "unknown", "district": "140213"}, {"team": "t3"}])
async def test_an_inspector_does_not_authorise_himself_where_nobody_walks(world: World, claims: dict[str, str]) -> None:
    await team(world, "t3", "140214")
    institution = str(await world.institution("g1"))
    stranger = world.service("inspector", subject="i9", **claims)
    for body in (
        {"institution_id": institution},
        {"grid": "g1"},
        {"institution_id": institution, "team": claims["team"]},
    ):
        assert (await stranger.post("/v1/visits", json=body)).status_code == 404, body
    for place in ({"institution_id": institution}, {"grid": "g1"}):
        assert (await stranger.post("/v1/violations", json=FINDING | place)).status_code == 404, place
    assert await rows(world, Visit) == []
    assert await rows(world, Violation) == []


async def test_nor_from_a_phone(world: World) -> None:
    await team(world, "t3", "140214")
    institution = str(await world.institution("g1"))
    for code in ("unknown", "t3"):
        phone = Phone(world.service("inspector", team=code, district="140213", subject=f"of {code}"))
        await phone.enrol()
        visit = str(uuid4())
        plan = phone.operation("plan_visit", visit, institution_id=institution)
        start = phone.operation("start_visit", visit, base=1, after=[plan])
        report = phone.operation("report_violation", str(uuid4()), institution_id=institution, **FINDING)
        assert await phone.push(plan, start, report) == ["refused"] * 3
    assert await rows(world, Visit) == []
    assert await rows(world, Violation) == []


async def test_an_inspector_of_the_district_may_go_where_nobody_walks(world: World) -> None:
    await team(world, "t1", "140213")
    institution = str(await world.institution("g1"))
    planned = await world.inspector("t1").post("/v1/visits", json={"institution_id": institution})
    assert (planned.status_code, planned.json()["team"], planned.json()["district"]) == (201, "t1", "140213")
    found = await world.inspector("t1").post("/v1/violations", json=FINDING | {"grid": "g2"})
    assert (found.status_code, found.json()["district"]) == (201, "140213")


async def test_an_officer_gives_no_work_to_another_districts_team(world: World) -> None:
    await team(world, "t1", "140213", "g1")
    await team(world, "t3", "140214", "g3")
    institution = str(await world.institution("g1"))
    officer, body = world.officer("140213"), {"institution_id": institution, "team": "t3"}
    refused = await officer.post("/v1/visits", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "team-unknown")
    assert (await world.bureau.post("/v1/visits", json=body)).status_code == 201


async def test_a_search_lies_where_its_grid_lies(world: World) -> None:
    officer = world.officer("140214")
    assert (await officer.post("/v1/visits", json={"grid": "g1"})).status_code == 403
    searched = await world.bureau.post("/v1/visits", json={"grid": "g3"})
    assert (searched.status_code, searched.json()["district"]) == (201, "140214")


async def test_an_officer_of_a_street_decides_its_conflicts_and_no_other(world: World) -> None:
    await team(world, "t1", "140213", "g1", "g2")
    phone = Phone(world.inspector("t1", subject="i1"))
    await phone.enrol()
    conflicts = {}
    for grid, street in (("g1", "140213050"), ("g2", "140213051")):
        institution = str(await world.institution(grid))
        visit = (await world.bureau.post("/v1/visits", json={"institution_id": institution})).json()["id"]
        start = phone.operation("start_visit", visit, base=1)
        await world.inspector("t1").post(f"/v1/visits/{visit}/start")
        await world.inspector("t1").post(f"/v1/visits/{visit}/submission", json={"outcome": "inspected"})
        assert await phone.push(start) == ["hard_conflict"]
        conflicts[street] = start["id"]
    lost = phone.operation("plan_visit", str(uuid4()), after=[{"id": str(uuid4())}])
    assert await phone.push(lost) == ["held"]
    whole = (await world.officer("140213").get("/v1/sync/operations")).json()["items"]
    assert {one["id"] for one in whole} == {*conflicts.values(), lost["id"]}
    for street, conflict in conflicts.items():
        officer = world.service("district_officer", district="140213", street=street)
        seen = (await officer.get("/v1/sync/operations")).json()["items"]
        assert [one["id"] for one in seen] == [conflict]
        decision = {"choice": "server", "reason": "已完成"}
        for other in {*conflicts.values(), lost["id"]} - {conflict}:
            refused = await officer.post(f"/v1/sync/operations/{other}/resolution", json=decision)
            assert refused.status_code == 404
        assert (await officer.post(f"/v1/sync/operations/{conflict}/resolution", json=decision)).status_code == 200


async def test_what_a_body_names_is_judged_like_what_the_address_names(world: World) -> None:
    """The thing acted on is the caller's own; what the body names beside it lies in another district."""
    await team(world, "t1", "140213", "g1")
    await team(world, "t3", "140214", "g3")
    here, there = str(await world.institution("g1")), str(await world.institution("g3"))
    officer = world.officer("140213")
    said = {"subject": "fees", "text": "x", "hotline_no": "1", "district": "140213"}
    complaint = (await officer.post("/v1/complaints", json=said)).headers["location"]
    found = await world.bureau.post("/v1/violations", json=FINDING | {"institution_id": here})
    theirs = await world.bureau.post("/v1/violations", json=FINDING | {"institution_id": there})
    evidence = {
        "id": str(uuid4()), "subject_kind": "violation", "subject_id": theirs.json()["id"], "media_type": "image/jpeg",
        "size": 9, "sha256": "0" * 64, "captured_at": "2026-03-02T09:00:00+08:00",
    }  # fmt: skip
    assert (await world.bureau.post("/v1/evidence", json=evidence)).status_code == 201
    violation = f"/v1/violations/{found.json()['id']}"
    await officer.post(f"{violation}/rectification-order", json={"requirement": "x"})
    t1 = next(one["id"] for one in (await officer.get("/v1/teams")).json()["items"])
    days = {"first_day": "2026-03-01", "last_day": "2026-03-02"}
    asked = {
        ("/v1/visits", "institution"): {"institution_id": there},
        ("/v1/visits", "team"): {"institution_id": here, "team": "t3"},
        ("/v1/visits", "grid"): {"grid": "g3"},
        ("/v1/violations", "institution"): FINDING | {"institution_id": there},
        ("/v1/violations", "grid"): FINDING | {"grid": "g3"},
        ("/v1/evidence", "subject"): evidence | {"id": str(uuid4())},
        (f"{complaint}/match", "institution"): {"institution_id": there},
        (f"{complaint}/match", "grid"): {"grid": "g3"},
        (f"{violation}/rectification", "evidence"): {"statement": "x", "evidence": [evidence["id"]]},
        ("/v1/teams", "district"): {"code": "t9", "name": "x", "district": "140214", "grids": []},
        ("/v1/teams", "grid"): {"code": "t9", "name": "x", "district": "140213", "grids": ["g3"]},
        (f"/v1/teams/{t1}/handover", "team"): {"to": "t3", "reason": "x"},
        ("/v1/campaigns", "district"): {
            "name": "x", "scope": {"districts": ["140214"]}, "starts_on": "2026-03-01", "ends_on": "2026-03-31"
        },
        ("/v1/campaigns", "grid"): {
            "name": "x", "scope": {"grids": ["g3"]}, "starts_on": "2026-03-01", "ends_on": "2026-03-31"
        },
        ("/v1/rechecks", "team"): {"team": "t3", "share_bp": 1} | days,
        ("/v1/rechecks", "by_team"): {"team": "t1", "by_team": "t3", "share_bp": 1} | days,
    }  # fmt: skip
    before = {table: await rows(world, table) for table in (Visit, Violation)}
    for (path, what), body in asked.items():
        refused = await officer.post(path, json=body)
        assert refused.status_code in (403, 404, 409, 422), (path, what, refused.text)
        assert refused.json()["code"] != "request-invalid", (path, what, refused.text)
    assert {table: len(await rows(world, table)) for table in before} == {t: len(kept) for t, kept in before.items()}
