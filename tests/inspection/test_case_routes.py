"""`/v1/cases` on the real database: what it takes from other slices, who sees what, and the two services' answers."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.inspection.penalties.cases.domain import Case
from services.inspection.rulebook.calendars.queries import working_calendar
from services.inspection.rulebook.offences.domain import Gravity
from services.inspection.subscriptions import INBOX
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from shared.events.registry.calendars import CalendarDay, CalendarDayCorrected, CalendarYearPublished
from shared.events.registry.proposals import ProposalAccepted, ProposalDismissed
from tests.inspection.conftest import AT, World
from tests.inspection.docket import FINE, OFFICERS, REVOCATION, Docket, kept_evidence
from tests.metrics.deliveries import deliver

NOTICE = {"facts": "x", "reasons": "x", "basis": "x", "rights_told": True, "penalties": [{"kind": "warning"}]}


@pytest.fixture
async def docket(world: World) -> Docket:
    docket = Docket(world.sessions, await world.institution("g1"), utc_now())
    await docket.officers()
    return docket


async def test_a_case_from_filing_to_closure(world: World, docket: Docket) -> None:
    violation = await docket.violation()
    officer, operator = world.officer("140213"), world.service("operator", institution=str(docket.institution))
    filing = {"grounds": "举报属实", "acts_from": str(china_date(utc_now())), "officers": OFFICERS}
    alone = await officer.post(f"/v1/violations/{violation}/case", json=filing | {"officers": ["officer-a", "x"]})
    assert (alone.status_code, alone.json()["facts"]["article"]) == (409, "第四十二条")
    filed = await officer.post(f"/v1/violations/{violation}/case", json=filing)
    assert filed.status_code == 201, filed.text
    twice = await officer.post(f"/v1/violations/{violation}/case", json=filing)
    assert twice.json()["code"] == "case-open-already"
    path, case = filed.headers["location"], filed.json()["id"]
    assert (await operator.get(path)).status_code == 404
    clock = (await officer.get(f"{path}/clock")).json()
    assert [block["code"] for block in clock["blocks"]] == [
        "notice-missing", "rectification-not-ordered", "facts-unproven",
    ]  # fmt: skip
    assert [(tick["name"], tick["article"]) for tick in clock["deadlines"]] == [
        ("limitation", "第三十六条"), ("decision", "第六十条"),
    ]  # fmt: skip
    evidence = kept_evidence(violation, docket.institution, at=utc_now())
    async with world.sessions.begin() as session:
        session.add(evidence)
    inquiry = {"officers": OFFICERS, "identity_shown": True, "record": "笔录", "evidence": [str(evidence.id)]}
    elsewhere = kept_evidence(new_id(), await world.institution("g1"), at=utc_now())
    async with world.sessions.begin() as session:
        session.add(elsewhere)
    unfit = await officer.post(f"{path}/exhibits", json={"evidence": [str(elsewhere.id)]})
    assert (unfit.status_code, unfit.json()["code"]) == (409, "evidence-unfit")
    assert (await officer.post(f"{path}/inquiries", json=inquiry)).json()["state"] == "investigating"
    assert (await officer.post(f"{path}/penalty-notice", json=NOTICE)).json()["state"] == "notified"
    assert (await operator.get(path)).json()["notice"]["facts"] == "x"
    assert [one["id"] for one in (await operator.get("/v1/cases")).json()["items"]] == [case]
    assert (await operator.get(f"{path}/clock")).json()["blocks"] == []
    said = await operator.post(f"{path}/statement", json={"text": "请从轻"})
    assert [one["by"] for one in said.json()["statements"]] == ["operator-1"]
    decision = {"penalties": [{"kind": "warning"}], "grounds": "x", "answer": "已复核"}
    void = await officer.post(f"{path}/decision", json=decision)
    assert (void.json()["code"], void.json()["facts"]["article"]) == ("rectification-not-ordered", "第二十八条")
    await officer.post(f"/v1/violations/{violation}/rectification-order", json={"requirement": "停止"})
    decided = await officer.post(f"{path}/decision", json=decision)
    assert (decided.json()["state"], decided.json()["decision"]["by"]) == ("decided", "district_officer-1")
    assert (await officer.post(f"{path}/service", json={"method": "直接送达"})).json()["state"] == "served"
    closed = await officer.post(f"{path}/closure")
    assert (closed.json()["state"], closed.json()["outcome"]) == ("closed", "served")
    assert [type_.split(".")[2] for type_, _, _ in await world.facts(case)] == [
        "filed", "step_taken", "notified", "step_taken", "decided", "served", "closed",
    ]  # fmt: skip


KEPT_BACK = {
    "review", "inquiries", "exhibits", "grounds", "filed_by", "recused", "team", "gravity", "extended_by",
    "extension_reason",
}  # fmt: skip


async def test_a_party_reads_what_it_was_told_and_not_the_file(world: World, docket: Docket) -> None:
    steps = ("order", "inquire", "review", "notify")
    case = await docket.case(*steps, penalty=REVOCATION, gravity=Gravity.SERIOUS)
    path, operator = f"/v1/cases/{case}", world.service("operator", institution=str(docket.institution))
    read, listed = await operator.get(path), (await operator.get("/v1/cases")).json()
    said = await operator.post(f"{path}/statement", json={"text": "请从轻"})
    asked = await operator.post(f"{path}/hearing-request")
    for shown in (read.json(), *listed["items"], said.json(), asked.json()):
        assert shown["notice"]["penalties"] == [{"kind": "revocation", "amount_fen": None, "until": None}]
        assert not KEPT_BACK & set(shown)
    assert "询问笔录" not in read.text
    assert asked.json()["state"] == "hearing"
    for caller in (world.bureau, world.officer("140213")):
        full = (await caller.get(path)).json()
        assert set(full) >= KEPT_BACK
        assert (full["review"]["by"], full["inquiries"][0]["record"]) == ("jurist", "询问笔录")
        assert set((await caller.get("/v1/cases")).json()["items"][0]) >= KEPT_BACK


async def test_the_same_act_is_fined_once(world: World, docket: Docket) -> None:
    steps = ("order", "inquire", "notify")
    first = await docket.case(*steps, penalty=FINE, gravity=Gravity.SERIOUS)
    second = await docket.case(*steps, penalty=FINE, gravity=Gravity.SERIOUS)
    body = {"penalties": [{"kind": "fine", "amount_fen": 100_000}], "grounds": "x"}
    async with world.sessions.begin() as session:
        cases = [await session.get(Case, UUID(one)) for one in (first, second)]
        for case in cases:
            assert case is not None
            case.acts_from = date(2024, 1, 1)
    answers = await asyncio.gather(
        *(world.bureau.post(f"/v1/cases/{one}/decision", json=body) for one in (first, second))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert (refused.json()["code"], refused.json()["facts"]["article"]) == ("fined-already", "第二十九条")
    second = (first, second)[answers.index(refused)]
    spare = await world.bureau.post(f"/v1/cases/{second}/leniency", json={"grounds": "x"})
    assert spare.json()["facts"]["first"] is False


async def test_revocation_is_proposed_and_the_answer_heard(world: World, docket: Docket) -> None:
    case = await docket.case(
        "order", "inquire", "review", "notify", "decide+20", penalty=REVOCATION, gravity=Gravity.SERIOUS, ago=30
    )
    facts = await world.facts(case)
    decided = next(payload for type_, _, payload in facts if type_ == "inspection.case.decided.v1")
    assert [one["kind"] for one in decided["proposals"]] == ["revocation"]
    said = {"case_id": UUID(case), "institution_id": docket.institution, "district": None, "street": None, "at": AT}
    followed = ProposalAccepted(**said, proposal_id=new_id(), kind="revocation", permit_ids=[], notice_id=None)
    refused = ProposalDismissed(**said, proposal_id=new_id(), kind="notice", grounds="x")
    for event in (followed, followed, refused):
        async with world.sessions.begin() as session:
            await INBOX.handle(session, [deliver(event)])
    shown = (await world.bureau.get(f"/v1/cases/{case}")).json()
    assert [(one["kind"], one["accepted"]) for one in shown["answers"]] == [("revocation", True), ("notice", False)]


async def test_the_calendar_comes_from_the_registry(world: World, docket: Docket) -> None:
    today = china_date(utc_now())
    holiday = CalendarDay(on=today + timedelta(days=1), kind="public_holiday", name="x")
    year = CalendarYearPublished(year_id=new_id(), year=holiday.on.year, source="x", days=[holiday], at=AT)
    worked = CalendarDayCorrected(
        year_id=year.year_id, on=holiday.on + timedelta(days=1), kind="makeup_workday", name="x", source="x", at=AT
    )
    back = worked.model_copy(update={"kind": None, "name": None})
    for event, known in ((year, 1), (year, 1), (worked, 2), (worked, 2), (back, 1)):
        async with world.sessions.begin() as session:
            await INBOX.handle(session, [deliver(event)])
            calendar = await working_calendar(session, today)
            assert (len(calendar.days), holiday.on.year in calendar.published) == (known, True)
            assert not calendar.is_working_day(holiday.on)


async def test_a_case_needs_a_basis_in_law(world: World, docket: Docket) -> None:
    bare = {"institution_id": str(docket.institution), "severity": "low", "description": "x"}
    violation = (await world.bureau.post("/v1/violations", json=bare)).json()["id"]
    filing = {"grounds": "x", "acts_from": str(china_date(utc_now())), "officers": OFFICERS}
    none = await world.bureau.post(f"/v1/violations/{violation}/case", json=filing)
    assert none.json()["code"] == "no-penalty-basis"
    unknown = await world.bureau.post(f"/v1/violations/{violation}/case", json=filing | {"offence": "no.such"})
    assert unknown.json()["code"] == "offence-unknown"
    named = await world.bureau.post(f"/v1/violations/{violation}/case", json=filing | {"offence": "scope.disguised"})
    assert named.status_code == 201, named.text
    gone = await world.bureau.post(f"/v1/cases/{named.json()['id']}/withdrawal", json={"grounds": "误立"})
    assert gone.json()["state"] == "withdrawn"
    assert (
        await world.bureau.post(f"/v1/violations/{violation}/case", json=filing | {"offence": "scope.disguised"})
    ).status_code == 201


async def test_no_case_is_filed_on_what_was_withdrawn(world: World, docket: Docket) -> None:
    bare = {"institution_id": str(docket.institution), "severity": "low", "description": "x"}
    violation = (await world.bureau.post("/v1/violations", json=bare)).json()["id"]
    taken = await world.bureau.post(f"/v1/violations/{violation}/withdrawal", json={"reason": "误报"})
    assert taken.status_code == 200, taken.text
    filing = {"grounds": "x", "acts_from": str(china_date(utc_now())), "officers": OFFICERS}
    refused = await world.bureau.post(f"/v1/violations/{violation}/case", json=filing | {"offence": "scope.disguised"})
    assert (refused.status_code, refused.json()["code"]) == (409, "violation-withdrawn")
