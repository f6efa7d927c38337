"""What begins on a day to come can be withdrawn: grids, norms, offences, checklists."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.inspection.rounds.campaigns import usecases as of_campaigns
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits import usecases as of_visits
from services.inspection.rounds.visits.bodies import SubmissionIn
from services.inspection.rounds.visits.usecases import Wish
from services.inspection.stories.submissions.usecases import submit_visit
from services.inspection.stories.withdrawals.usecases import withdraw_campaign
from shared.domain.clock import china_date, utc_now
from shared.http.policies import Principal
from tests.inspection.conftest import World
from tests.inspection.test_checklist_routes import CHECKLIST
from tests.inspection.test_checklist_rules import QUESTIONS
from tests.inspection.test_evidence_routes import visit
from tests.inspection.test_grid_routes import NEW, OLD, SUCCESSIONS, imported
from tests.inspection.test_grid_rules import box, polygon
from tests.inspection.test_norm_routes import NORM
from tests.inspection.test_offence_routes import OFFENCE
from tests.inspection.test_visit_routes import campaign, id_of, start, teams

TODAY = china_date(utc_now())
SLIP = {"reason": "录入有误"}
BUREAU = Principal("bureau-1", frozenset({"bureau"}))
INSPECTOR = Principal("inspector-t1", frozenset({"inspector"}), district="140213", team="t1")


def days(number: int) -> str:
    return str(TODAY + timedelta(days=number))


async def withdraw(client: httpx.AsyncClient, path: str, **more: Any) -> tuple[int, Any]:
    answer = await client.post(f"/v1/{path}/withdrawal", json=SLIP | more)
    said = answer.json()
    return answer.status_code, said.get("code") if answer.is_error else said


async def test_a_set_of_a_mistyped_year_blocks_nobody(world: World) -> None:
    await imported(world, OLD)
    far = (await imported(world, NEW, SUCCESSIONS, valid_from="2999-01-01", accept_far_date="true")).json()
    blocked = await imported(world, NEW, valid_from=days(3))
    assert blocked.json()["code"] == "grid-set-out-of-order"
    status, taken_back = await withdraw(world.bureau, f"grids/versions/{far['grid_set_id']}")
    assert (status, taken_back["state"], taken_back["withdrawal_reason"]) == (200, "withdrawn", SLIP["reason"])
    assert await withdraw(world.bureau, f"grids/versions/{far['grid_set_id']}") == (409, "withdrawn")
    on_that_day = (await world.bureau.get("/v1/grids", params={"on": "2999-01-01"})).json()
    assert (on_that_day["grid_set"]["state"], on_that_day["grid_set"]["valid_to"]) == ("in_force", None)
    again = await imported(world, NEW, SUCCESSIONS, valid_from=days(3))
    assert (again.status_code, again.json()["number"]) == (201, far["number"])
    versions = (await world.bureau.get("/v1/grids/versions")).json()
    assert [one["state"] for one in versions] == ["scheduled", "withdrawn", "in_force", "superseded"]
    assert [kind.split(".")[2] for kind, _, _ in await world.facts(far["grid_set_id"])] == ["scheduled", "withdrawn"]
    ends = [fact["valid_to"] for kind, _, fact in await world.facts(on_that_day["grid_set"]["id"]) if "end_set" in kind]
    assert ends == ["2999-01-01", None, days(3)]
    steps = (await world.bureau.get("/v1/grids/successions", params={"code": "o1"})).json()["steps"]
    assert [step["valid_from"] for step in steps] == [days(3)]


async def test_grids_are_withdrawn_from_the_newest_down_and_not_once_they_hold(world: World) -> None:
    now = (await imported(world, OLD)).json()
    first = (await imported(world, NEW, SUCCESSIONS, valid_from=days(3))).json()
    second = (await imported(world, [polygon("m1", box(113, 40, 113.2, 40.1))], valid_from=days(5))).json()
    outcomes = [
        await withdraw(world.bureau, f"grids/versions/{one['grid_set_id']}") for one in (now, first, second, first)
    ]
    assert [status for status, _ in outcomes] == [409, 409, 200, 200]
    assert [said for _, said in outcomes[:2]] == ["withdrawal-too-late", "later-version-stands"]
    missing = await withdraw(world.bureau, "grids/versions/00000000-0000-7000-8000-000000000000")
    assert missing == (404, "grid-set-not-found")


async def test_a_number_mistyped_today_is_put_right_today(world: World) -> None:
    wrong = (await world.bureau.post("/v1/norms", json=NORM | {"value": 500})).json()
    assert (await world.bureau.post("/v1/norms", json=NORM)).json()["code"] == "norm-of-that-day"
    status, shown = await withdraw(world.bureau, f"norms/{wrong['id']}")
    assert (status, shown["version"], shown["withdrawn_by"]) == (200, 2, "bureau-1")
    said = {"subject": "fees", "text": "x", "district": "140213"}
    due = (await world.service().post("/v1/public/complaints", json=said)).json()["due_on"]
    assert due == days(15)
    assert (await world.bureau.post("/v1/norms", json=NORM)).status_code == 201
    due = (await world.service().post("/v1/public/complaints", json=said)).json()["due_on"]
    assert due == days(5)
    assert [kind for kind, _, _ in await world.facts(wrong["id"])] == [
        "inspection.norm.enacted.v1", "inspection.norm.withdrawn.v1"
    ]  # fmt: skip
    seen: list[tuple[int, bool]] = []
    cursor: dict[str, str] = {}
    while len(seen) < 3:
        page = (await world.bureau.get("/v1/norms", params={"name": NORM["name"], "limit": 1} | cursor)).json()
        seen += [(one["value"], one["withdrawn_at"] is not None) for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert page["next_cursor"] is None
    assert seen == [(15, False), (500, True), (5, False)]
    seeded = (await world.bureau.get("/v1/norms", params={"name": NORM["name"]})).json()["items"][0]
    assert await withdraw(world.bureau, f"norms/{seeded['id']}") == (409, "withdrawal-too-late")
    assert await withdraw(world.bureau, "norms/00000000-0000-7000-8000-000000000000") == (404, "norm-not-found")


@pytest.mark.parametrize("first_day", [0, 3])
async def test_the_offence_before_lasts_on(world: World, first_day: int) -> None:
    wanted = {"code": OFFENCE["code"], "on": days(first_day)}
    (before,) = (await world.bureau.get("/v1/offences", params=wanted)).json()["items"]
    after = (await world.bureau.post("/v1/offences", json=OFFENCE | {"valid_from": days(first_day)})).json()
    assert (await world.bureau.get("/v1/offences", params=wanted)).json()["items"][0]["id"] == after["id"]
    assert await withdraw(world.bureau, f"offences/{before['id']}") == (409, "withdrawal-too-late")
    status, _ = await withdraw(world.bureau, f"offences/{after['id']}")
    (holds,) = (await world.bureau.get("/v1/offences", params=wanted)).json()["items"]
    assert (status, holds["id"], holds["valid_to"]) == (200, before["id"], before["valid_to"])
    assert [kind.split(".")[2] for kind, _, _ in await world.facts(before["id"])] == ["repealed", "continued"]
    repealed = await world.bureau.post(f"/v1/offences/{after['id']}/repeal", json={"valid_to": days(9), "reason": "x"})
    assert repealed.json()["code"] == "withdrawn"
    again = await world.bureau.post("/v1/offences", json=OFFENCE | {"valid_from": days(first_day)})
    assert again.status_code == 201, again.text
    listed = (await world.bureau.get("/v1/offences", params={"code": OFFENCE["code"]})).json()["items"]
    assert [one["withdrawal_reason"] for one in listed if one["valid_from"] == days(first_day)] == [
        SLIP["reason"], None
    ]  # fmt: skip


async def test_a_checklist_is_not_left_without_its_offence(world: World) -> None:
    offence = (await world.bureau.post("/v1/offences", json=OFFENCE | {"code": "new.one"})).json()
    asks = [QUESTIONS[0] | {"breaches": [QUESTIONS[0]["breaches"][0] | {"offence": "new.one"}]}]
    checklist = (await world.bureau.post("/v1/checklists", json=CHECKLIST | {"questions": asks})).json()
    refused = await world.bureau.post(f"/v1/offences/{offence['id']}/withdrawal", json=SLIP)
    assert (refused.status_code, refused.json()["code"]) == (409, "offence-asked-for")
    assert [one["id"] for one in refused.json()["facts"]["checklists"]] == [checklist["id"]]
    assert (await world.bureau.get(f"/v1/offences/{offence['id']}")).json()["withdrawn_at"] is None
    assert (await withdraw(world.bureau, f"checklists/{checklist['id']}"))[0] == 200
    assert (await withdraw(world.bureau, f"offences/{offence['id']}"))[0] == 200


async def test_a_checklist_does_not_come_back_without_its_offence(world: World) -> None:
    offence = (await world.bureau.post("/v1/offences", json=OFFENCE | {"code": "new.one"})).json()
    asks = [QUESTIONS[0] | {"breaches": [QUESTIONS[0]["breaches"][0] | {"offence": "new.one"}]}]
    first = (await world.bureau.post("/v1/checklists", json=CHECKLIST | {"questions": asks})).json()
    second = (await world.bureau.post("/v1/checklists", json=CHECKLIST | {"valid_from": days(5)})).json()
    third = (await world.bureau.post("/v1/checklists", json=CHECKLIST | {"valid_from": days(8)})).json()
    assert await withdraw(world.bureau, f"checklists/{second['id']}") == (409, "later-version-stands")
    end = {"valid_to": days(4), "reason": "x"}
    assert (await world.bureau.post(f"/v1/offences/{offence['id']}/repeal", json=end)).status_code == 200
    assert (await withdraw(world.bureau, f"checklists/{third['id']}"))[0] == 200
    assert await withdraw(world.bureau, f"checklists/{second['id']}") == (409, "checklist-before-outdated")
    assert (await world.bureau.get(f"/v1/checklists/{first['id']}")).json()["valid_to"] == days(4)
    assert (await world.bureau.get(f"/v1/checklists/{second['id']}")).json()["valid_to"] is None


async def test_a_phone_that_used_a_checklist_before_its_withdrawal_is_heard(world: World) -> None:
    made = (await world.bureau.post("/v1/checklists", json=CHECKLIST)).json()
    assert (await withdraw(world.bureau, f"checklists/{made['id']}"))[0] == 200
    asked = {"code": CHECKLIST["code"], "on": str(TODAY)}
    assert (await world.bureau.get("/v1/checklists", params=asked)).json()["items"] == []
    started = await world.inspector("t1").post(
        f"/v1/visits/{await visit(world)}/start", json={"checklist_id": made["id"]}
    )
    assert started.status_code == 200, started.text


async def test_a_campaign_that_has_not_begun(world: World) -> None:
    await teams(world)
    places = [await world.institution("g1"), await world.institution("g2")]
    body = {"name": "秋季", "scope": {}, "starts_on": days(1), "ends_on": days(30)}
    path = (await world.bureau.post("/v1/campaigns", json=body)).headers["location"]
    campaign = path.removeprefix("/v1/")
    assert (await world.bureau.post(f"{path}/launch")).status_code == 200
    one = world.inspector("t1")
    plan = {"institution_id": str(places[0]), "campaign_id": id_of(path)}
    planned = (await one.post("/v1/visits", json=plan)).headers["location"]
    status, shown = await withdraw(world.bureau, campaign)
    assert (status, shown["state"], shown["targets_total"]) == (200, "withdrawn", 0)
    assert (shown["withdrawn_by"], shown["withdrawal_reason"]) == ("bureau-1", SLIP["reason"])
    assert await withdraw(world.bureau, campaign) == (409, "withdrawn")
    assert (await one.get(planned)).json()["state"] == "called_off"
    assert (await one.post("/v1/visits", json=plan)).json()["code"] == "campaign-not-open"
    assert (await world.bureau.post(f"{path}/launch")).json()["code"] == "withdrawn"
    coverage = (await world.bureau.get(f"{path}/coverage")).json()
    assert (coverage["targets"], coverage["open"], coverage["coverage"]) == (0, 0, None)
    assert {one["state"] for one in (await world.bureau.get(f"{path}/targets")).json()["items"]} == {"withdrawn"}
    assert (await one.get(f"{path}/worklist", params={"team": "t1"})).json()["open_total"] == 0
    facts = await world.facts(id_of(path))
    assert [(kind.removeprefix("inspection.campaign."), version) for kind, version, _ in facts] == [
        ("launched.v1", 1), ("targets_listed.v1", 2), ("withdrawn.v1", 3), ("targets_withdrawn.v1", 4)
    ]  # fmt: skip
    assert {target["target_id"] for target in facts[1][2]["targets"]} == set(facts[3][2]["targets"])
    report = (await world.bureau.get(f"{path}/report")).json()
    assert (report["state"], report["final"]) == ("withdrawn", False)


async def test_a_campaign_that_somebody_set_out_for_goes_on(world: World) -> None:
    await teams(world)
    place = await world.institution("g1")
    body = {"name": "秋季", "scope": {}, "starts_on": days(1), "ends_on": days(30)}
    path = (await world.bureau.post("/v1/campaigns", json=body)).headers["location"]
    await world.bureau.post(f"{path}/launch")
    waiting = {"institution_id": None, "grid": "g1", "campaign_id": id_of(path)}
    planned = (await world.inspector("t1").post("/v1/visits", json=waiting)).headers["location"]
    begun = await start(world.inspector("t1"), place, path)
    assert await withdraw(world.bureau, path.removeprefix("/v1/")) == (409, "campaign-under-way")
    assert (await world.bureau.get(planned)).json()["state"] == "planned"
    ended = await world.inspector("t1").post(f"{begun}/submission", json={"outcome": "inspected"})
    assert ended.status_code == 200, ended.text
    assert (await world.bureau.get(path)).json()["closed_total"] == 1
    assert await withdraw(world.bureau, path.removeprefix("/v1/")) == (409, "campaign-under-way")
    assert (await world.bureau.post(f"{path}/closure")).json()["state"] == "closed"
    assert await withdraw(world.bureau, path.removeprefix("/v1/")) == (409, "campaign-under-way")


async def campaign_to_come(world: World) -> tuple[UUID, str]:
    """Planned for tomorrow, with one institution in its scope."""
    await teams(world)
    place = await world.institution("g1")
    body = {"name": "秋季", "scope": {}, "starts_on": days(1), "ends_on": days(30)}
    return place, (await world.bureau.post("/v1/campaigns", json=body)).headers["location"]


async def test_a_launch_at_the_same_moment_leaves_no_open_list(world: World) -> None:
    _, path = await campaign_to_come(world)
    async with world.sessions.begin() as session:
        await of_campaigns.launch_campaign(session, UUID(id_of(path)), caller=BUREAU, at=utc_now())
        withdrawal = asyncio.create_task(withdraw(world.bureau, path.removeprefix("/v1/")))
        await asyncio.sleep(0.5)
    assert await withdrawal == (409, "campaign-changed")
    assert (await world.bureau.get(f"{path}/coverage")).json()["open"] == 1
    assert (await withdraw(world.bureau, path.removeprefix("/v1/")))[0] == 200
    assert (await world.bureau.get(f"{path}/coverage")).json()["open"] == 0


@pytest.mark.parametrize("planned_first", [True, False])
async def test_a_visit_planned_at_the_same_moment_is_not_left_behind(world: World, planned_first: bool) -> None:
    place, path = await campaign_to_come(world)
    await world.bureau.post(f"{path}/launch")
    wish = Wish(institution_id=place, campaign_id=UUID(id_of(path)))
    if planned_first:
        async with world.sessions.begin() as session:
            await of_visits.plan_visit(session, wish, caller=BUREAU, at=utc_now())
            withdrawal = asyncio.create_task(withdraw(world.bureau, path.removeprefix("/v1/")))
            await asyncio.sleep(0.5)
        assert await withdrawal == (409, "campaign-under-way")
        assert (await withdraw(world.bureau, path.removeprefix("/v1/")))[0] == 200
    else:
        async with world.sessions.begin() as session:
            await withdraw_campaign(session, UUID(id_of(path)), reason="x", caller=BUREAU, at=utc_now())
            body = {"institution_id": str(place), "campaign_id": id_of(path)}
            planning = asyncio.create_task(world.bureau.post("/v1/visits", json=body))
            await asyncio.sleep(0.5)
        assert (await planning).json()["code"] == "campaign-not-open"
    visits = (await world.bureau.get("/v1/visits")).json()["items"]
    assert {visit["state"] for visit in visits} <= {"called_off"}


async def test_batches_that_plan_and_count_do_not_wait_for_one_another(world: World) -> None:
    """Each holds the campaign because it plans a visit, and then wants it to count another."""
    places = [await world.institution("g1") for _ in range(4)]
    await teams(world)
    path = await campaign(world)
    begun = [await start(world.inspector("t1"), place, path) for place in places[:2]]

    async def batch(number: int) -> None:
        async with world.sessions.begin() as session:
            wish = Wish(institution_id=places[2 + number], campaign_id=UUID(id_of(path)))
            await of_visits.plan_visit(session, wish, caller=BUREAU, at=utc_now())
            await asyncio.sleep(0.3)
            said = SubmissionIn(outcome=Outcome.INSPECTED)
            await submit_visit(session, UUID(id_of(begun[number])), said, caller=INSPECTOR, at=utc_now())

    await asyncio.gather(batch(0), batch(1))
    assert (await world.bureau.get(path)).json()["closed_total"] == 2


async def test_a_find_after_the_end_of_its_campaign_is_told_without_it(world: World) -> None:
    await teams(world)
    place = await world.institution("g1")
    path = await campaign(world)
    inspector = world.inspector("t1")
    searching = await start(inspector, None, path, grid="g1")
    done = await start(inspector, place, path)
    assert (await inspector.post(f"{done}/submission", json={"outcome": "inspected"})).status_code == 200
    assert (await world.bureau.post(f"{path}/closure")).status_code == 200
    found = await inspector.post(f"{searching}/submission", json={"outcome": "newly_found", "note": "小区内"})
    assert found.status_code == 200, found.text
    (one,) = (await world.bureau.get("/v1/discoveries")).json()["items"]
    assert (one["campaign_id"], one["note"]) == (None, "小区内")
    assert [kind for kind, _, _ in await world.facts(one["id"])] == ["inspection.institution.discovered.v1"]
    closed = (await world.bureau.get(path)).json()
    assert (closed["discoveries_total"], closed["state"]) == (0, "closed")


async def test_of_two_who_withdraw_one_is_refused(world: World) -> None:
    for path, body in (("offences", OFFENCE), ("checklists", CHECKLIST), ("norms", NORM)):
        made = (await world.bureau.post(f"/v1/{path}", json=body)).json()
        both = await asyncio.gather(*(withdraw(world.bureau, f"{path}/{made['id']}") for _ in range(2)))
        assert sorted(status for status, _ in both) == [200, 409]
