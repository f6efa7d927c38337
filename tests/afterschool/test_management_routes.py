"""`/v1/management-…`: a school declares, another person signs, a draw decides what is verified, shortfalls end."""

from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from deploy.verify.sample import differences
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World

TODAY = china_date(utc_now())
DAY = timedelta(days=1)
URL = "/v1/management-declarations"
SLEEP = {"primary_first_lesson": 500, "primary_sleep": 600}


def figures(**values: int) -> list[dict[str, Any]]:
    return [{"question": key, "value": value} for key, value in values.items()]


class Schools:
    """What the staff of schools do."""

    def __init__(self, world: World) -> None:
        self.world = world

    def staff(self, subject: str, district: str = "140213") -> httpx.AsyncClient:
        return self.world.service("school_staff", school=self.world.schools[district], subject=subject)

    async def declare(self, district: str = "140213", **more: Any) -> httpx.Response:
        body = {
            "school_id": self.world.schools[district],
            "term": "2026-autumn",
            "management": "sleep",
            "figures": figures(**SLEEP),
            "evidence": [{"title": "作息时间表", "reference": "校办〔2026〕3号"}],
        }
        return await self.staff("declarer", district).post(URL, json=body | more)

    async def signed(self, district: str = "140213", **more: Any) -> str:
        made = await self.declare(district, **more)
        assert made.status_code == 201, made.text
        done = await self.staff("signer", district).post(f"{URL}/{made.json()['id']}/signature")
        assert done.status_code == 200, done.text
        return str(done.json()["id"])


async def committed(world: World, **more: Any) -> httpx.Response:
    body = {
        "term": "2026-autumn",
        "share_bp": 10_000,
        "public_source": "双色球开奖号码",
        "public_on": str(TODAY + DAY),
    }
    return await world.bureau.post("/v1/management-draws", json=body | more)


async def revealed(world: World, draw: str) -> httpx.Response:
    """Reveal a draw as if its public day had come."""
    async with world.service.sessions.begin() as session:
        await session.execute(text("UPDATE management_draw SET public_on = :on"), {"on": TODAY})
    return await world.bureau.post(f"/v1/management-draws/{draw}/reveal", json={"public_value": "02 07 11"})


async def test_the_rules_of_the_five_managements(world: World) -> None:
    listed = (await world.guardian().get("/v1/management-rules", params={"on": str(TODAY)})).json()["items"]
    assert [one["management"] for one in listed] == ["fitness", "homework", "phones", "reading", "sleep"]
    rule = {
        "management": "phones",
        "summary": "手机管理",
        "questions": [{"key": "kept", "zh": "统一保管", "en": "Kept", "unit": "yes_no", "expected": 1}],
        "source": "市教育局通知",
        "valid_from": str(TODAY),
    }
    made = await world.bureau.post("/v1/management-rules", json=rule)
    assert made.status_code == 201
    assert (await world.guardian().get(made.headers["location"])).json() == made.json()
    ended = await world.bureau.post(
        f"/v1/management-rules/{made.json()['id']}/repeal", json={"valid_to": str(TODAY + DAY), "reason": "修订"}
    )
    assert ended.json()["valid_to"] == str(TODAY + DAY)
    withdrawn = await world.bureau.post(
        f"/v1/management-rules/{made.json()['id']}/withdrawal", json={"reason": "录入有误"}
    )
    assert withdrawn.status_code == 200
    seeded = (await world.bureau.get("/v1/management-rules", params={"management": "phones"})).json()["items"]
    assert [(one["valid_to"], one["withdrawn_at"] is None) for one in seeded] == [
        (None, True), (str(TODAY + DAY), False),
    ]  # fmt: skip


async def test_one_person_declares_and_another_signs(world: World) -> None:
    schools = Schools(world)
    made = await schools.declare()
    assert made.status_code == 201, made.text
    declaration = made.json()
    assert (declaration["state"], declaration["falls_short"]) == ("declared", [])
    url = f"{URL}/{declaration['id']}"
    own = await schools.staff("declarer").post(f"{url}/signature")
    assert (own.status_code, own.json()["code"]) == (403, "signer-declared")
    other = await schools.staff("signer", "140214").post(f"{url}/signature")
    assert other.status_code == 404
    signed = await schools.staff("signer").post(f"{url}/signature")
    assert (signed.json()["state"], signed.json()["signed_by"]) == ("signed", "signer")
    late = await schools.staff("declarer").post(f"{url}/withdrawal", json={"reason": "误"})
    assert (late.status_code, late.json()["code"]) == (409, "declaration-state-unfit")
    kinds = [kind for kind, _ in await world.facts(declaration["id"])]
    assert kinds == ["afterschool.declaration.declared.v1", "afterschool.declaration.signed.v1"]


