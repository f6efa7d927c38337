"""What is owed by whom and when; what is late is told, level by level, once; and how the teams do."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from services.inspection.accountability.duties.domain import Escalation
from services.inspection.accountability.duties.duties import duties_on
from services.inspection.accountability.duties.steps import OWNERS, TOLD, Level, Role, Step
from services.inspection.accountability.duties.usecases import escalate_overdue
from services.inspection.accountability.duties.watch import Watch
from services.inspection.findings.evidence.domain import Evidence
from services.inspection.rounds.visits.domain import Visit
from services.inspection.rulebook.offences.domain import Gravity
from services.inspection.settings import Settings
from services.inspection.subscriptions import INBOX
from shared.domain.clock import china_date, utc_now
from shared.events.registry.responsibilities import ResponsibilityAssigned
from tests.inspection.conftest import World
from tests.inspection.docket import FINE, REVOCATION, Docket
from tests.inspection.phones import Phone
from tests.metrics.deliveries import deliver

TEAM = {"code": "t1", "name": "一组", "district": "140213", "grids": ["g1"]}
NOW = utc_now()
TODAY = china_date(NOW)


def after(days: int) -> Any:
    return NOW + timedelta(days=days)


async def assign(world: World, institution: UUID, role: Role, officer: str | None, *, sequence: int = 1) -> None:
    event = ResponsibilityAssigned(
        responsibility_id=institution, institution_id=institution, role=role.value, officer=officer, department=None,
        district="140213", street=None, at=NOW,
    )  # fmt: skip
    async with world.sessions.begin() as session:
        await INBOX.handle(session, [deliver(event, sequence=sequence)])


async def escalate(world: World, days: int) -> int:
    async with world.sessions.begin() as session:
        return await escalate_overdue(session, at=after(days))


def test_every_step_has_an_owner_and_every_level_somebody_to_tell() -> None:
    assert set(OWNERS) == set(Step)
    assert set(TOLD) == set(Level)
    assert {role for roles in TOLD.values() for role in roles} == set(Role)


async def test_every_open_step_is_owed_on_its_day(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution = await world.institution("g1")
    docket = Docket(world.sessions, institution, NOW)
    await docket.officers()
    inspector, bureau = world.inspector("t1"), world.bureau
    for number in range(3):
        visit = (await bureau.post("/v1/visits", json={"institution_id": str(institution)})).json()["id"]
        if number:
            await inspector.post(f"/v1/visits/{visit}/start")
            await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "inspected"})
    await world.institution("g1", name="无人前往")
    campaign = {"name": "x", "scope": {}, "starts_on": str(TODAY), "ends_on": str(TODAY + timedelta(days=30))}
    path = (await bureau.post("/v1/campaigns", json=campaign)).headers["location"]
    launched = await bureau.post(f"{path}/launch")
    listed = {"institution_id": str(institution), "campaign_id": launched.json()["id"]}
    closed = (await bureau.post("/v1/visits", json=listed)).json()["id"]
    await inspector.post(f"/v1/visits/{closed}/start")
    await inspector.post(f"/v1/visits/{closed}/submission", json={"outcome": "closed_door"})
    under_way = (await bureau.post("/v1/visits", json={"institution_id": str(institution)})).json()["id"]
    await inspector.post(f"/v1/visits/{under_way}/start")
    days = {"first_day": str(TODAY), "last_day": str(TODAY)}
    await bureau.post("/v1/rechecks", json={"team": "t1", "share_bp": 1} | days)
    await docket.violation()
    await docket.case("inquire", "preserve")
    await docket.case("order", "inquire", "notify", "decide")
    await docket.case("inquire", "review", "notify", "ask", "call", penalty=REVOCATION, gravity=Gravity.SERIOUS)
    rectified = await docket.violation("training.late_end")
    await bureau.post(f"/v1/violations/{rectified}/rectification-order", json={"requirement": "x"})
    await inspector.post(f"/v1/violations/{rectified}/rectification", json={"statement": "x"})
    await bureau.post("/v1/complaints", json={"subject": "fees", "text": "x", "hotline_no": "1", "district": "140213"})
    phone = Phone(inspector)
    await phone.enrol()
    photo = phone.operation(
        "announce_evidence", str(uuid4()), subject_kind="visit", subject_id=closed, media_type="image/jpeg", size=9,
        sha256="0" * 64, captured_at=NOW.isoformat(),
    )  # fmt: skip
    early = phone.operation("submit_visit", closed, base=1, after=[{"id": str(uuid4())}], outcome="inspected")
    assert await phone.push(photo, early) == ["applied", "held"]
    failed = await phone.client.post(
        "/v1/evidence",
        json={
            "id": str(uuid4()), "subject_kind": "visit", "subject_id": closed, "media_type": "image/jpeg", "size": 9,
            "sha256": "0" * 64, "captured_at": NOW.isoformat(),
        },
    )  # fmt: skip
    async with world.sessions.begin() as session:
        stalled = update(Evidence).where(Evidence.id == UUID(failed.json()["id"]))
        await session.execute(stalled.values(state="received", received_bytes=9, stalled_at=NOW))
    owed = (await bureau.get("/v1/duties", params={"limit": 200})).json()["items"]
    assert [one["due_on"] for one in owed] == sorted(one["due_on"] for one in owed)
    due = {one["step"]: one["due_on"] for one in owed}
    assert set(due) == {step.value for step in Step}
    expected = {"visit": 14, "retry": 2, "review": 5, "verification": 7, "complaint_match": 2, "complaint_answer": 15}
    expected |= {"evidence": 3, "sync_decision": 3, "target": 30, "submission": 1, "recheck": 7, "evidence_stalled": 0}
    assert {step: due[step] for step in expected} == {
        step: str(TODAY + timedelta(days=days)) for step, days in expected.items()
    }
    assert due["case_hearing"] == str(TODAY + timedelta(days=30))
    assert due["case_decision"] == str(TODAY + timedelta(days=90))
    weekdays = [TODAY + timedelta(days=days) for days in range(1, 20)]
    seventh = [day for day in weekdays if day.weekday() < 5][6]
    assert (due["case_service"], due["case_preserved"]) == (str(seventh), str(seventh))
    first = (await bureau.get("/v1/duties", params={"limit": 2})).json()
    rest = (await bureau.get("/v1/duties", params={"limit": 200, "cursor": first["next_cursor"]})).json()
    assert first["items"] + rest["items"] == owed
    assert (await world.officer("140214").get("/v1/duties")).json()["items"] == []
    mine = (await inspector.get("/v1/duties", params={"step": "visit", "team": "t1"})).json()["items"]
    assert [(one["role"], one["owner"], one["days_late"]) for one in mine] == [("street_officer", None, 0)]


async def test_a_withdrawn_number_rules_no_duty(world: World) -> None:
    docket = Docket(world.sessions, await world.institution("g1"), NOW)
    await docket.violation()

    async def owed_in(days: int = 0) -> int:
        async with world.sessions() as session:
            due_on: date = (
                await session.execute(select(duties_on(TODAY + timedelta(days=days)).c.due_on))
            ).scalar_one()
        return (due_on - TODAY).days

    async def enact(value: int, *, in_days: int = 0) -> str:
        norm = {"name": "order", "value": value, "source": "x", "valid_from": str(TODAY + timedelta(days=in_days))}
        made = await world.bureau.post("/v1/norms", json=norm)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def withdraw(norm: str) -> None:
        answer = await world.bureau.post(f"/v1/norms/{norm}/withdrawal", json={"reason": "录入有误"})
        assert answer.status_code == 200, answer.text

    later = await enact(50, in_days=3)
    assert [await owed_in(), await owed_in(3)] == [3, 50]
    await withdraw(later)
    assert await owed_in(3) == 3
    wrong = await enact(90)
    assert await owed_in() == 90
    await withdraw(wrong)
    assert await owed_in() == 3
    await enact(8)
    assert await owed_in() == 8


async def test_a_withdrawn_number_raises_no_escalation(world: World) -> None:
    await Docket(world.sessions, await world.institution("g1"), NOW).violation()
    norm = {"name": "order", "value": 0, "source": "x", "valid_from": str(TODAY)}
    made = (await world.bureau.post("/v1/norms", json=norm)).json()
    await world.bureau.post(f"/v1/norms/{made['id']}/withdrawal", json={"reason": "录入有误"})
    assert [await escalate(world, days) for days in (1, 3, 4)] == [0, 0, 1]


async def test_what_is_late_is_told_level_by_level_once(world: World) -> None:
    institution = await world.institution("g1")
    docket = Docket(world.sessions, institution, NOW)
    violation = await docket.violation()
    await assign(world, institution, Role.STREET_OFFICER, "gone")
    await assign(world, institution, Role.STREET_OFFICER, "street-1", sequence=2)
    await assign(world, institution, Role.STREET_OFFICER, "older", sequence=1)
    await assign(world, institution, Role.DISTRICT_OFFICER, "district-1")
    (duty,) = (await world.bureau.get("/v1/duties")).json()["items"]
    assert (duty["step"], duty["owner"], duty["due_on"]) == ("order", "street-1", str(TODAY + timedelta(days=3)))
    assert [await escalate(world, days) for days in (3, 4, 4, 5, 6, 9, 10, 11)] == [0, 1, 0, 0, 1, 0, 2, 0]
    told = (await world.bureau.get("/v1/escalations")).json()["items"]
    assert [(one["level"], one["role"], one["officer"], one["days_late"]) for one in told] == [
        ("escalation.1", "street_officer", "street-1", 1),
        ("escalation.2", "district_officer", "district-1", 3),
        ("escalation.3", "industry_department", None, 7),
        ("escalation.3", "bureau", None, 7),
    ]
    assert {one["subject_id"] for one in told} == {str(violation)}
    ((type_, version, payload),) = await world.facts(told[0]["id"])
    assert (type_, version, payload["officer"]) == ("inspection.escalation.raised.v1", 1, "street-1")
    narrowed = await world.officer("140213").get("/v1/escalations", params={"level": "escalation.3"})
    assert len(narrowed.json()["items"]) == 2
    assert (await world.officer("140214").get("/v1/escalations")).json()["items"] == []


async def test_two_workers_tell_it_once(world: World) -> None:
    docket = Docket(world.sessions, await world.institution("g1"), NOW)
    for _ in range(5):
        await docket.violation()
    told = await asyncio.gather(*(escalate(world, 30) for _ in range(4)))
    assert sum(told) == 5 * 4
    async with world.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Escalation)) == 5 * 4


async def test_the_worker_looks_by_itself(world: World) -> None:
    docket = Docket(world.sessions, await world.institution("g1"), NOW)
    await docket.violation(ago=30)
    watch = Watch(world.service.app.state.settings, world.service.app.state.engine, world.sessions)
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    async with asyncio.timeout(20):
        while not (await world.bureau.get("/v1/escalations")).json()["items"]:
            await asyncio.sleep(0.02)
    stop.set()
    await running
    assert isinstance(world.service.app.state.settings, Settings)
    assert await watch.look() == 0


async def test_how_the_teams_do(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    await world.bureau.post("/v1/teams", json=TEAM | {"code": "t3", "district": "140214", "grids": ["g3"]})
    institution = await world.institution("g1")
    inspector = world.inspector("t1")
    for outcome in ("inspected", "inspected", "closed_door", None):
        visit = (await world.bureau.post("/v1/visits", json={"institution_id": str(institution)})).json()["id"]
        if outcome is not None:
            found = [{"severity": "low", "description": "x"}] if outcome == "inspected" else []
            await inspector.post(f"/v1/visits/{visit}/start")
            await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": outcome, "violations": found})
    async with world.sessions.begin() as session:
        await session.execute(update(Visit).where(Visit.state == "planned").values(planned_at=after(-60)))
    answer = await world.officer("140213").get("/v1/team-performance")
    (team,) = answer.json()["items"]
    assert {name: team[name] for name in ("team", "visits", "closed_door", "closed_door_share", "violations")} == {
        "team": "t1", "visits": 3, "closed_door": 1, "closed_door_share": 0.3333, "violations": 2,
    }  # fmt: skip
    assert (team["load"], team["overdue"], team["agreement"]) == (6, 1, None)
    assert team["pace"] is None or team["pace"] > 0
    everybody = (await world.bureau.get("/v1/team-performance", params={"limit": 1})).json()
    assert [one["team"] for one in everybody["items"]] == ["t1"]
    more = await world.bureau.get("/v1/team-performance", params={"limit": 1, "cursor": everybody["next_cursor"]})
    assert [one["team"] for one in more.json()["items"]] == ["t3"]
    odd = await world.bureau.get("/v1/team-performance", params={"first_day": "2026-02-01", "last_day": "2026-01-01"})
    assert (odd.status_code, odd.json()["code"]) == (422, "period-unfit")


async def test_a_fine_on_record_keeps_its_day(world: World) -> None:
    """An extension gives the duty a new day; what was told of the old one stays told."""
    docket = Docket(world.sessions, await world.institution("g1"), NOW)
    await docket.officers()
    case = await docket.case("inquire", penalty=FINE)
    assert await escalate(world, 92) > 0
    extended = await world.bureau.post(
        f"/v1/cases/{case}/extension", json={"until": str(TODAY + timedelta(days=120)), "reason": "复杂"}
    )
    assert extended.status_code == 200, extended.text
    before = (await world.bureau.get("/v1/escalations", params={"step": "case_decision"})).json()["items"]
    assert await escalate(world, 92) == 0
    assert await escalate(world, 122) > 0
    since = (await world.bureau.get("/v1/escalations", params={"step": "case_decision"})).json()["items"]
    assert len(since) == len(before) + 1


async def launched(world: World, *, days: int = 30) -> str:
    body = {"name": "x", "scope": {}, "starts_on": str(TODAY), "ends_on": str(TODAY + timedelta(days=days))}
    path = (await world.bureau.post("/v1/campaigns", json=body)).headers["location"]
    return str((await world.bureau.post(f"{path}/launch")).json()["id"])


async def owed_targets(world: World, **filters: Any) -> list[tuple[str | None, int]]:
    asked: dict[str, Any] = {"step": "target", "limit": 1} | filters
    owed: list[dict[str, Any]] = []
    while True:
        page = (await world.bureau.get("/v1/duties", params=asked)).json()
        owed += page["items"]
        if page["next_cursor"] is None:
            return [(one["team"], one["number"]) for one in owed]
        asked["cursor"] = page["next_cursor"]


async def test_targets_nobody_set_out_for_are_owed_by_campaign_and_team(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    await world.bureau.post("/v1/teams", json=TEAM | {"code": "t3", "district": "140214", "grids": ["g3"]})
    first, *_ = [str(await world.institution(grid)) for grid in ("g1", "g1", "g1", "g2", "g3")]
    campaign = await launched(world)
    assert await owed_targets(world) == [(None, 1), ("t1", 3), ("t3", 1)]
    (ours,) = (await world.inspector("t1").get("/v1/duties")).json()["items"]
    assert (ours["subject_id"], ours["number"], ours["role"]) == (campaign, 3, "district_officer")
    (theirs,) = (await world.officer("140214").get("/v1/duties")).json()["items"]
    assert (theirs["team"], theirs["due_on"]) == ("t3", str(TODAY + timedelta(days=30)))
    (team,) = (await world.officer("140214").get("/v1/team-performance")).json()["items"]
    assert (team["load"], team["overdue"]) == (1, 0)
    inspector = world.inspector("t1")
    steps = []
    for outcome in ("closed_door", "inspected"):
        planned = await inspector.post("/v1/visits", json={"institution_id": first, "campaign_id": campaign})
        visit = planned.json()["id"]
        for act, said in (("start", {}), ("submission", {"outcome": outcome})):
            steps.append(await owed_targets(world, team="t1"))
            await inspector.post(f"/v1/visits/{visit}/{act}", json=said)
        steps.append(await owed_targets(world, team="t1"))
    assert steps == [[("t1", 2)]] * 6
    await escalate(world, 31)
    told = (await world.bureau.get("/v1/escalations", params={"step": "target"})).json()["items"]
    assert {(one["team"], one["subject_id"]) for one in told} == {(team, campaign) for team in (None, "t1", "t3")}
    assert (len(told), await escalate(world, 31)) == (3, 0)
    (team,) = (await world.bureau.get("/v1/team-performance", params={"limit": 1})).json()["items"]
    assert (team["load"], team["overdue"]) == (4, 0), "two targets, and two visits to be reviewed"


async def test_a_visit_under_way_is_owed_and_so_is_one_sent_back(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution, inspector = str(await world.institution("g1")), world.inspector("t1")
    visit = (await inspector.post("/v1/visits", json={"institution_id": institution})).json()["id"]
    await inspector.post(f"/v1/visits/{visit}/start")
    async with world.sessions.begin() as session:
        await session.execute(update(Visit).values(started_at=after(-5)))
    (duty,) = (await world.bureau.get("/v1/duties", params={"step": "submission"})).json()["items"]
    assert (duty["subject_id"], duty["due_on"], duty["days_late"]) == (visit, str(TODAY - timedelta(days=4)), 4)
    await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "inspected"})
    await world.bureau.post(f"/v1/visits/{visit}/review", json={"accepted": False, "note": "重来"})
    (duty,) = (await world.bureau.get("/v1/duties")).json()["items"]
    assert (duty["step"], duty["due_on"]) == ("submission", str(TODAY + timedelta(days=1)))


async def test_who_is_looked_at_again_is_not_told_through_duties(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    await world.bureau.post("/v1/teams", json=TEAM | {"code": "t2", "grids": ["g2"]})
    inspector = world.inspector("t1", district="140213")
    for by_team in (None, "t2"):
        institution = str(await world.institution("g1"))
        visit = (await inspector.post("/v1/visits", json={"institution_id": institution})).json()["id"]
        await inspector.post(f"/v1/visits/{visit}/start")
        await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "inspected"})
        days = {"first_day": str(TODAY), "last_day": str(TODAY)}
        drawn = await world.bureau.post(
            "/v1/rechecks", json={"team": "t1", "share_bp": 10_000, "by_team": by_team} | days
        )
        assert drawn.status_code == 201, drawn.text
    await escalate(world, 20)
    colleague = world.inspector("t2", district="140213")
    nobodys = world.service("inspector", district="140213", team="t0", subject="i")
    for path in ("/v1/duties", "/v1/escalations"):
        seen = {}
        for name, who in (
            ("t1", inspector),
            ("t2", colleague),
            ("none", nobodys),
            ("officer", world.officer("140213")),
        ):
            items = (await who.get(path, params={"step": "recheck", "limit": 200})).json()["items"]
            seen[name] = {one["team"] for one in items}
        assert seen == {"t1": set(), "t2": {"t2"}, "none": set(), "officer": {None, "t2"}}
