"""Nothing new begins at an institution that was merged into another; what is under way there goes on."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update

from services.inspection.field.targets.domain import Target
from services.inspection.subscriptions import hear
from shared.domain.clock import utc_now
from shared.events.registry.institutions import InstitutionChanged, InstitutionMerged, InstitutionRegistered
from tests.inspection.conftest import World
from tests.inspection.phones import Phone
from tests.metrics.deliveries import deliver_all

TEAM = {"code": "t1", "name": "t1", "district": "140213", "grids": ["g1"]}
BREACH: dict[str, Any] = {"severity": "low", "description": "x"}
SURVIVOR = UUID(int=99)


async def merge(world: World, *institutions: UUID, into: UUID | None = SURVIVOR) -> None:
    async with world.sessions.begin() as session:
        entries = update(Target).where(Target.institution_id.in_(institutions))
        await session.execute(entries.values(status="merged", merged_into=into))


async def test_visits_violations_and_complaints_are_refused(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    known, unknown = await world.institution("g1"), await world.institution("g1")
    said = {"subject": "fees", "text": "x", "district": "140213", "hotline_no": "1"}
    complaint = (await world.bureau.post("/v1/complaints", json=said)).headers["location"]
    await merge(world, known)
    await merge(world, unknown, into=None)
    for institution, facts in ((known, {"merged_into": str(SURVIVOR)}), (unknown, {})):
        body = {"institution_id": str(institution)}
        asks = [
            (client, path, body | more)
            for client in (world.bureau, world.officer("140213"), world.inspector("t1"))
            for path, more in (("/v1/visits", {}), ("/v1/violations", BREACH))
        ]
        asks += [(client, f"{complaint}/match", body) for client in (world.bureau, world.officer("140213"))]
        for client, path, ask in asks:
            refused = await client.post(path, json=ask)
            assert (refused.status_code, refused.json()["code"]) == (409, "institution-merged"), path
            assert refused.json().get("facts", {}) == facts
    assert (await world.bureau.get("/v1/visits")).json()["items"] == []


async def test_what_is_under_way_goes_on(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution = await world.institution("g1")
    inspector, officer, body = world.inspector("t1"), world.officer("140213"), {"institution_id": str(institution)}
    planned = (await inspector.post("/v1/visits", json=body)).headers["location"]
    violation = (await inspector.post("/v1/violations", json=body | BREACH)).headers["location"]
    said = {"subject": "fees", "text": "x", "district": "140213", "hotline_no": "1"}
    complaint = (await world.bureau.post("/v1/complaints", json=said)).headers["location"]
    await officer.post(f"{complaint}/match", json=body)
    days = {"name": "x", "scope": {}, "starts_on": "2026-03-01", "ends_on": "2026-03-31"}
    campaign = (await world.bureau.post("/v1/campaigns", json=days)).headers["location"]
    await world.bureau.post(f"{campaign}/launch")
    await merge(world, institution)
    ended = {"outcome": "inspected", "violations": [BREACH]}
    steps: list[tuple[Any, str, dict[str, Any]]] = [
        (inspector, f"{planned}/start", {}),
        (inspector, f"{planned}/submission", ended),
        (officer, f"{planned}/review", {"accepted": True}),
        (officer, f"{violation}/rectification-order", {"requirement": "x"}),
        (inspector, f"{violation}/rectification", {"statement": "x"}),
        (officer, f"{complaint}/visit", {}),
    ]
    for client, path, step in steps:
        done = await client.post(path, json=step)
        assert done.status_code == 200, (path, done.text)
    waiting = (await inspector.get("/v1/visits", params={"state": "planned"})).json()["items"]
    assert {one["purpose"] for one in waiting} == {"verification", "complaint"}
    listed = await inspector.post("/v1/visits", json=body | {"campaign_id": campaign.rpartition("/")[2]})
    assert listed.status_code == 201, listed.text
    await inspector.post(f"{listed.headers['location']}/start")
    same = await inspector.post(f"{listed.headers['location']}/submission", json={"outcome": "duplicate"})
    assert same.status_code == 200, same.text
    closed = await world.bureau.post(f"{campaign}/closure")
    assert closed.status_code == 200, closed.text


async def test_a_phone_gets_a_verdict(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution, other = str(await world.institution("g1")), str(await world.institution("g1"))
    phone = Phone(world.inspector("t1"))
    await phone.enrol()
    known, visit, elsewhere = str(uuid4()), str(uuid4()), str(uuid4())
    before = phone.operation("plan_visit", known, institution_id=institution)
    assert await phone.push(before) == ["applied"]
    plan = phone.operation("plan_visit", visit, institution_id=institution)
    start = phone.operation("start_visit", visit, base=1, after=[plan])
    breach = phone.operation("report_violation", str(uuid4()), institution_id=institution, **BREACH)
    fine = phone.operation("plan_visit", elsewhere, institution_id=other)
    under_way = phone.operation("start_visit", known, base=1)
    again = phone.operation("plan_visit", known, institution_id=institution)
    await merge(world, UUID(institution))
    batch = (plan, start, breach, fine, under_way, again)
    answer = (await phone.post(batch)).json()["verdicts"]
    assert [(one["verdict"], one["code"]) for one in answer] == [
        ("refused", "institution-merged"), ("refused", "predecessor-refused"), ("refused", "institution-merged"),
        ("applied", None), ("applied", None), ("applied", None),
    ]  # fmt: skip
    assert [one["theirs"] for one in (answer[0], answer[2])] == [{"merged_into": str(SURVIVOR)}] * 2
    assert [one["verdict"] for one in (await phone.post(batch)).json()["verdicts"]] == [
        "refused", "refused", "refused", "already_applied", "already_applied", "already_applied",
    ]  # fmt: skip


async def test_a_target_keeps_the_entry_it_was_merged_into(world: World) -> None:
    entry = {
        "institution_id": UUID(int=1), "name": "晨光", "uscc": None, "permit_no": None, "kind": "subject",
        "mode": "offline", "profit": "for_profit", "stages": [], "status": "active", "district": "140213",
        "street": None, "address": "1", "lon": None, "lat": None, "capacity": None, "external_ref": None,
        "at": utc_now(),
    }  # fmt: skip
    gone = entry | {"status": "merged"}
    merged = InstitutionMerged(**gone, merged_into=SURVIVOR)
    renamed = InstitutionChanged(**gone | {"name": "晨曦"}, changed=["name"])
    for events in ([InstitutionRegistered(**entry), merged, renamed], [renamed]):
        async with world.sessions.begin() as session:
            await hear(session, deliver_all(events))
        async with world.sessions() as session:
            target = await session.get_one(Target, UUID(int=1))
            assert (target.status, target.name, target.merged_into) == ("merged", "晨曦", SURVIVOR)