async def test_a_school_declares_once_and_again_after_a_withdrawal(world: World) -> None:
    schools = Schools(world)
    first = (await schools.declare()).json()["id"]
    twice = await schools.declare()
    assert (twice.status_code, twice.json()["code"]) == (409, "declaration-exists")
    withdrawn = await schools.staff("declarer").post(f"{URL}/{first}/withdrawal", json={"reason": "误"})
    assert withdrawn.json()["state"] == "withdrawn"
    assert (await schools.declare()).status_code == 201


async def test_a_declaration_answers_what_the_rule_asks_of_the_school(world: World) -> None:
    schools = Schools(world)
    for odd in ({"primary_sleep": 600}, SLEEP | {"junior_sleep": 540}):
        refused = await schools.declare(figures=figures(**odd))
        assert (refused.status_code, refused.json()["code"]) == (422, "figures-incomplete")
        assert refused.json()["facts"] == {"questions": ["primary_first_lesson", "primary_sleep"]}
    absurd = await schools.declare(figures=figures(**SLEEP | {"primary_sleep": 1441}))
    assert absurd.json()["code"] == "figure-out-of-range"
    elsewhere = await schools.staff("declarer").post(
        URL,
        json={
            "school_id": world.schools["140214"], "term": "t", "management": "sleep", "figures": figures(**SLEEP),
            "evidence": [{"title": "a", "reference": "b"}],
        },
    )  # fmt: skip
    assert elsewhere.status_code == 404


async def test_own_figures_that_fall_short_get_a_deadline(world: World) -> None:
    schools = Schools(world)
    declaration = await schools.signed(figures=figures(primary_first_lesson=480, primary_sleep=600))
    [shortfall] = (await schools.staff("signer").get("/v1/management-shortfalls")).json()["items"]
    assert (shortfall["declaration_id"], shortfall["questions"]) == (declaration, ["primary_first_lesson"])
    assert (shortfall["due_on"], shortfall["found_by"]) == (str(TODAY + 15 * DAY), "declaration")
    assert (await world.staff("140214").get("/v1/management-shortfalls")).json()["items"] == []
    asked = {"state": "open", "management": "sleep", "term": "2026-autumn", "school": world.schools["140213"]}
    for due, count in ((TODAY + 15 * DAY, 0), (TODAY + 16 * DAY, 1)):
        listed = await world.bureau.get("/v1/management-shortfalls", params=asked | {"due_before": str(due)})
        assert len(listed.json()["items"]) == count
    url = f"/v1/management-shortfalls/{shortfall['id']}"
    assert (await world.officer("140214").post(f"{url}/closure", json={"note": "已整改"})).status_code == 404
    closed = await world.officer("140213").post(f"{url}/closure", json={"note": "已整改"})
    assert (closed.json()["state"], closed.json()["closing_note"]) == ("closed", "已整改")
    twice = await world.bureau.post(f"{url}/closure", json={"note": "已整改"})
    assert (twice.status_code, twice.json()["code"]) == (409, "shortfall-not-open")
    assert (await world.bureau.get(url)).json()["closed_at"] is not None
    assert [kind for kind, _ in await world.facts(shortfall["id"])] == [
        "afterschool.shortfall.found.v1", "afterschool.shortfall.closed.v1",
    ]  # fmt: skip


async def test_limits_are_those_of_the_day_and_the_district(world: World) -> None:
    norm = {
        "name": "lessons.primary_first_minute_of_day", "district": "140213", "value": 510, "source": "区局通知",
        "valid_from": str(TODAY),
    }  # fmt: skip
    assert (await world.bureau.post("/v1/norms", json=norm)).status_code == 201
    schools = Schools(world)
    assert (await schools.declare()).json()["falls_short"] == ["primary_first_lesson"]
    assert (await schools.declare("140214")).json()["falls_short"] == []


