"""`/v1/sync`: phones without a line, resending, out of order, two at one door; and what they read on."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.inspection.stories.sync.feed import ChangesOut
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World
from tests.inspection.phones import LISTS, Phone, ids

EPOCH = """SELECT (SELECT system_identifier::text FROM pg_control_system()) || '.'
           || (SELECT timeline_id::text FROM pg_control_checkpoint())"""
TEAM = {"code": "t1", "name": "一组", "district": "140213", "grids": ["g1"]}


@pytest.fixture
async def institution(world: World) -> str:
    assert (await world.bureau.post("/v1/teams", json=TEAM)).status_code == 201
    return str(await world.institution("g1"))


async def phone_of(world: World, subject: str = "i1", **more: Any) -> Phone:
    phone = Phone(world.inspector("t1", subject=subject, district="140213"), **more)
    await phone.enrol()
    return phone


async def planned(world: World, institution: str) -> str:
    made = await world.bureau.post("/v1/visits", json={"institution_id": institution, "team": "t1"})
    return str(made.json()["id"])


async def visit_of(world: World, visit: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.bureau.get(f"/v1/visits/{visit}")).json()
    return found


async def test_a_day_without_a_line(world: World, institution: str) -> None:
    phone, visit, violation = await phone_of(world), str(uuid4()), str(uuid4())
    plan = phone.operation("plan_visit", visit, institution_id=institution)
    start = phone.operation("start_visit", visit, base=1, after=[plan], inspectors=["i2"])
    submit = phone.operation("submit_visit", visit, base=2, after=[start], outcome="inspected", score=90)
    report = phone.operation(
        "report_violation", violation, institution_id=institution, severity="low", description="无公示"
    )
    assert await phone.push(plan, start, submit, report) == ["applied"] * 4
    assert await phone.push(submit, plan, start, report) == ["already_applied"] * 4
    done = await visit_of(world, visit)
    assert (done["state"], done["outcome"], done["inspectors"], done["version"]) == (
        "done",
        "inspected",
        ["i1", "i2"],
        3,
    )
    assert [kind for kind, _, _ in await world.facts(visit)] == [
        "inspection.visit.planned.v1", "inspection.visit.started.v1", "inspection.visit.submitted.v1"
    ]  # fmt: skip
    assert (await world.bureau.get(f"/v1/violations/{violation}")).json()["description"] == "无公示"


async def test_out_of_order_is_held_and_released(world: World, institution: str) -> None:
    phone, visit = await phone_of(world), str(uuid4())
    plan = phone.operation("plan_visit", visit, institution_id=institution)
    start = phone.operation("start_visit", visit, base=1, after=[plan])
    submit = phone.operation("submit_visit", visit, base=2, after=[start], outcome="inspected")
    assert await phone.push(submit) == ["held"]
    assert await phone.push(submit, start) == ["held", "held"]
    assert (await world.bureau.get(f"/v1/visits/{visit}")).status_code == 404
    answer = (await phone.post([plan])).json()["verdicts"]
    assert [(one["operation_id"], one["verdict"], one["released"]) for one in answer] == [
        (plan["id"], "applied", False), (start["id"], "applied", True), (submit["id"], "applied", True)
    ]  # fmt: skip
    assert (await visit_of(world, visit))["state"] == "done"


async def test_two_inspectors_at_one_door(world: World, institution: str) -> None:
    visit = await planned(world, institution)
    first, second, third = [await phone_of(world, subject) for subject in ("i1", "i2", "i3")]
    started = first.operation("start_visit", visit, base=1)
    joined = second.operation("start_visit", visit, base=1)
    assert (await first.push(started), await second.push(joined)) == (["applied"], ["soft_conflict"])
    assert (await visit_of(world, visit))["inspectors"] == ["i1", "i2"]
    mine = first.operation("submit_visit", visit, base=2, after=[started], outcome="inspected", score=95)
    assert await first.push(mine) == ["soft_conflict"]  # a colleague came meanwhile: both stand
    same = second.operation("submit_visit", visit, base=3, after=[joined], outcome="inspected", score=95)
    assert await second.push(same) == ["soft_conflict"]
    other = second.operation("submit_visit", visit, base=3, after=[joined], outcome="refused", note="不让进")
    late = third.operation("start_visit", visit, base=1)
    after_late = third.operation("submit_visit", visit, base=2, after=[late], outcome="inspected")
    assert await second.push(other) == ["hard_conflict"]
    assert await third.push(late, after_late) == ["hard_conflict", "hard_conflict"]
    assert (await visit_of(world, visit))["outcome"] == "inspected"

    officer = world.officer("140213")
    conflicts = (await officer.get("/v1/sync/operations", params={"verdict": "hard_conflict"})).json()["items"]
    assert {one["id"] for one in conflicts} == {other["id"], late["id"], after_late["id"]}
    kept = next(one for one in conflicts if one["id"] == other["id"])
    assert (kept["content"], kept["theirs"]["outcome"]) == ({"outcome": "refused", "note": "不让进"}, "inspected")
    assert [(kind, payload["hard"]) for kind, _, payload in await world.facts(other["id"])] == [
        ("inspection.sync_conflict.recorded.v1", True)
    ]


async def test_an_officer_decides_and_both_versions_stay(world: World, institution: str) -> None:
    visit = await planned(world, institution)
    first, second = [await phone_of(world, subject) for subject in ("i1", "i2")]
    await first.push(
        start := first.operation("start_visit", visit, base=1),
        first.operation("submit_visit", visit, base=2, after=[start], outcome="closed_door"),
    )
    other = second.operation("submit_visit", visit, base=2, outcome="inspected", score=80)
    assert await second.push(other) == ["hard_conflict"]
    url, decided = f"/v1/sync/operations/{other['id']}/resolution", {"choice": "phone", "reason": "现场照片为证"}
    assert (await world.officer("140214").post(url, json=decided)).status_code == 404
    answer = await world.officer("140213").post(url, json=decided)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["resolution"], answer.json()["theirs"]["outcome"]) == ("phone", "closed_door")
    now = await visit_of(world, visit)
    assert (now["outcome"], now["score"], now["state"]) == ("inspected", 80, "done")
    again = await world.officer("140213").post(url, json=decided)
    assert (again.status_code, again.json()["code"]) == (409, "operation-not-open")
    told = await second.pull()
    assert [one["resolution"] for one in told["operations"] if one["operation_id"] == other["id"]] == ["phone"]


@pytest.mark.parametrize("choice", ["phone", "server"])
async def test_a_visit_called_off_while_somebody_made_it(world: World, institution: str, choice: str) -> None:
    visit = await planned(world, institution)
    phone = await phone_of(world)
    called_off = await world.bureau.post(f"/v1/visits/{visit}/calling-off", json={"reason": "重复安排"})
    assert called_off.status_code == 200, called_off.text
    finding = {"severity": "high", "description": "消防通道堵塞"}
    start = phone.operation("start_visit", visit, base=1, inspectors=["i2"])
    ended = phone.operation(
        "submit_visit", visit, base=2, after=[start], outcome="inspected", score=40, violations=[finding]
    )
    assert await phone.push(start, ended) == ["hard_conflict", "hard_conflict"]
    url, decided = f"/v1/sync/operations/{ended['id']}/resolution", {"choice": choice, "reason": "确已到场"}
    answer = await world.officer("140213").post(url, json=decided)
    assert answer.status_code == 200, answer.text
    now = await visit_of(world, visit)
    found = (await world.bureau.get("/v1/violations", params={"institution": institution})).json()["items"]
    if choice == "server":
        assert (now["state"], found) == ("called_off", [])
        return
    assert (now["state"], now["outcome"], now["score"], now["inspectors"]) == ("done", "inspected", 40, ["i1", "i2"])
    assert [one["description"] for one in found] == ["消防通道堵塞"]
    kinds = [kind.removeprefix("inspection.visit.") for kind, _, _ in await world.facts(visit)]
    assert kinds == ["planned.v1", "called_off.v1", "planned.v1", "started.v1", "submitted.v1"]
    told = await phone.pull()
    assert {one["resolution"] for one in told["operations"]} == {"phone"}


async def test_what_waits_for_ever_is_forced_or_discarded(world: World, institution: str) -> None:
    phone, officer = await phone_of(world), world.officer("140213")
    lost = {"id": str(uuid4())}
    kept = phone.operation("plan_visit", str(uuid4()), institution_id=institution, after=[lost])
    thrown = phone.operation("plan_visit", str(uuid4()), institution_id=institution, after=[lost])
    after = [
        phone.operation("start_visit", kept["entity_id"], base=1, after=[kept]),
        phone.operation("start_visit", thrown["entity_id"], base=1, after=[thrown]),
    ]
    assert await phone.push(kept, thrown, *after) == ["held"] * 4
    for one, choice, verdict in ((kept, "phone", "applied"), (thrown, "server", "refused")):
        answer = await officer.post(
            f"/v1/sync/operations/{one['id']}/resolution", json={"choice": choice, "reason": "前序操作丢失"}
        )
        assert (answer.status_code, answer.json()["verdict"]) == (200, verdict)
    told = (await phone.post([kept, thrown])).json()["verdicts"]
    verdicts = {one["operation_id"]: one["verdict"] for one in told}
    assert [verdicts[one["id"]] for one in (kept, thrown, *after)] == [
        "already_applied", "refused", "applied", "refused"
    ]  # fmt: skip
    assert (await world.bureau.get(f"/v1/visits/{kept['entity_id']}")).status_code == 200


@pytest.mark.parametrize(
    ("kind", "base", "content", "code"),
    [
        ("plan_visit", None, {"institution_id": str(UUID(int=1))}, "target-not-found"),
        ("plan_visit", None, {"institution_id": "x", "colour": 1}, "content-invalid"),
        ("start_visit", 1, {}, "visit-not-found"),
        ("submit_visit", 1, {"outcome": "inspected"}, "visit-not-found"),
        ("submit_visit", 1, {"outcome": "lovely"}, "content-invalid"),
        ("report_violation", None, {"description": "x"}, "content-invalid"),
        ("announce_evidence", None, {"subject_kind": "visit"}, "content-invalid"),
    ],
)
async def test_refused_with_a_code(
    world: World, institution: str, kind: str, base: int | None, content: dict[str, Any], code: str
) -> None:
    phone = await phone_of(world)
    wrong = phone.operation(kind, str(uuid4()), base=base, **content)
    after = phone.operation("plan_visit", str(uuid4()), institution_id=institution, after=[wrong])
    fine = phone.operation("plan_visit", str(uuid4()), institution_id=institution)
    told = (await phone.post([wrong, after, fine])).json()["verdicts"]
    assert [(one["verdict"], one["code"]) for one in told] == [
        ("refused", code), ("refused", "predecessor-refused"), ("applied", None)
    ]  # fmt: skip
    assert await phone.push(wrong) == ["refused"]


async def test_a_version_nobody_made_and_an_id_used_twice(world: World, institution: str) -> None:
    visit, phone = await planned(world, institution), await phone_of(world)
    ahead = phone.operation("start_visit", visit, base=7)
    told = (await phone.post([ahead, {**ahead, "base_version": 1}])).json()["verdicts"]
    assert [one["code"] for one in told] == ["base-version-ahead", "operation-id-reused"]
    other = await phone_of(world, "i2")
    assert (await other.post([ahead])).json()["verdicts"][0]["code"] == "operation-id-reused"


async def test_a_phone_is_its_holder_s(world: World, institution: str) -> None:
    phone = await phone_of(world)
    stranger = Phone(world.inspector("t1", subject="i2", district="140213"))
    stranger.id = phone.id
    plan = stranger.operation("plan_visit", str(uuid4()), institution_id=institution)
    assert (await stranger.post([plan])).json()["code"] == "device-not-enrolled"
    pulled = await stranger.client.get("/v1/sync", params={"device": phone.id})
    assert (pulled.status_code, pulled.json()["code"]) == (403, "device-not-enrolled")


async def test_a_wrong_clock_is_recorded_and_not_believed(world: World, institution: str) -> None:
    phone = await phone_of(world, clock_off=timedelta(days=400, hours=5))
    visit = await planned(world, institution)
    start = phone.operation("start_visit", visit, base=1)
    answer = (await phone.post([start])).json()
    assert round(answer["skew_seconds"] / 3600) == -(400 * 24 + 5)
    found = await visit_of(world, visit)
    assert found["visited_on"] == str(china_date(utc_now()))
    (kept,) = (await world.bureau.get("/v1/sync/operations")).json()["items"]
    assert kept["claimed_at"][:4] != kept["done_at"][:4]


async def test_one_batch_sent_twice_at_once_is_taken_once(world: World, institution: str) -> None:
    phone, visit = await phone_of(world), str(uuid4())
    plan = phone.operation("plan_visit", visit, institution_id=institution)
    start = phone.operation("start_visit", visit, base=1, after=[plan])
    answers = await asyncio.gather(*(phone.push(plan, start) for _ in range(6)))
    assert sorted(answers) == [["already_applied"] * 2] * 5 + [["applied"] * 2]
    assert len(await world.facts(visit)) == 2


async def test_what_is_undone_with_a_refused_neighbour_is_done_again(world: World, institution: str) -> None:
    phone, visit, photo = await phone_of(world), await planned(world, institution), str(uuid4())
    said: dict[str, Any] = {
        "subject_kind": "visit", "subject_id": visit, "media_type": "image/jpeg", "sha256": "0" * 64,
        "captured_at": utc_now().isoformat(),
    }  # fmt: skip
    announced = [phone.operation("announce_evidence", photo, **said, size=size) for size in (10, 11)]
    answer = (await phone.post(announced)).json()["verdicts"]
    assert [(one["verdict"], one["code"]) for one in answer] == [("applied", None), ("refused", "evidence-id-taken")]
    assert (await world.bureau.get(f"/v1/evidence/{photo}")).json()["size"] == 10
    assert len(await world.facts(photo)) == 1


async def test_a_phone_that_chains_all_it_does_is_let_go_however_long_the_chain(world: World, institution: str) -> None:
    phone, visit, rest = await phone_of(world), str(uuid4()), []
    first = phone.operation("plan_visit", visit, institution_id=institution)
    before = first
    for _ in range(1100):
        before = phone.operation("plan_visit", visit, institution_id=institution, after=[before])
        rest.append(before)
    for start in range(0, len(rest), 500):
        assert set(await phone.push(*rest[start : start + 500])) == {"held"}
    assert await phone.push(first) == ["applied"] * 1101


async def ended_otherwise(world: World, institution: str) -> tuple[Phone, str, dict[str, Any]]:
    """A phone whose submission met a visit that a colleague had ended; it is in conflict."""
    visit = await planned(world, institution)
    first, second = [await phone_of(world, subject) for subject in ("i1", "i2")]
    await first.push(
        start := first.operation("start_visit", visit, base=1),
        first.operation("submit_visit", visit, base=2, after=[start], outcome="closed_door"),
    )
    late = second.operation("submit_visit", visit, base=2, outcome="inspected", score=80)
    assert await second.push(late) == ["hard_conflict"]
    return second, visit, late


async def decide(world: World, operation: dict[str, Any], choice: str) -> Any:
    body = {"choice": choice, "reason": "以现场为准"}
    return await world.officer("140213").post(f"/v1/sync/operations/{operation['id']}/resolution", json=body)


async def test_what_came_after_a_version_that_is_made_to_hold_follows_it(world: World, institution: str) -> None:
    phone, _, late = await ended_otherwise(world, institution)
    breach: dict[str, Any] = {"institution_id": institution, "severity": "low", "description": "x"}
    behind = phone.operation("report_violation", str(uuid4()), after=[late], **breach)
    last = phone.operation("report_violation", str(uuid4()), after=[behind], **breach | {"description": "y"})
    assert await phone.push(behind, last) == ["hard_conflict"] * 2
    assert (await decide(world, late, "phone")).status_code == 200
    assert await phone.push(behind, last) == ["already_applied"] * 2
    for one in (behind, last):
        assert (await world.bureau.get(f"/v1/violations/{one['entity_id']}")).status_code == 200
    later = phone.operation("report_violation", str(uuid4()), after=[late], **breach | {"description": "z"})
    assert await phone.push(later) == ["applied"]


@pytest.mark.parametrize("choice", ["phone", "server"])
async def test_one_door_is_one_decision(world: World, institution: str, choice: str) -> None:
    phone, visit, _ = await ended_otherwise(world, institution)
    start = phone.operation("start_visit", visit, base=1)
    submit = phone.operation("submit_visit", visit, base=2, after=[start], outcome="refused")
    assert await phone.push(start, submit) == ["hard_conflict"] * 2
    assert (await decide(world, submit, choice)).status_code == 200
    told = {one["operation_id"]: one["resolution"] for one in (await phone.pull())["operations"]}
    assert (told[start["id"]], told[submit["id"]]) == (choice, choice)
    again = await decide(world, start, choice)
    assert (again.status_code, again.json()["code"]) == (409, "operation-not-open")


async def test_what_came_after_a_version_that_did_not_hold_is_decided_by_itself(world: World, institution: str) -> None:
    phone, visit, late = await ended_otherwise(world, institution)
    breach: dict[str, Any] = {"institution_id": institution, "severity": "low", "description": "x"}
    behind = phone.operation("report_violation", str(uuid4()), after=[late], **breach)
    nonsense = phone.operation("submit_visit", visit, base=3, after=[late], outcome="lovely")
    assert await phone.push(behind, nonsense) == ["hard_conflict"] * 2
    assert (await decide(world, late, "server")).status_code == 200
    done = (await decide(world, behind, "phone")).json()
    assert (done["verdict"], done["resolution"]) == ("applied", "phone")
    refused = await decide(world, nonsense, "phone")
    assert (refused.status_code, refused.json()["code"]) == (422, "content-invalid")


async def test_what_is_let_go_and_meets_another_version_is_still_to_be_decided(world: World, institution: str) -> None:
    visit = await planned(world, institution)
    first, second = [await phone_of(world, subject) for subject in ("i1", "i2")]
    waits = second.operation("submit_visit", visit, base=2, after=[{"id": str(uuid4())}], outcome="inspected", score=80)
    assert await second.push(waits) == ["held"]
    await first.push(
        start := first.operation("start_visit", visit, base=1),
        first.operation("submit_visit", visit, base=2, after=[start], outcome="closed_door"),
    )
    met = (await decide(world, waits, "phone")).json()
    assert (met["verdict"], met["code"], met["resolution"]) == ("hard_conflict", "visit-ended-meanwhile", None)
    still = {"verdict": "hard_conflict", "unresolved": "true"}
    (listed,) = (await world.officer("140213").get("/v1/sync/operations", params=still)).json()["items"]
    assert listed["id"] == waits["id"]
    assert (await decide(world, waits, "phone")).json()["resolution"] == "phone"
    assert (await visit_of(world, visit))["outcome"] == "inspected"


async def test_a_person_s_next_phone_goes_on_where_the_lost_one_was(world: World, institution: str) -> None:
    lost, visit = await phone_of(world), str(uuid4())
    plan = lost.operation("plan_visit", visit, institution_id=institution)
    start = lost.operation("start_visit", visit, base=1, after=[plan])
    submit = lost.operation("submit_visit", visit, base=2, after=[start], outcome="inspected")
    assert await lost.push(plan, submit) == ["applied", "held"]
    revoked = await lost.client.post(f"/v1/devices/{lost.id}/revocation", json={"reason": "丢失"})
    assert revoked.status_code == 200, revoked.text
    following = await phone_of(world)
    assert await following.push(plan, start) == ["already_applied", "applied", "applied"]
    assert (await visit_of(world, visit))["state"] == "done"


@pytest.mark.parametrize("sent_at", ["1970-01-02T00:00:00Z", "9999-12-29T23:59:59-00:00", "9999-12-29T00:00:00-12:00"])
@pytest.mark.parametrize("at", ["1970-01-02T00:00:00Z", "9999-12-29T23:59:59Z"])
async def test_no_clock_is_too_wrong(world: World, institution: str, sent_at: str, at: str) -> None:
    phone, visit = await phone_of(world), str(uuid4())
    plan = phone.operation("plan_visit", visit, institution_id=institution) | {"at": at}
    batch = {"device_id": phone.id, "sent_at": sent_at, "operations": [plan]}
    answer = await phone.client.post("/v1/sync", json=batch)
    assert answer.status_code == 200, answer.text
    assert [one["verdict"] for one in answer.json()["verdicts"]] == ["applied"]


async def test_two_phones_with_visits_of_their_own_at_one_door(world: World, institution: str) -> None:
    days = {"starts_on": "2026-03-01", "ends_on": "2026-03-31"}
    path = (await world.bureau.post("/v1/campaigns", json={"name": "x", "scope": {}, **days})).headers["location"]
    await world.bureau.post(f"{path}/launch")
    campaign = path.rsplit("/", 1)[1]
    phones = [await phone_of(world, subject) for subject in ("i1", "i2", "i3")]

    async def whole(phone: Phone, **said: Any) -> list[str]:
        visit = str(uuid4())
        plan = phone.operation("plan_visit", visit, institution_id=institution, campaign_id=campaign)
        start = phone.operation("start_visit", visit, base=1, after=[plan])
        return await phone.push(plan, start, phone.operation("submit_visit", visit, base=2, after=[start], **said))

    told = await asyncio.gather(*(whole(phone, outcome="moved") for phone in phones[:2]))
    assert sorted(told) == [["applied"] * 3, ["soft_conflict", "applied", "applied"]]
    assert await whole(phones[2], outcome="inspected") == ["soft_conflict", "applied", "applied"]


async def test_a_discovery_is_not_said_already(world: World, institution: str) -> None:
    phones = [await phone_of(world, subject) for subject in ("i1", "i2")]
    visit = (await world.bureau.post("/v1/visits", json={"grid": "g1", "team": "t1"})).json()["id"]
    found = {"name": "启航", "address": "1 号", "kind": "subject"}
    start = phones[0].operation("start_visit", visit, base=1)
    bare = phones[0].operation("submit_visit", visit, base=2, after=[start], outcome="newly_found")
    assert await phones[0].push(start, bare) == ["applied", "applied"]
    described = phones[1].operation("submit_visit", visit, base=2, outcome="newly_found", discovery=found)
    assert await phones[1].push(described) == ["hard_conflict"]
    assert (await decide(world, described, "phone")).status_code == 200
    (kept,) = (await world.bureau.get("/v1/discoveries")).json()["items"]
    assert kept["name"] == "启航"


async def test_a_phone_reads_on_from_where_it_was(world: World, institution: str) -> None:
    phone = await phone_of(world)
    first = await phone.pull()
    assert ids(first["institutions"], "institutions") == {UUID(institution)}
    assert {name: len(items) for name, items in (await phone.pull()).items()} == dict.fromkeys(LISTS, 0)
    visit = await planned(world, institution)
    await world.institution("g3")
    came = await phone.pull()
    assert {name: len(items) for name, items in came.items()} == dict.fromkeys(LISTS, 0) | {"visits": 1}
    assert came["visits"][0] | {"version": 1, "state": "planned"} == came["visits"][0]
    await phone.push(phone.operation("start_visit", visit, base=1))
    came = await phone.pull()
    assert [(one["state"], one["version"]) for one in came["visits"]] == [("started", 2)]
    assert [one["verdict"] for one in came["operations"]] == ["applied"]


async def test_what_is_committed_late_is_not_missed(world: World, institution: str) -> None:
    phone = await phone_of(world)
    await phone.pull()
    slow = world.sessions()
    await slow.execute(text("UPDATE target SET name = '迟到' WHERE institution_id = :id"), {"id": UUID(institution)})
    visit = await planned(world, str(await world.institution("g1")))
    came = await phone.pull()
    assert visit in phone.known["visits"]
    assert UUID(institution) not in ids(came["institutions"], "institutions")
    await slow.commit()
    await slow.close()
    came = await phone.pull()
    assert phone.known["institutions"][institution]["name"] == "迟到"
    assert {name: len(items) for name, items in (await phone.pull()).items()} == dict.fromkeys(LISTS, 0)


async def test_pages_hold_everything_once_it_is_still(world: World, institution: str) -> None:
    phone = await phone_of(world)
    made = {institution, *[str(await world.institution("g1")) for _ in range(11)]}
    visits = {await planned(world, one) for one in made}
    await phone.pull(limit=5)
    assert (set(phone.known["institutions"]), set(phone.known["visits"])) == (made, visits)


async def test_other_grids_and_another_history_begin_anew(world: World, institution: str) -> None:
    phone = await phone_of(world)
    await phone.pull()
    there = str(await world.institution("g2"))
    (team,) = (await world.bureau.get("/v1/teams")).json()["items"]
    changed = await world.bureau.patch(
        f"/v1/teams/{team['id']}", json={"grids": ["g2"]}, headers={"if-match": f'"{team["version"]}"'}
    )
    assert changed.status_code == 200
    await phone.pull()
    assert set(phone.known["institutions"]) == {there}
    restored = world.service.app.state.cursors.encode(
        ["another.1", 2, 10**9, 10**9, 0, 0, str(UUID(int=0))], feed=True, team="t1", device=UUID(phone.id)
    )
    answer = await phone.client.get("/v1/sync", params={"device": phone.id, "cursor": restored})
    assert answer.json()["reset"] is True
    async with world.sessions() as session:
        (epoch,) = (await session.execute(text(EPOCH))).one()
    ahead = world.service.app.state.cursors.encode(
        [epoch, 2, 1, 10**15, 0, 0, str(UUID(int=0))], feed=True, team="t1", device=UUID(phone.id)
    )
    answer = await phone.client.get("/v1/sync", params={"device": phone.id, "cursor": ahead})
    assert answer.json()["reset"] is True
    foreign = await phone.client.get("/v1/sync", params={"device": phone.id, "cursor": "AAAA"})
    assert (foreign.status_code, foreign.json()["code"]) == (400, "cursor-invalid")


async def test_the_bytes_are_what_the_document_says(world: World, institution: str) -> None:
    phone = await phone_of(world)
    visit = await planned(world, institution)
    await phone.push(
        phone.operation("report_violation", str(uuid4()), institution_id=institution, severity="low", description="x"),
        start := phone.operation("start_visit", visit, base=1),
        phone.operation("submit_visit", visit, base=2, after=[start], outcome="inspected"),
        phone.operation("start_visit", visit, base=1),
    )
    answer = await phone.client.get("/v1/sync", params={"device": phone.id})
    read = ChangesOut.model_validate_json(answer.content)
    assert all(getattr(read, name) for name in LISTS if name not in ("assignments", "departures"))
    assert read.model_dump(mode="json").keys() == answer.json().keys()
