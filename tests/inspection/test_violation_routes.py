"""`/v1/violations` from report to verification, by the people who do it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World
from tests.inspection.docket import kept_evidence
from tests.inspection.phones import Phone

TEAM = {"code": "t1", "name": "t1", "district": "140213", "grids": ["g1"]}


async def test_a_violation_is_put_right_and_verified(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution = await world.institution("g1")
    inspector, operator = world.inspector("t1"), world.service("operator", institution=str(institution))
    body = {"institution_id": str(institution), "severity": "moderate", "description": "无证授课", "clause": "3.1"}
    made = await inspector.post("/v1/violations", json=body)
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    assert made.json()["found_on"] == str(china_date(utc_now()))
    early = await operator.post(f"{path}/rectification", json={"statement": "x"})
    assert (early.status_code, early.json()["code"]) == (409, "violation-not-under-order")
    order = await inspector.post(f"{path}/rectification-order", json={"requirement": "停课整改"})
    assert order.json()["due_on"] == str(china_date(utc_now()) + timedelta(days=15))
    twice = await inspector.post(f"{path}/rectification-order", json={"requirement": "停课整改"})
    assert twice.json()["code"] == "violation-not-awaiting-order"
    unready = await inspector.post(f"{path}/verification", json={"holds": True})
    assert unready.json()["code"] == "violation-not-rectified"
    assert (await operator.post(f"{path}/rectification", json={"statement": "已整改"})).json()["state"] == "rectified"
    back = await inspector.post(f"{path}/verification", json={"holds": False, "note": "周日仍开课"})
    assert back.json()["state"] == "rectification_ordered"
    await inspector.post(f"{path}/rectification", json={"statement": "代报：已整改"})
    unexplained = await world.officer("140213").post(f"{path}/verification", json={"holds": True})
    assert (unexplained.status_code, unexplained.json()["code"]) == (422, "verification-unexplained")
    grounds = {"holds": True, "note": "已核对退费凭证"}
    closed = await world.officer("140213").post(f"{path}/verification", json=grounds)
    assert (closed.json()["state"], closed.json()["verified_by"]) == ("closed", "district_officer-1")
    assert [payload["state"] for _, _, payload in await world.facts(made.json()["id"])] == [
        "reported",
        "rectification_ordered",
        "rectified",
        "rectification_ordered",
        "rectified",
        "closed",
    ]


@pytest.mark.parametrize(("severity", "days"), [("low", 30), ("moderate", 15), ("high", 3)])
async def test_severity_decides_the_day(world: World, severity: str, days: int) -> None:
    institution = await world.institution("g1")
    body = {"institution_id": str(institution), "severity": severity, "description": "x"}
    path = (await world.bureau.post("/v1/violations", json=body)).headers["location"]
    past = await world.bureau.post(
        f"{path}/rectification-order", json={"requirement": "x", "due_on": str(china_date(utc_now()) - timedelta(1))}
    )
    assert (past.status_code, past.json()["code"]) == (422, "due-on-past")
    order = await world.bureau.post(f"{path}/rectification-order", json={"requirement": "x"})
    assert order.json()["due_on"] == str(china_date(utc_now()) + timedelta(days=days))


async def test_everybody_sees_what_is_theirs(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    ours, theirs = await world.institution("g1"), await world.institution("g3")
    paths = []
    for institution in (ours, theirs):
        body = {"institution_id": str(institution), "severity": "low", "description": "x"}
        paths.append((await world.bureau.post("/v1/violations", json=body)).headers["location"])
    people = {
        "operator": world.service("operator", institution=str(ours)),
        "inspector": world.inspector("t1"),
        "officer": world.officer("140213"),
    }
    for client in people.values():
        listed = (await client.get("/v1/violations")).json()["items"]
        assert [one["institution_id"] for one in listed] == [str(ours)]
        assert (await client.get(paths[0])).status_code == 200
        assert (await client.get(paths[1])).status_code == 404
    odd = world.service("operator", institution="not-an-id")
    assert (await odd.get("/v1/violations")).json()["items"] == []
    assert (await people["operator"].post(f"{paths[1]}/rectification", json={"statement": "x"})).status_code == 404
    assert (await people["operator"].post(f"{paths[0]}/verification", json={"holds": True})).status_code == 403
    filtered = await world.bureau.get("/v1/violations", params={"grid": "g3", "severity": "low", "state": "reported"})
    assert [one["institution_id"] for one in filtered.json()["items"]] == [str(theirs)]
    elsewhere = {"institution_id": str(theirs), "severity": "low", "description": "x"}
    assert (await people["officer"].post("/v1/violations", json=elsewhere)).status_code == 404


async def test_without_an_institution_the_grid_is_named(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    body = {"severity": "high", "description": "地下室无名培训点"}
    assert (await world.bureau.post("/v1/violations", json=body)).json()["code"] == "place-missing"
    made = await world.inspector("t1").post("/v1/violations", json=body | {"grid": "g1"})
    assert (made.status_code, made.json()["team"], made.json()["district"]) == (201, "t1", "140213")
    undrawn = await world.inspector("t1").post("/v1/violations", json=body | {"grid": "nowhere"})
    assert (undrawn.status_code, undrawn.json()["code"]) == (422, "grid-unknown")
    future = body | {"grid": "g1", "found_on": "2999-01-01"}
    assert (await world.bureau.post("/v1/violations", json=future)).json()["code"] == "found-in-future"


async def test_a_re_visit_closes_it_or_puts_it_back(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution = await world.institution("g1")
    inspector, operator = world.inspector("t1"), world.service("operator", institution=str(institution))
    body = {"institution_id": str(institution), "severity": "moderate", "description": "无证授课"}
    violation = (await inspector.post("/v1/violations", json=body)).json()["id"]
    path = f"/v1/violations/{violation}"
    order = (await inspector.post(f"{path}/rectification-order", json={"requirement": "停课"})).json()
    later = {"due_on": str(china_date(utc_now()) + timedelta(days=40)), "reason": "装修"}
    assert (await inspector.post(f"{path}/extension", json=later)).status_code == 403
    extended = await world.officer("140213").post(f"{path}/extension", json=later)
    assert (extended.json()["due_on"], extended.json()["extended_by"]) == (later["due_on"], "district_officer-1")
    assert extended.json()["due_on"] > order["due_on"]
    shown, elsewhere = [
        kept_evidence(UUID(violation), place, at=utc_now()) for place in (institution, await world.institution("g2"))
    ]
    shown.announced_by = "operator-1"
    elsewhere.subject_id = new_id()
    async with world.sessions.begin() as session:
        session.add_all([shown, elsewhere])
    ids = [str(shown.id), str(elsewhere.id), str(new_id())]
    unfit = await operator.post(f"{path}/rectification", json={"statement": "已停课", "evidence": ids})
    assert (unfit.status_code, unfit.json()["code"], unfit.json()["facts"]["evidence"]) == (
        409,
        "evidence-unfit",
        ids[1:],
    )
    done = await operator.post(f"{path}/rectification", json={"statement": "已停课", "evidence": ids[:1]})
    assert done.json()["evidence"] == ids[:1]

    async def planned() -> list[str]:
        visits = (await inspector.get("/v1/visits", params={"state": "planned"})).json()["items"]
        assert {(one["purpose"], one["reference_id"]) for one in visits} <= {("verification", violation)}
        return [one["id"] for one in visits]

    async def look(passed: bool | None, outcome: str = "inspected") -> str:
        (visit,) = await planned()
        await inspector.post(f"/v1/visits/{visit}/start")
        answer = await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": outcome, "passed": passed})
        assert answer.status_code == 200, answer.text
        return visit

    await look(None, "closed_door")
    assert (await inspector.get(path)).json()["state"] == "rectified"
    await look(False)
    assert (await inspector.get(path)).json()["state"] == "rectification_ordered"
    assert await planned() == []
    await operator.post(f"{path}/rectification", json={"statement": "再次整改"})
    visit = await look(True)
    closed = (await inspector.get(path)).json()
    assert (closed["state"], closed["verification_visit_id"], closed["overdue"]) == ("closed", visit, False)
    reviewed = await world.officer("140213").post(f"/v1/visits/{visit}/review", json={"accepted": False})
    assert reviewed.status_code == 200
    again = await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "inspected", "passed": False})
    assert again.status_code == 200
    assert (await inspector.get(path)).json()["state"] == "rectification_ordered"


@dataclass
class Rectified:
    """A violation whose rectification was reported, and the people around it."""

    world: World
    path: str

    @classmethod
    async def make(cls, world: World) -> "Rectified":
        await world.bureau.post("/v1/teams", json=TEAM)
        body = {"institution_id": str(await world.institution("g1")), "severity": "low", "description": "x"}
        path = (await world.inspector("t1").post("/v1/violations", json=body)).headers["location"]
        await world.inspector("t1").post(f"{path}/rectification-order", json={"requirement": "x"})
        made = cls(world, path)
        await made.rectify()
        return made

    async def rectify(self) -> None:
        said = await self.world.inspector("t1").post(f"{self.path}/rectification", json={"statement": "x"})
        assert said.status_code == 200, said.text

    async def state(self) -> str:
        return str((await self.world.bureau.get(self.path)).json()["state"])

    async def visits(self, state: str) -> list[str]:
        found = await self.world.bureau.get("/v1/visits", params={"state": state})
        return [one["id"] for one in found.json()["items"]]

    async def start(self) -> str:
        (visit,) = await self.visits("planned")
        assert (await self.world.inspector("t1").post(f"/v1/visits/{visit}/start")).status_code == 200
        return visit

    async def submit(self, visit: str, passed: bool | None, outcome: str = "inspected") -> None:
        said = {"outcome": outcome, "passed": passed}
        answer = await self.world.inspector("t1").post(f"/v1/visits/{visit}/submission", json=said)
        assert (answer.status_code, answer.json()["state"], answer.json()["passed"]) == (200, "done", passed)


async def test_a_re_visit_sent_back_closes_no_later_rectification(world: World) -> None:
    it = await Rectified.make(world)
    first = await it.start()
    await it.submit(first, passed=False)
    await it.rectify()
    sent_back = await world.officer("140213").post(f"/v1/visits/{first}/review", json={"accepted": False})
    assert sent_back.status_code == 200
    second = await it.visits("planned")
    await it.submit(first, passed=True)
    assert (await it.state(), await it.visits("planned")) == ("rectified", second)
    await it.submit(await it.start(), passed=True)
    assert await it.state() == "closed"


@pytest.mark.parametrize("passed", [True, False])
async def test_a_re_visit_under_way_concludes_no_later_rectification(world: World, passed: bool) -> None:
    it = await Rectified.make(world)
    first = await it.start()
    verified = await world.officer("140213").post(f"{it.path}/verification", json={"holds": False})
    assert verified.status_code == 200
    await it.rectify()
    second = await it.start()
    await it.submit(first, passed=passed)
    assert (await it.state(), await it.visits("planned"), await it.visits("started")) == ("rectified", [], [second])
    await it.submit(second, None, "closed_door")
    (third,) = await it.visits("planned")
    await world.officer("140213").post(f"/v1/visits/{first}/review", json={"accepted": False})
    await it.submit(first, passed=passed)
    assert (await it.state(), await it.visits("planned")) == ("rectified", [third])
    await it.submit(await it.start(), passed=True)
    assert await it.state() == "closed"


async def test_a_phone_whose_clock_was_put_forward_still_concludes(world: World) -> None:
    phone = Phone(world.inspector("t1"))
    await phone.enrol()
    it = await Rectified.make(world)
    (visit,) = await it.visits("planned")
    begun = phone.operation("start_visit", visit, base=1, at=utc_now() - timedelta(days=1))
    ended = phone.operation("submit_visit", visit, base=2, after=[begun], outcome="inspected", passed=True)
    assert await phone.push(begun, ended) == ["applied", "applied"]
    shown, violation = [(await world.bureau.get(path)).json() for path in (f"/v1/visits/{visit}", it.path)]
    assert shown["started_at"] < violation["rectified_at"]
    assert violation["state"] == "closed"


async def test_a_re_visit_after_a_closed_door_is_planned_after_the_rectification(world: World) -> None:
    phone = Phone(world.inspector("t1"))
    await phone.enrol()
    it = await Rectified.make(world)
    (visit,) = await it.visits("planned")
    early = utc_now() - timedelta(days=1)
    begun = phone.operation("start_visit", visit, base=1, at=early)
    ended = phone.operation("submit_visit", visit, base=2, after=[begun], at=early, outcome="closed_door")
    assert await phone.push(begun, ended) == ["applied", "applied"]
    again = await it.start()
    await it.submit(again, passed=True)
    assert (await it.state(), again != visit) == ("closed", True)


async def test_a_phone_that_began_before_a_later_rectification_closes_nothing(world: World) -> None:
    phone = Phone(world.inspector("t1"))
    await phone.enrol()
    it = await Rectified.make(world)
    (first,) = await it.visits("planned")
    begun = phone.operation("start_visit", first, base=1)
    ended = phone.operation("submit_visit", first, base=2, after=[begun], outcome="inspected", passed=True)
    await world.officer("140213").post(f"{it.path}/verification", json={"holds": False})
    await it.rectify()
    assert "applied" not in await phone.push(begun, ended)
    (second,) = await it.visits("planned")
    assert (await it.state(), second != first) == ("rectified", True)


async def test_an_officers_own_look_calls_the_re_visit_off(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution = await world.institution("g1")
    inspector = world.inspector("t1")
    body = {"institution_id": str(institution), "severity": "low", "description": "x"}
    path = (await inspector.post("/v1/violations", json=body)).headers["location"]
    await inspector.post(f"{path}/rectification-order", json={"requirement": "x"})
    await inspector.post(f"{path}/rectification", json={"statement": "x"})
    await inspector.post(f"{path}/verification", json={"holds": True, "note": "已到场"})
    (visit,) = (await inspector.get("/v1/visits")).json()["items"]
    assert (visit["purpose"], visit["state"]) == ("verification", "called_off")
    overdue = await inspector.get("/v1/violations", params={"overdue": "true"})
    assert overdue.json()["items"] == []


async def test_what_was_reported_by_mistake_is_withdrawn_before_anybody_acts(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    breach = {"institution_id": str(await world.institution("g1")), "severity": "low", "description": "x"}
    first, second = [(await world.inspector("t1").post("/v1/violations", json=breach)).json()["id"] for _ in range(2)]
    why, officer = {"reason": "误报"}, world.officer("140213")
    assert (await world.inspector("t1").post(f"/v1/violations/{first}/withdrawal", json=why)).status_code == 403
    done = await officer.post(f"/v1/violations/{first}/withdrawal", json=why)
    assert (done.status_code, done.json()["state"], done.json()["withdrawal_reason"]) == (200, "withdrawn", "误报")
    assert [kind for kind, _, _ in await world.facts(first)][-1] == "inspection.violation.withdrawn.v1"
    await officer.post(f"/v1/violations/{second}/rectification-order", json={"requirement": "x"})
    for one in (first, second):
        refused = await officer.post(f"/v1/violations/{one}/withdrawal", json=why)
        assert (refused.status_code, refused.json()["code"]) == (409, "violation-not-withdrawable")


async def test_an_answer_put_right_takes_its_violation_back_and_leaves_what_was_acted_on(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    inspector, officer = world.inspector("t1"), world.officer("140213")
    plan = {"institution_id": str(await world.institution("g1"))}
    url = f"/v1/visits/{(await world.bureau.post('/v1/visits', json=plan)).json()['id']}"
    await inspector.post(f"{url}/start")
    said = [{"severity": "low", "description": text} for text in ("a", "b", "c")]
    submitted = await inspector.post(f"{url}/submission", json={"outcome": "inspected", "violations": said})
    visit = submitted.json()["id"]
    found = (await officer.get("/v1/violations", params={"visit": visit})).json()["items"]
    ids = {one["description"]: one["id"] for one in found}
    await officer.post(f"/v1/violations/{ids['b']}/rectification-order", json={"requirement": "x"})
    await officer.post(f"{url}/review", json={"accepted": False})
    again = await inspector.post(f"{url}/submission", json={"outcome": "inspected", "violations": said[:1]})
    assert again.status_code == 200, again.text
    found = (await officer.get("/v1/violations", params={"visit": visit})).json()["items"]
    assert {one["description"]: one["state"] for one in found} == {
        "a": "reported", "b": "rectification_ordered", "c": "withdrawn",
    }  # fmt: skip
    assert (await world.facts(visit))[-1][2]["violations"] == 2
    await officer.post(f"{url}/review", json={"accepted": False})
    await inspector.post(f"{url}/submission", json={"outcome": "inspected", "violations": said})
    found = (await officer.get("/v1/violations", params={"visit": visit})).json()["items"]
    assert [one["state"] for one in found if one["description"] == "c"] == ["withdrawn", "reported"]
