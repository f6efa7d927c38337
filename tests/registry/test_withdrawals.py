"""What begins on a day to come can be withdrawn: procedures, rules, commitment texts, terms and vacations."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.registry.rulebook.procedures.queries import procedure_for
from shared.domain.clock import china_date, utc_now
from tests.registry.conftest import World
from tests.registry.test_commitment_routes import publish, signature

TODAY = china_date(utc_now())
TOMORROW = str(TODAY + timedelta(days=1))
SLIP = {"reason": "录入有误"}
PROCEDURE: dict[str, Any] = {"matter": "closure", "overall_days": 7, "source": "通知"}
RULE: dict[str, Any] = {
    "code": "lessons.online", "check": "online_lesson", "title_zh": "课时", "title_en": "Lessons", "citation": "通知",
    "parameters": {"max_minutes": 3, "min_gap_minutes": 10},
}  # fmt: skip
NOBODY = "00000000-0000-7000-8000-000000000000"


async def withdraw(client: httpx.AsyncClient, path: str) -> tuple[int, Any]:
    answer = await client.post(f"/v1/{path}/withdrawal", json=SLIP)
    said = answer.json()
    return answer.status_code, said.get("code") if answer.is_error else said


async def made(world: World, path: str, **body: Any) -> dict[str, Any]:
    answer = await world.bureau.post(f"/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def days_of_a_closure(world: World) -> int:
    async with world.sessions() as session:
        found = await procedure_for(session, "closure", kind="subject", district=None, on=TODAY + timedelta(days=1))
    return found.overall_days


@pytest.mark.parametrize("first_day", [str(TODAY), TOMORROW])
async def test_the_procedure_before_governs_on(world: World, first_day: str) -> None:
    usual = await days_of_a_closure(world)
    wrong = await made(world, "procedures", **PROCEDURE, valid_from=first_day)
    assert await days_of_a_closure(world) == 7 != usual
    status, shown = await withdraw(world.bureau, f"procedures/{wrong['id']}")
    assert (status, shown["version"], shown["withdrawal_reason"]) == (200, 2, SLIP["reason"])
    assert await days_of_a_closure(world) == usual
    await made(world, "procedures", **PROCEDURE | {"overall_days": 8}, valid_from=first_day)
    assert await days_of_a_closure(world) == 8
    assert [kind for kind, _, _ in await world.facts(wrong["id"])] == [
        "registry.procedure.enacted.v1", "registry.procedure.withdrawn.v1"
    ]  # fmt: skip
    assert await withdraw(world.bureau, f"procedures/{wrong['id']}") == (409, "withdrawn")
    assert await withdraw(world.bureau, f"procedures/{NOBODY}") == (404, "procedure-not-found")
    (seeded, *_) = (await world.bureau.get("/v1/procedures", params={"matter": "closure"})).json()["items"]
    assert await withdraw(world.bureau, f"procedures/{seeded['id']}") == (409, "withdrawal-too-late")


@pytest.mark.parametrize("first_day", [str(TODAY), TOMORROW])
async def test_a_rule_is_as_if_it_had_never_been(world: World, first_day: str) -> None:
    wrong = await made(world, "rules", **RULE, effective_from=first_day)
    again = RULE | {"effective_from": first_day, "parameters": {"max_minutes": 30, "min_gap_minutes": 10}}
    assert (await world.bureau.post("/v1/rules", json=again)).json()["code"] == "rule-overlaps"
    assert (await withdraw(world.bureau, f"rules/{wrong['id']}"))[0] == 200
    repealed = await world.bureau.post(
        f"/v1/rules/{wrong['id']}/repeal", json={"effective_to": "2999-01-01", "reason": "x"}
    )
    assert repealed.json()["code"] == "withdrawn"
    right = await made(world, "rules", **again)
    listed = (await world.bureau.get("/v1/rules", params={"code": RULE["code"], "on": TOMORROW})).json()["items"]
    assert [one["id"] for one in listed] == [right["id"]]
    shown = (await world.bureau.get("/v1/rules", params={"code": RULE["code"]})).json()["items"]
    assert [one["withdrawal_reason"] for one in shown] == [SLIP["reason"], None]
    assert await withdraw(world.bureau, f"rules/{NOBODY}") == (404, "rule-not-found")
    assert [kind for kind, _, _ in await world.facts(wrong["id"])] == [
        "registry.rule.enacted.v1", "registry.rule.withdrawn.v1"
    ]  # fmt: skip


async def test_a_rule_that_holds_is_repealed_and_not_withdrawn(world: World) -> None:
    (rule, *_) = (await world.bureau.get("/v1/rules", params={"on": str(TODAY)})).json()["items"]
    assert await withdraw(world.bureau, f"rules/{rule['id']}") == (409, "withdrawal-too-late")


async def test_a_text_of_a_mistyped_year_blocks_nobody(world: World) -> None:
    institution = await world.institution()
    first, far = await publish(world), await publish(world, valid_from="2999-01-01")
    later = await publish(world, valid_from="2999-02-01")
    assert await withdraw(world.bureau, f"commitment-texts/{far['id']}") == (409, "later-version-stands")
    for text in (later, far):
        assert (await withdraw(world.bureau, f"commitment-texts/{text['id']}"))[0] == 200
    wrong = await publish(world, valid_from=str(TODAY))
    assert (await withdraw(world.bureau, f"commitment-texts/{wrong['id']}"))[0] == 200
    url = f"/v1/institutions/{institution['id']}/commitments"
    refused = await world.bureau.post(url, json=signature(wrong, on_paper=True))
    assert (refused.status_code, refused.json()["code"]) == (409, "withdrawn")
    right = await publish(world, valid_from=str(TODAY))
    assert (far["number"], wrong["number"], right["number"]) == (2, 2, 2)
    assert (await world.bureau.post(url, json=signature(right, on_paper=True))).status_code == 201
    assert await withdraw(world.bureau, f"commitment-texts/{right['id']}") == (409, "commitment-text-signed")
    assert await withdraw(world.bureau, f"commitment-texts/{first['id']}") == (409, "withdrawal-too-late")
    assert [kind for kind, _, _ in await world.facts(far["id"])] == [
        "registry.commitment_text.published.v1", "registry.commitment_text.withdrawn.v1"
    ]  # fmt: skip
    listed = (await world.bureau.get("/v1/commitment-texts")).json()["items"]
    assert [one["withdrawn_at"] is None for one in listed] == [True, False, False, False, True]


async def test_a_text_is_signed_or_withdrawn_never_both(world: World) -> None:
    institutions = [await world.institution(f"第{number}家") for number in range(3)]
    text = await publish(world, valid_from=str(TODAY))
    signing = [
        world.bureau.post(f"/v1/institutions/{one['id']}/commitments", json=signature(text, on_paper=True))
        for one in institutions
    ]
    taken_back, *signed = await asyncio.gather(withdraw(world.bureau, f"commitment-texts/{text['id']}"), *signing)
    assert (taken_back[0] == 200) == all(one.status_code == 409 for one in signed)


async def test_a_vacation_nobody_has_is_withdrawn(world: World) -> None:
    vacation = {
        "period": "winter_vacation", "name": "寒假", "source": "校历",
        "starts_on": TOMORROW, "ends_on": str(TODAY + timedelta(days=20)),
    }  # fmt: skip
    wrong = await made(world, "calendar/terms", **vacation)
    assert (await world.bureau.post("/v1/calendar/terms", json=vacation)).json()["code"] == "term-overlaps"
    assert (await withdraw(world.bureau, f"calendar/terms/{wrong['id']}"))[0] == 200
    day = {"from": TOMORROW, "to": TOMORROW}
    assert (await world.bureau.get("/v1/calendar", params=day)).json()["days"][0]["vacation"] is None
    reset = await world.bureau.put(f"/v1/calendar/terms/{wrong['id']}", json=vacation, headers={"if-match": '"2"'})
    assert (reset.status_code, reset.json()["code"]) == (409, "withdrawn")
    await made(world, "calendar/terms", **vacation)
    begun = await made(world, "calendar/terms", **vacation | {"starts_on": "2020-01-01", "ends_on": "2020-02-01"})
    assert await withdraw(world.bureau, f"calendar/terms/{begun['id']}") == (409, "withdrawal-too-late")
    assert await withdraw(world.bureau, f"calendar/terms/{NOBODY}") == (404, "term-not-found")
    assert [kind for kind, _, _ in await world.facts(wrong["id"])] == [
        "registry.school_term.set.v1", "registry.school_term.withdrawn.v1"
    ]  # fmt: skip
