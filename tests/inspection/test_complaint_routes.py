"""Complaints from the street to the answer: nobody learns who complained, and everybody learns what was found."""

from sqlalchemy import select

from shared.journal import journal
from tests.inspection.conftest import World

TEAM = {"code": "t1", "name": "t1", "district": "140213", "grids": ["g1"]}
SAID = {
    "subject": "fees", "text": "一次收了半年", "institution_name": "晨光", "district": "140213",
    "contact": {"name": "某家长", "phone": "13800000000"},
}  # fmt: skip


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
