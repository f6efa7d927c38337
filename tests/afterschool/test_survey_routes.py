"""`/v1/surveys`: one answer each, counted and not kept; results only after closing, and nobody in them."""

import asyncio
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from tests.afterschool.conftest import World
from tests.afterschool.roster import attend

TERM = "2026-autumn"


def choice(key: str, *, favourable: bool = False) -> dict[str, Any]:
    return {"key": key, "zh": "甲", "en": "A", "favourable": favourable}


SURVEY: dict[str, Any] = {
    "title": "满意度调查",
    "term": TERM,
    "items": [
        {"key": "overall", "zh": "总体", "en": "Overall", "choices": [choice("good", favourable=True), choice("bad")]},
        {"key": "teachers", "zh": "师资", "en": "Teachers", "choices": [choice("good"), choice("fair"), choice("bad")]},
    ],
}
HAPPY = {"overall": "good", "teachers": "good"}


async def opened(world: World, **more: Any) -> str:
    answer = await world.bureau.post("/v1/surveys", json=SURVEY | more)
    assert answer.status_code == 201, answer.text
    assert (await world.guardian().get(answer.headers["location"])).json() == answer.json()
    return str(answer.json()["id"])


async def children(world: World, count: int, district: str = "140213") -> list[dict[str, Any]]:
    offering = await world.offering(200, district)
    for number in range(count):
        await world.child(f"g-{district}-{number}", district)
    found = await world.enrol(offering["id"], count, prefix=f"g-{district}")
    async with world.service.sessions.begin() as session:
        await attend(session, offering["id"], [one["student_id"] for one in found])
    return found


async def answer(world: World, survey: str, child: dict[str, Any], **more: Any) -> tuple[int, str | None]:
    """The status, and the code of a refusal."""
    given = more.pop("choices", HAPPY)
    body = {
        "audience": "guardian",
        "student_id": child["student_id"],
        "school_id": child["school_id"],
        "choices": [{"item": item, "choice": choice} for item, choice in given.items()],
    }
    guardian = more.pop("guardian", child["guardian"])
    headers = {"idempotency-key": "again"} if more.pop("key", False) else {}
    said = await world.guardian(guardian).post(f"/v1/surveys/{survey}/answers", json=body | more, headers=headers)
    return said.status_code, said.json().get("code")


async def results(world: World, survey: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await world.guardian().get(f"/v1/surveys/{survey}/results", params={"limit": 200})
    ).json()["items"]
    return found


async def test_a_guardian_and_a_student_answer_once(world: World) -> None:
    survey, [child] = await opened(world), await children(world, 1)
    assert await answer(world, survey, child) == (201, None)
    assert await answer(world, survey, child) == (409, "survey-already-answered")
    assert await answer(world, survey, child, audience="student") == (201, None)
    assert await answer(world, survey, child, audience="student") == (409, "survey-already-answered")
    own = await world.guardian(child["guardian"]).get(f"/v1/surveys/{survey}/participation")
    assert own.json() == {"answered": [{"audience": "guardian", "school_id": child["school_id"]}]}
    params, both = {"student": child["student_id"]}, own.json()["answered"]
    both = [*both, {"audience": "student", "school_id": child["school_id"]}]
    seen = await world.guardian(child["guardian"]).get(f"/v1/surveys/{survey}/participation", params=params)
    assert seen.json() == {"answered": both}
    for asked in ({}, params):
        nobody = await world.guardian("nobody").get(f"/v1/surveys/{survey}/participation", params=asked)
        assert nobody.json() == {"answered": []}


async def test_two_answers_at_once_are_one(world: World) -> None:
    survey, [child] = await opened(world), await children(world, 1)
    said = await asyncio.gather(*(answer(world, survey, child) for _ in range(6)))
    assert sorted(status for status, _ in said) == [201, 409, 409, 409, 409, 409]
    async with world.service.sessions() as session:
        assert (await session.execute(text("SELECT answered FROM survey_tally"))).scalars().all() == [1]


async def test_only_who_took_part_answers(world: World) -> None:
    survey, [child] = await opened(world), await children(world, 1)
    refused = (403, "survey-not-entitled")
    assert await answer(world, survey, child, guardian="somebody-else") == refused
    assert await answer(world, survey, child, student_id=str(uuid4())) == refused
    assert await answer(world, survey, child, school_id=world.schools["140214"]) == refused
    assert await answer(world, survey, child, school_id=str(uuid4())) == refused
    assert await answer(world, await opened(world, term="2025-spring"), child) == refused
    assert await answer(world, await opened(world, district="140214"), child) == refused
    assert await answer(world, await opened(world, district="140213"), child) == (201, None)
    assert await answer(world, survey, child, choices={"overall": "good"}) == (422, "answers-incomplete")
    only_students = await opened(world, audiences=["student"])
    assert await answer(world, only_students, child) == (422, "audience-not-asked")
    assert await answer(world, str(uuid4()), child) == (404, "survey-not-found")


async def test_counts_are_true_and_hold_together(world: World) -> None:
    survey, found = await opened(world), await children(world, 40)
    said = [HAPPY | ({"overall": "bad"} if number < 12 else {}) for number in range(40)]
    given = zip(found, said, strict=True)
    statuses = await asyncio.gather(*(answer(world, survey, child, choices=choices) for child, choices in given))
    assert {status for status, _ in statuses} == {201}
    async with world.service.sessions() as session:
        row = (await session.execute(text("SELECT answered, counts FROM survey_tally"))).one()
    assert (row.answered, row.counts) == (40, [28, 12, 40, 0, 0])


