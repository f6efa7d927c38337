"""Complaints from the street to the answer: nobody learns who complained, and everybody learns what was found."""

import asyncio
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from services.inspection.field.targets.domain import TargetNotFound
from services.inspection.subscriptions import INBOX
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from shared.events.afterschool.homework import HomeworkReported
from shared.facts.journal import journal
from tests.inspection.conftest import World
from tests.metrics.deliveries import deliver_all

TEAM = {"code": "t1", "name": "t1", "district": "140213", "grids": ["g1"]}
SAID = {
    "subject": "fees", "text": "一次收了半年", "institution_name": "晨光", "district": "140213",
    "contact": {"name": "某家长", "phone": "13800000000"},
}  # fmt: skip

NUMBERS = count(100)


async def entered(world: World, **more: Any) -> str:
    """A complaint of the hotline, by its path."""
    body = {"subject": "fees", "text": "x", "district": "140213", "hotline_no": str(next(NUMBERS))} | more
    made = await world.bureau.post("/v1/complaints", json=body)
    assert made.status_code == 201, made.text
    return str(made.headers["location"])


async def test_from_the_street_to_the_answer(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution = str(await world.institution("g1"))
    anybody, officer, inspector = world.service(), world.officer("140213"), world.inspector("t1")
    made = await anybody.post("/v1/public/complaints", json=SAID)
    assert made.status_code == 201, made.text
    receipt = made.headers["location"]
    assert set(made.json()) == {
        "receipt", "state", "subject", "received_on", "due_on", "outcome", "answer", "answered_on",
    }  # fmt: skip
    assert (await anybody.get("/v1/public/complaints/AAAAAAAAAAAAAAAA")).json()["code"] == "receipt-unknown"
    number = made.json()["receipt"]
    grouped = " ".join(number[start : start + 4] for start in range(0, 16, 4))
    for typed in (number.lower(), grouped, grouped.replace(" ", "-"), number.replace("O", "0").replace("I", "1")):
        assert (await anybody.get(f"/v1/public/complaints/{typed}")).json() == made.json(), typed
    assert (await anybody.get(f"/v1/public/complaints/{number}A")).status_code == 422
    (complaint,) = (await officer.get("/v1/complaints")).json()["items"]
    path = f"/v1/complaints/{complaint['id']}"
    (candidate,) = (await officer.get(f"{path}/candidates")).json()["items"]
    assert (candidate["institution_id"], candidate["score"]) == (institution, 100)
    early = await officer.post(f"{path}/visit", json={})
    assert early.json()["code"] == "complaint-state"
    both = await officer.post(f"{path}/match", json={"institution_id": institution, "grid": "g1"})
    assert both.json()["code"] == "match-one-thing"
    matched = await officer.post(f"{path}/match", json={"institution_id": institution})
    assert (matched.json()["state"], matched.json()["team"], matched.json()["matched_by"]) == (
        "matched", "t1", "district_officer-1",
    )  # fmt: skip
    hotline = SAID | {"hotline_no": "12345-1"}
    second = await world.service("service").post("/v1/complaints", json=hotline)
    assert (second.status_code, second.json()["source"]) == (201, "hotline")
    assert (await world.bureau.post("/v1/complaints", json=hotline)).json()["code"] == "hotline-number-taken"
    other = f"/v1/complaints/{second.json()['id']}"
    joined = await officer.post(f"{other}/match", json={"institution_id": institution})
    assert (joined.json()["state"], joined.json()["lead_id"]) == ("joined", complaint["id"])
    sent = await officer.post(f"{path}/visit", json={"note": "看收费台账"})
    assert sent.json()["state"] == "investigating"
    (visit,) = (await inspector.get("/v1/visits")).json()["items"]
    assert (visit["purpose"], visit["reference_id"]) == ("complaint", complaint["id"])
    answer = {"outcome": "substantiated", "answer": "已责令退费"}
    assert (await officer.post(f"{path}/answer", json=answer)).json()["code"] == "complaint-visit-open"
    await inspector.post(f"/v1/visits/{visit['id']}/start")
    await inspector.post(f"/v1/visits/{visit['id']}/submission", json={"outcome": "inspected"})
    assert (await officer.post(f"{path}/answer", json=answer)).json()["state"] == "answered"
    told = (await anybody.get(receipt)).json()
    assert (told["state"], told["outcome"], told["answer"]) == ("answered", "substantiated", "已责令退费")
    assert (await officer.get(other)).json()["answer"] == "已责令退费"
    assert [type_.split(".")[2] for type_, _, _ in await world.facts(second.json()["id"])] == [
        "received", "matched", "joined", "answered",
    ]  # fmt: skip


async def test_who_complained_is_read_with_a_purpose_and_nowhere_else(world: World) -> None:
    institution = str(await world.institution("g1"))
    made = (await world.bureau.post("/v1/complaints", json=SAID | {"hotline_no": "1"})).json()
    path = f"/v1/complaints/{made['id']}"
    await world.bureau.post(f"{path}/match", json={"institution_id": institution})
    officer = world.officer("140213")
    assert (await world.inspector("t1").post(f"{path}/contact-readings", json={"purpose": "x"})).status_code == 403
    assert (await world.officer("140214").post(f"{path}/contact-readings", json={"purpose": "x"})).status_code == 404
    shown = await officer.post(f"{path}/contact-readings", json={"purpose": "回访核实"})
    assert shown.json() == {"name": "某家长", "phone": "13800000000"}
    async with world.sessions() as session:
        rows = (await session.execute(select(journal).order_by(journal.c.id))).all()
    read = next(row for row in rows if row.type == "inspection.complaint.contact_read.v1")
    assert (read.actor, read.reason) == ("district_officer-1", "回访核实")
    everything = " ".join(str(row.payload) for row in rows) + (await officer.get("/v1/complaints")).text
    assert "13800000000" not in everything
    assert "某家长" not in everything
    nameless = (await world.bureau.post("/v1/complaints", json=SAID | {"hotline_no": "2", "contact": None})).json()
    missing = await officer.post(f"/v1/complaints/{nameless['id']}/contact-readings", json={"purpose": "x"})
    assert (missing.status_code, missing.json()["code"]) == (404, "contact-missing")


async def test_the_same_address_joins_and_a_grid_will_do(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    officer, home = world.officer("140213"), {"subject": "unlicensed", "text": "居民楼办班", "hotline_no": "3"}
    ids = []
    for number, address in enumerate(("迎宾街 12 号", "迎宾街１２号")):
        body = home | {"address": address, "hotline_no": str(number)}
        made = await officer.post("/v1/complaints", json=body)
        assert (made.status_code, made.json()["district"]) == (201, "140213")
        ids.append(made.json()["id"])
    elsewhere = await officer.post("/v1/complaints", json=home | {"district": "140214"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "complaint-outside-your-district")
    unknown = await officer.post(f"/v1/complaints/{ids[0]}/match", json={"grid": "nowhere"})
    assert unknown.json()["code"] == "grid-unknown"
    first, second = [(await officer.post(f"/v1/complaints/{one}/match", json={"grid": "g1"})).json() for one in ids]
    assert (first["state"], first["team"], second["state"]) == ("matched", "t1", "joined")
    theirs = str(await world.institution("g3"))
    third = (await officer.post("/v1/complaints", json=home | {"hotline_no": "4"})).json()["id"]
    beyond = await officer.post(f"/v1/complaints/{third}/match", json={"institution_id": theirs})
    assert (beyond.status_code, beyond.json()["code"]) == (404, "target-not-found")
    no = await officer.post(
        f"/v1/complaints/{third}/answer", json={"outcome": "not_ours", "answer": "请向市场监管反映"}
    )
    assert no.json()["state"] == "answered"


async def test_a_lead_matched_anew_lets_its_followers_go(world: World) -> None:
    officer = world.officer("140213")
    here, there = [str(await world.institution("g1")) for _ in range(2)]
    third, lead, second, last = [await entered(world) for _ in range(4)]
    await officer.post(f"{third}/match", json={"institution_id": there})
    for one in (lead, second, last):
        await officer.post(f"{one}/match", json={"institution_id": here})
    again = (await officer.post(f"{lead}/match", json={"institution_id": here})).json()
    assert (again["state"], (await officer.get(last)).json()["lead_id"]) == ("matched", again["id"])
    moved = (await officer.post(f"{lead}/match", json={"institution_id": there})).json()
    assert (moved["state"], f"/v1/complaints/{moved['lead_id']}") == ("joined", third)
    left, follows = [(await officer.get(one)).json() for one in (second, last)]
    assert (left["state"], left["lead_id"], left["institution_id"]) == ("matched", None, here)
    assert (follows["state"], follows["lead_id"]) == ("joined", left["id"])
    assert [type_.split(".")[2] for type_, _, _ in await world.facts(follows["id"])][3:] == ["parted", "joined"]
    owed = (await officer.get("/v1/duties", params={"step": "complaint_answer"})).json()["items"]
    assert {f"/v1/complaints/{one['subject_id']}" for one in owed} == {third, lead, second, last}
    await officer.post(f"{third}/answer", json={"outcome": "unsubstantiated", "answer": "那里没有"})
    await officer.post(f"{second}/answer", json={"outcome": "substantiated", "answer": "这里有"})
    told = [(await officer.get(one)).json()["answer"] for one in (third, lead, second, last)]
    assert told == ["那里没有", "那里没有", "这里有", "这里有"]


async def test_a_wrong_join_is_undone_by_matching_anew(world: World) -> None:
    officer = world.officer("140213")
    here, there = [str(await world.institution("g1")) for _ in range(2)]
    lead, wrong = [await entered(world) for _ in range(2)]
    for one in (lead, wrong):
        await officer.post(f"{one}/match", json={"institution_id": here})
    put_right = (await officer.post(f"{wrong}/match", json={"institution_id": there})).json()
    assert (put_right["state"], put_right["lead_id"], put_right["institution_id"]) == ("matched", None, there)
    await officer.post(f"{lead}/answer", json={"outcome": "not_ours", "answer": "x"})
    assert (await officer.get(wrong)).json()["state"] == "matched"


async def test_two_that_change_places_at_once_both_stay_on_their_way_to_an_answer(world: World) -> None:
    officer = world.officer("140213")
    here, there = [str(await world.institution("g1")) for _ in range(2)]
    first, second = [await entered(world) for _ in range(2)]
    await officer.post(f"{first}/match", json={"institution_id": here})
    await officer.post(f"{second}/match", json={"institution_id": there})
    crossed = await asyncio.gather(
        officer.post(f"{first}/match", json={"institution_id": there}),
        officer.post(f"{second}/match", json={"institution_id": here}),
    )
    assert {one.status_code for one in crossed} == {200}
    states = [(await officer.get(one)).json()["state"] for one in (first, second)]
    assert "matched" in states
    for one in (first, second):
        await officer.post(f"{one}/answer", json={"outcome": "unsubstantiated", "answer": "x"})
    assert [(await officer.get(one)).json()["state"] for one in (first, second)] == ["answered", "answered"]


async def test_the_same_address_in_two_grids_is_not_the_same_place(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    await world.bureau.post("/v1/teams", json=TEAM | {"code": "t3", "district": "140214", "grids": ["g3"]})
    one = await entered(world, subject="unlicensed", address="人民路1号")
    other = await entered(world, subject="unlicensed", address="人民路1号", district="140214")
    ours = (await world.officer("140213").post(f"{one}/match", json={"grid": "g1"})).json()
    theirs = (await world.officer("140214").post(f"{other}/match", json={"grid": "g3"})).json()
    assert [(said["state"], said["district"]) for said in (ours, theirs)] == [
        ("matched", "140213"), ("matched", "140214"),
    ]  # fmt: skip


async def investigated(world: World) -> tuple[str, str]:
    """A complaint with a team on its way: its path and that of the visit."""
    await world.bureau.post("/v1/teams", json=TEAM)
    officer, institution = world.officer("140213"), str(await world.institution("g1"))
    path = await entered(world)
    await officer.post(f"{path}/match", json={"institution_id": institution})
    sent = await officer.post(f"{path}/visit", json={"note": "看收费台账"})
    return path, f"/v1/visits/{sent.json()['visit_id']}"


async def walked(world: World, visit: str, outcome: str) -> None:
    await world.inspector("t1").post(f"{visit}/start")
    ended = await world.inspector("t1").post(f"{visit}/submission", json={"outcome": outcome})
    assert ended.status_code == 200, ended.text


async def test_behind_a_closed_door_the_look_is_not_over(world: World) -> None:
    path, visit = await investigated(world)
    officer, inspector = world.officer("140213"), world.inspector("t1")
    assert (await officer.post(f"{path}/visit", json={})).json()["code"] == "complaint-visit-open"
    await walked(world, visit, "closed_door")
    (again,) = (await inspector.get("/v1/visits", params={"state": "planned"})).json()["items"]
    complaint = (await officer.get(path)).json()
    assert (again["id"], again["reference_id"], again["note"]) == (
        complaint["visit_id"], complaint["id"], "看收费台账",
    )  # fmt: skip
    owed = (await officer.get("/v1/duties", params={"step": "visit"})).json()["items"]
    assert [one["subject_id"] for one in owed] == [again["id"]]
    proven = {"outcome": "substantiated", "answer": "已责令退费"}
    assert (await officer.post(f"{path}/answer", json=proven)).json()["code"] == "complaint-visit-open"
    await walked(world, f"/v1/visits/{again['id']}", "inspected")
    assert (await inspector.get("/v1/visits", params={"state": "planned"})).json()["items"] == []
    assert (await officer.post(f"{path}/visit", json={})).json()["code"] == "complaint-looked-into"
    assert (await officer.post(f"{path}/answer", json=proven)).json()["state"] == "answered"


async def test_a_closed_door_put_right_needs_no_other_visit(world: World) -> None:
    path, visit = await investigated(world)
    await walked(world, visit, "closed_door")
    await world.bureau.post(f"{visit}/review", json={"accepted": False, "note": "门开着"})
    await walked(world, visit, "inspected")
    states = [one["state"] for one in (await world.bureau.get("/v1/visits")).json()["items"]]
    assert sorted(states) == ["called_off", "done"]
    proven = {"outcome": "substantiated", "answer": "已责令退费"}
    assert (await world.bureau.post(f"{path}/answer", json=proven)).json()["state"] == "answered"


async def test_who_answers_behind_a_closed_door_takes_the_next_visit_back(world: World) -> None:
    path, visit = await investigated(world)
    await walked(world, visit, "closed_door")
    said = {"outcome": "unsubstantiated", "answer": "两次上门均未开门，未见办班"}
    assert (await world.officer("140213").post(f"{path}/answer", json=said)).json()["state"] == "answered"
    (next_,) = (await world.bureau.get("/v1/visits", params={"state": "called_off"})).json()["items"]
    assert next_["purpose"] == "complaint"


async def test_an_inspector_reads_what_his_team_goes_for_and_not_whose_call_it_was(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution, officer = str(await world.institution("g1")), world.officer("140213")
    path = await entered(world, hotline_no="12345-7777")
    inspectors = [world.inspector("t1", district="140213"), world.inspector("t7", district="140213")]
    inspectors.append(world.service("inspector", district="140213", team="t8"))
    for inspector in inspectors:
        assert (await inspector.get("/v1/complaints")).json()["items"] == []
        assert (await inspector.get(path)).status_code == 404
    assert (await officer.get(path)).json()["hotline_no"] == "12345-7777"
    await officer.post(f"{path}/match", json={"institution_id": institution})
    shown = [[one["hotline_no"] for one in (await who.get("/v1/complaints")).json()["items"]] for who in inspectors]
    assert shown == [[None], [], []]
    assert (await inspectors[0].get(path)).json()["hotline_no"] is None
    assert (await officer.get("/v1/complaints")).json()["items"][0]["hotline_no"] == "12345-7777"


async def test_a_code_finds_its_institution_in_any_district_and_likeness_in_ones_own(world: World) -> None:
    theirs = str(await world.institution("g3", name="育才学校", uscc="91350100M000100Y43", permit_no="jm140214-7"))
    officer = world.officer("140213")
    for said in ("91350100m000100y43", "JM140214-7"):
        path = await entered(world, uscc=said)
        (found,) = (await officer.get(f"{path}/candidates")).json()["items"]
        assert (found["institution_id"], found["score"]) == (theirs, 100)
    path = await entered(world, institution_name="育才学校")
    assert (await officer.get(f"{path}/candidates")).json()["items"] == []
    (found,) = (await world.bureau.get(f"{path}/candidates")).json()["items"]
    assert found["institution_id"] == theirs


async def test_homework_reported_to_afterschool_becomes_a_complaint(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    institution = await world.institution("g1")
    reported = [
        HomeworkReported(
            report_id=new_id(), institution_id=institution, on=china_date(utc_now()), source="guardian",
            district="140213", street=None, at=utc_now(),
        )
        for _ in range(2)
    ]  # fmt: skip
    async with world.service.sessions.begin() as session:
        await INBOX.handle(session, deliver_all(reported))
    listed = (await world.officer("140213").get("/v1/complaints", params={"subject": "homework"})).json()["items"]
    assert [(one["source"], one["institution_id"], one["state"]) for one in listed] == [
        ("afterschool", str(institution), "matched"), ("afterschool", str(institution), "joined"),
    ]  # fmt: skip
    unknown = reported[0].model_copy(update={"institution_id": new_id()})
    with pytest.raises(TargetNotFound):
        async with world.service.sessions.begin() as session:
            await INBOX.handle(session, deliver_all([unknown]))
