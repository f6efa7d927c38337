"""`/v1/checklists`, and the visit that keeps the version it used."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import update

from services.inspection.rulebook.checklists.seed import ROUTINE
from services.inspection.rulebook.offences.domain import Offence
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World
from tests.inspection.phones import Phone
from tests.inspection.test_checklist_rules import GOOD, QUESTIONS
from tests.inspection.test_evidence_routes import announcement, visit

TODAY = china_date(utc_now())
CHECKLIST: dict[str, Any] = {
    "code": "spring", "title": "春季检查", "source": "test", "valid_from": str(TODAY), "questions": QUESTIONS
}  # fmt: skip


async def test_versions_follow_one_another(world: World) -> None:
    bureau = world.bureau
    made = await bureau.post("/v1/checklists", json=CHECKLIST)
    assert made.status_code == 201, made.text
    first = made.json()
    assert (await bureau.post("/v1/checklists", json=CHECKLIST)).json()["code"] == "checklist-overlaps"
    unknown = [QUESTIONS[0] | {"breaches": [QUESTIONS[0]["breaches"][0] | {"offence": "no.such"}]}]
    refused = await bureau.post("/v1/checklists", json=CHECKLIST | {"code": "other", "questions": unknown})
    assert (refused.status_code, refused.json()["code"]) == (422, "checklist-offence-unknown")
    tomorrow = str(TODAY + timedelta(days=1))
    second = (await bureau.post("/v1/checklists", json=CHECKLIST | {"valid_from": tomorrow})).json()
    inspector = world.inspector("t1")
    assert (await inspector.get(f"/v1/checklists/{first['id']}")).json()["valid_to"] == str(TODAY)
    asked = {"code": "spring", "on": tomorrow}
    assert [one["id"] for one in (await inspector.get("/v1/checklists", params=asked)).json()["items"]] == [
        second["id"]
    ]
    assert [kind for kind, _, _ in await world.facts(first["id"])] == [
        "inspection.checklist.enacted.v1", "inspection.checklist.retired.v1"
    ]  # fmt: skip
    retired = await bureau.post(
        f"/v1/checklists/{second['id']}/retirement", json={"valid_to": tomorrow, "reason": "不用"}
    )
    assert retired.json()["valid_to"] == tomorrow


async def test_a_visit_keeps_its_version_and_its_answers_are_violations(world: World) -> None:
    bureau, inspector = world.bureau, world.inspector("t1")
    first = (await bureau.post("/v1/checklists", json=CHECKLIST)).json()
    url = f"/v1/visits/{await visit(world)}"
    later = CHECKLIST | {"code": "later", "valid_from": str(TODAY + timedelta(days=9))}
    too_early = (await bureau.post("/v1/checklists", json=later)).json()
    refused = await inspector.post(f"{url}/start", json={"checklist_id": too_early["id"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "checklist-unknown")
    started = await inspector.post(f"{url}/start", json={"checklist_id": first["id"]})
    assert started.json()["checklist_id"] == first["id"]
    newer = CHECKLIST | {"valid_from": str(TODAY + timedelta(days=1)), "questions": QUESTIONS[:1]}
    assert (await bureau.post("/v1/checklists", json=newer)).status_code == 201

    said = {"outcome": "inspected", "answers": GOOD | {"permit": False, "months": 6}}
    missing = await inspector.post(f"{url}/submission", json={"outcome": "inspected"})
    assert (missing.status_code, missing.json()["code"]) == (422, "answers-invalid")
    done = await inspector.post(f"{url}/submission", json=said)
    assert done.status_code == 200, done.text
    assert done.json()["answers"] == {"permit": False, "hall": "商铺", "months": "6"}
    found = (await inspector.get("/v1/violations", params={"visit": done.json()["id"]})).json()["items"]
    assert {(one["offence"], one["description"]) for one in found} == {
        ("scope.unlicensed", "未公示"), ("prepayment.limit", "超过三个月")
    }  # fmt: skip
    assert (await world.facts(done.json()["id"]))[1][2]["checklist_id"] == first["id"]


async def test_only_who_got_in_can_answer(world: World) -> None:
    inspector, url = world.inspector("t1"), f"/v1/visits/{await visit(world)}"
    assert (await inspector.post(f"{url}/start", json={"checklist_id": str(ROUTINE)})).status_code == 200
    refused = await inspector.post(f"{url}/submission", json={"outcome": "closed_door", "answers": {}})
    assert (refused.status_code, refused.json()["code"]) == (422, "answers-unasked")
    assert (await inspector.post(f"{url}/submission", json={"outcome": "closed_door"})).status_code == 200


async def test_what_a_checklist_asks_for_stays_in_force(world: World) -> None:
    bureau = world.bureau
    asking = (await bureau.post("/v1/checklists", json=CHECKLIST)).json()
    (offence,) = (await bureau.get("/v1/offences", params={"code": "scope.unlicensed", "on": str(TODAY)})).json()[
        "items"
    ]
    repeal = f"/v1/offences/{offence['id']}/repeal"
    refused = await bureau.post(repeal, json={"valid_to": str(TODAY), "reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "offence-asked-for")
    assert {one["code"] for one in refused.json()["facts"]["checklists"]} == {"routine", "spring"}
    for one in (asking["id"], str(ROUTINE)):
        retired = await bureau.post(f"/v1/checklists/{one}/retirement", json={"valid_to": str(TODAY), "reason": "x"})
        assert retired.status_code == 200, retired.text
    assert (await bureau.post(repeal, json={"valid_to": str(TODAY), "reason": "x"})).status_code == 200
    late = await bureau.post("/v1/checklists", json=CHECKLIST | {"code": "late", "valid_from": str(TODAY)})
    assert (late.status_code, late.json()["code"]) == (422, "checklist-offence-unknown")


async def test_an_answer_whose_offence_ended_is_pointed_at(world: World) -> None:
    bureau, inspector = world.bureau, world.inspector("t1")
    first = (await bureau.post("/v1/checklists", json=CHECKLIST)).json()
    url = f"/v1/visits/{await visit(world)}"
    await inspector.post(f"{url}/start", json={"checklist_id": first["id"]})
    async with world.sessions.begin() as session:
        ended = update(Offence).where(Offence.code == "scope.unlicensed").values(valid_to=TODAY - timedelta(days=1))
        await session.execute(ended)
    said = {"outcome": "inspected", "answers": GOOD | {"permit": False}}
    refused = await inspector.post(f"{url}/submission", json=said)
    assert (refused.json()["code"], refused.json()["errors"][0]["pointer"]) == ("offence-unknown", "/answers/permit")


PHOTO_WANTED = CHECKLIST | {
    "code": "photo", "questions": [{"key": "photo", "text": "照片", "kind": "evidence", "least": 2}]
}  # fmt: skip


async def test_an_answer_is_evidence_that_was_announced_for_this_visit(world: World) -> None:
    asked = (await world.bureau.post("/v1/checklists", json=PHOTO_WANTED)).json()["id"]
    one, other, inspector = await visit(world), await visit(world), world.inspector("t1")
    await inspector.post(f"/v1/visits/{one}/start", json={"checklist_id": asked})
    ours, ours_too, elsewhere = announcement(one), announcement(one), announcement(other)
    for said in (ours, ours_too, elsewhere):
        assert (await inspector.post("/v1/evidence", json=said)).status_code == 201
    for photos in ([ours["id"], elsewhere["id"]], [ours["id"], str(uuid4())]):
        refused = await inspector.post(
            f"/v1/visits/{one}/submission", json={"outcome": "inspected", "answers": {"photo": photos}}
        )
        assert (refused.status_code, refused.json()["code"]) == (422, "answers-invalid")
        assert refused.json()["facts"]["answers"] == [{"question": "photo", "code": "evidence-unannounced"}]
    said = {"outcome": "inspected", "answers": {"photo": [ours["id"], ours_too["id"]]}}
    assert (await inspector.post(f"/v1/visits/{one}/submission", json=said)).status_code == 200


async def test_a_phone_announces_before_it_submits(world: World) -> None:
    asked = (await world.bureau.post("/v1/checklists", json=PHOTO_WANTED)).json()["id"]
    planned, phone = await visit(world), Phone(world.inspector("t1"))
    await phone.enrol()
    started = phone.operation("start_visit", planned, base=1, checklist_id=asked)
    photos = []
    for _ in range(2):
        said = announcement(planned)
        photos.append(phone.operation("announce_evidence", said.pop("id"), **said))
    ids = [one["entity_id"] for one in photos]
    ended = phone.operation(
        "submit_visit", planned, base=2, after=[started, *photos], outcome="inspected", answers={"photo": ids}
    )
    assert await phone.push(started, *photos, ended) == ["applied"] * 4
