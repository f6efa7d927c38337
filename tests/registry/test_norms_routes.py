"""Rules over HTTP: the seeded ones, new ones, their ends, and the check of a plan."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.registry.rulebook.rules.seed import RULES
from shared.domain.clock import china_date, utc_now
from shared.http.auth import SCOPE_OF
from tests.registry.conftest import World

TODAY = china_date(utc_now())
RULE = {
    "code": "fees.local",
    "check": "prepayment",
    "title_zh": "预收费",
    "title_en": "Prepayment",
    "citation": "同教字〔2026〕1号",
    "parameters": {"max_months": 1, "max_lessons": 20},
    "effective_from": "2026-01-01",
}
PLAN: dict[str, Any] = {
    "institution": {"kind": "subject", "mode": "offline", "stages": ["primary"], "district": "140213"},
    "timetable": [
        {"starts_at": "2026-03-07T18:00:00+08:00", "ends_at": "2026-03-07T20:31:00+08:00", "subject": "数学"}
    ],
    "fees": [{"amount_fen": 600000, "months": 6}],
    "advertisements": [{"medium": "leaflet", "place": "校门"}],
    "homework": True,
    "area_m2": 20,
    "pupils": 10,
    "as_of": "2026-03-01",
}


async def check(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/rules/check", json={**PLAN, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_seeded_rules(world: World) -> None:
    guardian = world.service("guardian")
    items = (await guardian.get("/v1/rules")).json()["items"]
    assert {item["code"] for item in items} == {rule.code for rule in RULES}
    assert [item["code"] for item in items if item["status"] == "to_be_confirmed"] == ["premises.area_per_pupil"]
    (one,) = (await guardian.get("/v1/rules", params={"check": "latest_end", "on": "2022-12-28"})).json()["items"]
    assert one["code"] == "training.latest_end.subject"
    assert (await guardian.get(f"/v1/rules/{one['id']}")).json() == one
    page = (await guardian.get("/v1/rules", params={"limit": 5})).json()
    rest = (await guardian.get("/v1/rules", params={"limit": 200, "cursor": page["next_cursor"]})).json()
    assert len(page["items"]) + len(rest["items"]) == len(RULES)


@pytest.mark.parametrize(
    "role",
    [
        "bureau",
        "district_officer",
        "inspector",
        "operator",
        "school_staff",
        "guardian",
        "auditor",
        "service",
    ],
)
async def test_anybody_may_ask_what_a_plan_would_break(world: World, role: str) -> None:
    scope = {SCOPE_OF[role]: "mine"} if role in SCOPE_OF else {}
    found = await check(world.service(role, **scope))
    assert [(breach["rule"], breach["pointer"]) for breach in found["breaches"]] == [
        ("advertising.none", "/advertisements/0/medium"),
        ("fees.prepayment", "/fees/0/months"),
        ("homework.none", "/homework"),
        ("premises.area_per_pupil", "/area_m2"),
        ("training.forbidden_days", "/timetable/0/starts_at"),
        ("training.latest_end.subject", "/timetable/0/ends_at"),
    ]
    assert found["checked"] == [breach["rule"] for breach in found["breaches"]]
    late = found["breaches"][-1]
    assert late["facts"] == {"ends": "20:31:00", "latest": "20:30:00", "mode": "offline"}
    assert late["citation"]
    assert (await world.bureau.get(f"/v1/rules/{late['rule_id']}")).status_code == 200
    assert await world.facts() == []


async def test_a_plan_for_an_unpublished_year(world: World) -> None:
    lesson = {"starts_at": "2027-03-05T18:00:00+08:00", "ends_at": "2027-03-05T19:00:00+08:00"}
    found = await check(world.bureau, timetable=[lesson])
    assert found["undecided"] == [
        {"rule": "training.forbidden_days", "pointer": "/timetable/0/starts_at", "reason": "calendar-unpublished"}
    ]


async def test_vacations_of_the_district_are_known_to_the_check(world: World) -> None:
    lesson = {"starts_at": "2026-03-04T18:00:00+08:00", "ends_at": "2026-03-04T19:00:00+08:00"}
    plan = {"timetable": [lesson], "fees": [], "advertisements": [], "homework": None, "area_m2": None}
    assert (await check(world.bureau, **plan))["breaches"] == []
    term = {"period": "winter_vacation", "name": "寒假", "district": "140213", "source": "校历"}
    days = {"starts_on": "2026-01-20", "ends_on": "2026-03-05"}
    assert (await world.bureau.post("/v1/calendar/terms", json={**term, **days})).status_code == 201
    (breach,) = (await check(world.bureau, **plan))["breaches"]
    assert breach["facts"]["vacation"] == "寒假"
    elsewhere = {**PLAN["institution"], "district": "140214"}
    assert (await check(world.bureau, **plan, institution=elsewhere))["breaches"] == []


@pytest.mark.parametrize(
    ("lesson", "code"),
    [
        ({"starts_at": "2026-03-06T19:00:00+08:00", "ends_at": "2026-03-06T18:00:00+08:00"}, "lesson-reversed"),
        ({"starts_at": "2026-03-06T23:00:00+08:00", "ends_at": "2026-03-07T00:00:00+08:00"}, "lesson-over-midnight"),
    ],
)
async def test_lessons_that_cannot_be(world: World, lesson: dict[str, str], code: str) -> None:
    answer = await world.bureau.post("/v1/rules/check", json={**PLAN, "timetable": [lesson]})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "/timetable/0/ends_at" in answer.text


async def test_enact_repeal_and_enact_again(world: World) -> None:
    answer = await world.bureau.post("/v1/rules", json=RULE)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["parameters"], made["version"]) == (RULE["parameters"], 1)
    assert "fees.local" in (await check(world.bureau))["checked"]
    overlaps = await world.bureau.post("/v1/rules", json={**RULE, "effective_from": "2025-01-01"})
    assert (overlaps.status_code, overlaps.json()["code"]) == (409, "rule-overlaps")
    before = {**RULE, "effective_from": "2025-01-01", "effective_to": "2025-12-31"}
    assert (await world.bureau.post("/v1/rules", json=before)).status_code == 201
    end = {"effective_to": str(TODAY), "reason": "新规"}
    answer = await world.bureau.post(f"/v1/rules/{made['id']}/repeal", json=end)
    assert (answer.status_code, answer.json()["effective_to"]) == (200, str(TODAY))
    refused = await world.bureau.post(f"/v1/rules/{made['id']}/repeal", json=end)
    assert (refused.status_code, refused.json()["code"]) == (409, "rule-ends-already")
    for days, status in ((0, 409), (1, 201)):
        again = {**RULE, "effective_from": str(TODAY + timedelta(days=days))}
        assert (await world.bureau.post("/v1/rules", json=again)).status_code == status
    assert [(kind, version) for kind, version, _ in await world.facts(made["id"])] == [
        ("registry.rule.enacted.v1", 1),
        ("registry.rule.repealed.v1", 2),
    ]
    assert len((await world.bureau.get("/v1/rules", params={"code": "fees.local"})).json()["items"]) == 3


async def test_one_of_two_enacted_at_the_same_moment(world: World) -> None:
    answers = await asyncio.gather(*(world.bureau.post("/v1/rules", json=RULE) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await world.facts()) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"parameters": {"max_months": 1}}, "rule-parameters-invalid"),
        ({"effective_to": "2025-12-31"}, "rule-days-reversed"),
    ],
)
async def test_rules_that_cannot_be(world: World, wrong: dict[str, Any], code: str) -> None:
    answer = await world.bureau.post("/v1/rules", json={**RULE, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_repeal_in_the_past(world: World) -> None:
    made = (await world.bureau.post("/v1/rules", json=RULE)).json()
    end = {"effective_to": str(TODAY - timedelta(days=1)), "reason": "新规"}
    answer = await world.bureau.post(f"/v1/rules/{made['id']}/repeal", json=end)
    assert (answer.status_code, answer.json()["code"]) == (422, "rule-end-past")
    unknown = f"/v1/rules/{made['id'][:-4]}0000"
    assert (await world.bureau.get(unknown)).json()["code"] == "rule-not-found"
    assert (await world.bureau.post(f"{unknown}/repeal", json=end)).status_code == 404


async def test_only_the_bureau_enacts(world: World) -> None:
    assert (await world.officer().post("/v1/rules", json=RULE)).status_code == 403