async def test_a_draw_decides_what_is_verified(world: World) -> None:
    schools = Schools(world)
    nothing = await committed(world)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "management-draw-empty")
    first, second = await schools.signed(), await schools.signed("140214")
    await schools.declare(management="reading", figures=figures(reviewed=1, list_published=1, purchase_required=0))
    small = await committed(world, share_bp=499)
    assert (small.status_code, small.json()["facts"]) == (422, {"minimum_bp": 500})
    draw = (await committed(world)).json()
    assert (draw["targets_total"], draw["state"]) == (2, "committed")
    assert "secret" not in draw
    early = await world.bureau.post(f"/v1/management-draws/{draw['id']}/reveal", json={"public_value": "1"})
    assert (early.status_code, early.json()["code"]) == (409, "public-value-too-early")
    assert (await world.staff().get(f"/v1/management-draws/{draw['id']}/proof")).status_code == 409
    done = await revealed(world, draw["id"])
    assert (done.status_code, done.json()["drawn_total"]) == (200, 2)
    proof = (await world.staff().get(f"/v1/management-draws/{draw['id']}/proof")).json()
    assert set(proof["result"]) == {first, second}
    faults = set(differences(proof))
    assert faults == set()
    drawn = (await world.bureau.get(URL, params={"draw": draw["id"], "state": "drawn"})).json()["items"]
    assert {one["id"] for one in drawn} == {first, second}


async def test_a_declaration_is_drawn_once(world: World) -> None:
    schools = Schools(world)
    declaration = await schools.signed()
    one, other = [(await committed(world)).json()["id"] for _ in range(2)]
    assert (await revealed(world, one)).json()["drawn_total"] == 1
    assert (await revealed(world, other)).json()["drawn_total"] == 1
    assert (await world.bureau.get(f"{URL}/{declaration}")).json()["draw_id"] == one
    cancelled = await world.bureau.post(f"/v1/management-draws/{other}/cancellation", json={"reason": "误"})
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "management-draw-not-committed")


async def test_a_draw_is_cancelled_and_stays_in_the_list(world: World) -> None:
    await Schools(world).signed()
    draw = (await committed(world)).json()["id"]
    cancelled = await world.bureau.post(f"/v1/management-draws/{draw}/cancellation", json={"reason": "学期有误"})
    assert (cancelled.json()["state"], cancelled.json()["cancellation_reason"]) == ("cancelled", "学期有误")
    more = (await committed(world)).json()["id"]
    first = (await world.staff().get("/v1/management-draws", params={"limit": 1})).json()
    rest = (await world.staff().get("/v1/management-draws", params={"cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [draw, more]


async def test_a_verification_confirms_or_finds_a_shortfall(world: World) -> None:
    schools = Schools(world)
    good, bad = await schools.signed(), await schools.signed("140214")
    await revealed(world, (await committed(world)).json()["id"])
    url = f"{URL}/{bad}/verification"
    unfit = await world.bureau.post(url, json={"confirmed": False, "note": "现场核对"})
    assert (unfit.status_code, unfit.json()["code"]) == (422, "verdict-unfit")
    refuted = await world.bureau.post(
        url, json={"confirmed": False, "falls_short": ["primary_first_lesson"], "note": "现场核对"}
    )
    assert refuted.json()["state"] == "refuted"
    confirmed = await world.bureau.post(f"{URL}/{good}/verification", json={"confirmed": True, "note": "相符"})
    assert (confirmed.json()["state"], confirmed.json()["verification_note"]) == ("confirmed", "相符")
    [shortfall] = (await world.bureau.get("/v1/management-shortfalls")).json()["items"]
    assert (shortfall["declaration_id"], shortfall["found_by"]) == (bad, "verification")
    assert [kind.split(".")[2] for kind, _ in await world.facts(bad)] == ["declared", "signed", "drawn", "verified"]


async def test_everybody_sees_declarations_within_reach(world: World) -> None:
    schools = Schools(world)
    here, there = [(await schools.declare(district)).json()["id"] for district in ("140213", "140214")]
    seen = {
        world.bureau: {here, there},
        world.officer("140213"): {here},
        world.staff("140214"): {there},
        world.service("school_staff", school="not-an-id"): set(),
    }
    for client, ids in seen.items():
        listed = (await client.get(URL, params={"term": "2026-autumn"})).json()["items"]
        assert {one["id"] for one in listed} == ids
        for one in (here, there):
            assert (await client.get(f"{URL}/{one}")).status_code == (200 if one in ids else 404)
    first = (await world.bureau.get(URL, params={"limit": 1})).json()
    rest = (await world.bureau.get(URL, params={"cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [here, there]