async def test_nothing_is_known_before_closing_and_nothing_changes_after(world: World) -> None:
    survey, found = await opened(world), await children(world, 8)
    for child in found[:7]:
        await answer(world, survey, child)
    early = await world.bureau.get(f"/v1/surveys/{survey}/results")
    assert (early.status_code, early.json()["code"]) == (409, "survey-open")
    assert set((await world.bureau.get(f"/v1/surveys/{survey}")).json()) == {
        "id", "version", "title", "term", "district", "audiences", "items", "state", "opened_at", "closed_at",
    }  # fmt: skip
    closed = await world.bureau.post(f"/v1/surveys/{survey}/closure")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert await answer(world, survey, found[7]) == (409, "survey-closed")
    assert (await world.bureau.post(f"/v1/surveys/{survey}/closure")).status_code == 409
    assert [kind for kind, _ in await world.facts(survey)] == [
        "afterschool.survey.opened.v1", "afterschool.survey.closed.v1", "afterschool.survey.results_listed.v1",
    ]  # fmt: skip


async def test_results_by_school_hide_small_groups(world: World) -> None:
    survey = await opened(world, audiences=["guardian"])
    many, few = await children(world, 30), await children(world, 3, "140214")
    for number, child in enumerate(many):
        await answer(world, survey, child, choices=HAPPY | ({"teachers": "fair"} if number < 10 else {}))
    for child in few:
        await answer(world, survey, child, choices={"overall": "bad", "teachers": "bad"})
    await world.bureau.post(f"/v1/surveys/{survey}/closure")
    rows = await results(world, survey)
    assert [(row["level"], row["district"]) for row in rows] == [
        ("all", None), ("district", "140213"), ("district", "140214"), ("school", "140213"), ("school", "140214"),
    ]  # fmt: skip
    [small] = [row for row in rows if row["school_id"] == world.schools["140214"]]
    assert small["answered"] is None
    assert {count for counts in small["counts"].values() for count in counts.values()} == {None}
    shown = [count for row in rows for counts in row["counts"].values() for count in counts.values()]
    assert all(count is None or count >= 5 for count in shown)
    [told] = [payload["results"] for kind, payload in await world.facts(survey) if kind.endswith("results_listed.v1")]
    besides = ("answers", "favourable")
    assert [{key: value for key, value in row.items() if key not in besides} for row in told] == rows
    first = (await world.bureau.get(f"/v1/surveys/{survey}/results", params={"limit": 2})).json()
    more = {"limit": 200, "cursor": first["next_cursor"]}
    rest = (await world.bureau.get(f"/v1/surveys/{survey}/results", params=more)).json()
    assert first["items"] + rest["items"] == rows
    for odd in ({"school": world.schools["140214"]}, {"audience": "guardian"}):
        assert (await world.bureau.get(f"/v1/surveys/{survey}/results", params=odd)).status_code == 422


async def test_no_row_anywhere_leads_from_a_person_to_an_answer(world: World) -> None:
    """Neither ids nor times nor the order of rows; and a repeated request leaves no fingerprint of an answer."""
    survey, found = await opened(world), await children(world, 20)
    for number, child in enumerate(found):
        said = HAPPY | ({"overall": "bad"} if number % 3 else {})
        assert await answer(world, survey, child, choices=said, key=True) == (201, None)
    async with world.service.sessions() as session:
        who = (await session.execute(text("SELECT respondent, xmin::text FROM survey_participant"))).all()
        what = (await session.execute(text("SELECT counts, xmin::text FROM survey_tally"))).all()
        kept = await session.scalar(text("SELECT count(*) FROM idempotency_key WHERE route LIKE '%surveys%'"))
        told = await session.scalar(
            text("SELECT count(*) FROM journal WHERE actor LIKE 'g-%' AND type LIKE '%survey%'")
        )
    assert len({row.respondent for row in who}) == 20
    assert len(what) == 1, "one row for all who answered at a school"
    assert {row.xmin for row in who} & {row.xmin for row in what} == {who[-1].xmin}, "the last one, of no choice"
    assert (kept, told) == (0, 0)


async def test_an_officer_asks_the_own_district(world: World) -> None:
    officer = world.officer("140213")
    made = await officer.post("/v1/surveys", json=SURVEY | {"district": "140213"})
    assert made.status_code == 201
    for odd in ({}, {"district": "140214"}):
        refused = await officer.post("/v1/surveys", json=SURVEY | odd)
        assert (refused.status_code, refused.json()["code"]) == (403, "survey-outside-your-district")
    city = await opened(world)
    assert (await officer.post(f"/v1/surveys/{city}/closure")).status_code == 404
    assert (await officer.post(f"/v1/surveys/{made.json()['id']}/closure")).status_code == 200
    listed = await officer.get("/v1/surveys", params={"term": TERM, "district": "140213", "state": "open"})
    assert [one["id"] for one in listed.json()["items"]] == [city]
    first = (await officer.get("/v1/surveys", params={"limit": 1})).json()
    rest = (await officer.get("/v1/surveys", params={"cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [made.json()["id"], city]


async def test_a_seat_alone_gives_no_voice(world: World) -> None:
    survey, offering = await opened(world), await world.offering(5)
    [child] = await world.enrol(offering["id"], 1)
    assert await answer(world, survey, child) == (403, "survey-not-entitled"), "the child was at no session"
    async with world.service.sessions.begin() as session:
        await attend(session, offering["id"], [child["student_id"]])
    assert await answer(world, survey, child) == (201, None)
