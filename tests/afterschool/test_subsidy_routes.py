"""`/v1/subsidy-runs`: from what children attended to the fen, and to the workbook of finance."""

import asyncio
import io
import os
import random
from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.afterschool.finance.subsidies.accountant import Accountant
from shared.data.database import open_engine
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World
from tests.afterschool.roster import tell_calendar
from tests.afterschool.taught import DAY, FIRST, LAST, TERM, Lesson, Term

URL = "/v1/subsidy-runs"
SESSIONS = int(os.environ.get("SUBSIDY_SESSIONS", "20000"))


def officer(world: World, subject: str) -> httpx.AsyncClient:
    return world.service("bureau", subject=subject)


async def worked(world: World) -> bool:
    """The worker looks once; returns whether there was a run to compute."""
    settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        return await Accountant(settings, engine, world.service.sessions).look()
    finally:
        await engine.dispose()


async def compute(world: World, term: str = TERM, **more: Any) -> dict[str, Any]:
    answer = await officer(world, "computes").post(URL, json={"term": term, **more})
    assert (answer.status_code, answer.json()["state"]) == (202, "computing"), answer.text
    assert await worked(world)
    run: dict[str, Any] = (await world.bureau.get(answer.headers["location"])).json()
    return run


async def locked(world: World) -> dict[str, Any]:
    run = await compute(world)
    for subject, step in (("reviews", "review"), ("computes", "lock")):
        answer = await officer(world, subject).post(f"{URL}/{run['id']}/{step}")
        assert answer.status_code == 200, answer.text
    return run


async def lines(world: World, run: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    answer = await world.bureau.get(f"{URL}/{run['id']}/lines", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def by_class(world: World, run: dict[str, Any], field: str = "posting") -> dict[tuple[str, str], int]:
    return {(one["class_id"], one["programme"]): one[field] for one in await lines(world, run)}


def lesson(day: int, starts: str, minutes: int, *children: str, **more: Any) -> Lesson:
    """A lesson on a day of the first week, 0 is its Monday."""
    return Lesson(FIRST + day * DAY, time.fromisoformat(starts), minutes, children, **more)


class Golden:
    """Three classes in the first week of the term; see the golden case."""

    def __init__(self, term: Term) -> None:
        self.term = term

    async def teach(self) -> "Golden":
        world, term = self.term.world, self.term
        await term.set_norms(
            subsidy__least_days=3, subsidy__principal_fund_class_fen=3_000_001, subsidy__principal_fund_junior_bp=3_333
        )
        self.primary = world.schools["140213"]
        self.junior = await world.school("140214", stage="junior")
        self.first = await term.school_class(self.primary, "3-1", 3)
        self.second = await term.school_class(self.primary, "3-2", 3)
        self.third = await term.school_class(self.junior, "7-1", 7)
        [a], [b], [c] = [await term.children(one) for one in (self.first, self.second, self.third)]
        self.b = b
        taught = await term.teach(
            self.primary,
            [
                lesson(0, "16:30", 60, a, b),
                lesson(0, "17:30", 60, a, b),
                lesson(1, "16:30", 120, a),
                lesson(1, "16:30", 120, b),
                lesson(2, "16:30", 60, a),
                lesson(2, "17:00", 60, a),
                lesson(2, "18:00", 30, a),
                lesson(2, "16:30", 60, b),
                lesson(2, "16:30", 90, b),
                lesson(3, "16:30", 120, b, led="absent"),
                lesson(4, "16:30", 120, absent=[a, b]),
                lesson(4, "16:30", 120, b, cancelled=True),
                lesson(7, "15:59", 120, b),
            ],
        )
        self.tuesday = taught[2]
        await term.teach(self.junior, [lesson(day, "16:30", 120, c) for day in range(3)])
        return self


async def test_golden_case(world: World) -> None:
    """The first days of September 2025; a class counts from 3 days of 120 minutes that end at 18:00 or later. By hand:

    Class 3-1: Monday 16:30 to 18:30 in two sessions; Tuesday 120 minutes in one; Wednesday 16:30 to 17:30, 17:00 to
    18:00 and 18:00 to 18:30 together last from 16:30 to 18:30. Three days, 2 + 1 + 3 = 6 sessions: it counts.
    Class 3-2: Monday and Tuesday as 3-1. Wednesday 16:30 to 17:30 and 16:30 to 18:00 together last 90 minutes only. On
    Thursday nobody taught, on Friday all were absent or the session was cancelled, and the next Monday the 120 minutes
    ended at 17:59, before 18:00. Two days, 3 sessions: it does not.
    Class 7-1: three days of 120 minutes, 3 sessions: it counts.

    A primary class gets 10,000.00 yuan a year: half is 500,000 fen. The principal's fund is 30,000.01 yuan: this term,
    the first of its year, has 1,500,001 fen. Of 7-1 the part for late service is 33.33 %: 499,950.3333, and the rest
    is 1,000,050.6667; the fen that is left goes to the larger remainder: 499,950 and 1,000,051.

    Together 500,000 + 1,500,001 + 499,950 + 1,000,051 = 3,500,002 fen.
    """
    golden = await Golden(await Term.past(world)).teach()
    run = await compute(world)
    assert (run["state"], run["total"], run["lines"]) == ("computed", 3_500_002, 6)
    assert await by_class(world, run) == {
        (golden.first, "primary_class"): 500_000,
        (golden.first, "principal_fund"): 1_500_001,
        (golden.second, "primary_class"): 0,
        (golden.second, "principal_fund"): 0,
        (golden.third, "principal_fund"): 1_000_051,
        (golden.third, "principal_fund_junior"): 499_950,
    }
    counted = {one["class_id"]: (one["days"], one["sessions"]) for one in await lines(world, run)}
    assert counted == {golden.first: (3, 6), golden.second: (2, 3), golden.third: (3, 3)}
    assert all(one["least_days"] == 3 and one["least_minutes"] == 120 for one in await lines(world, run))
    norms = {one["id"]: one for one in (await world.bureau.get("/v1/norms", params={"limit": 200})).json()["items"]}
    for one in await lines(world, run):
        named = [
            norms[one[name]]["name"] for name in ("amount_norm_id", "days_norm_id", "minutes_norm_id", "end_norm_id")
        ]
        assert named[1:] == ["subsidy.least_days", "service.least_minutes", "service.end_minute_of_day"]
        assert norms[one["amount_norm_id"]]["value"] == one["year_amount"]
        assert (one["share_norm_id"] is not None) == (one["class_id"] == golden.third)


async def test_late_facts_never_change_a_locked_run(world: World) -> None:
    term = await Term.past(world)
    golden = await Golden(term).teach()
    first = await locked(world)
    before = await lines(world, first)
    await term.correct(golden.tuesday, "absent")
    await term.teach(golden.primary, [lesson(3, "16:30", 120, golden.b)])
    second = await compute(world)
    assert await by_class(world, second) == {
        (golden.first, "primary_class"): -500_000,
        (golden.first, "principal_fund"): -1_500_001,
        (golden.second, "primary_class"): 500_000,
        (golden.second, "principal_fund"): 1_500_001,
        (golden.third, "principal_fund"): 0,
        (golden.third, "principal_fund_junior"): 0,
    }
    assert (second["total"], await lines(world, first)) == (0, before)
    twice = await world.bureau.post(URL, json={"term": TERM})
    assert (twice.status_code, twice.json()["code"]) == (409, "subsidy-run-open")
    await world.bureau.post(f"{URL}/{second['id']}/discard", json={"reason": "重新核算"})
    third = await locked(world)
    assert await by_class(world, third) == await by_class(world, second)
    await term.correct(golden.tuesday, "present")
    last = await locked(world)
    assert await by_class(world, last, "posted") == {
        key: value + (await by_class(world, first))[key] for key, value in (await by_class(world, third)).items()
    }
    assert await by_class(world, await compute(world)) == dict.fromkeys(await by_class(world, last), 0)


async def test_a_later_amount_leaves_earlier_terms_alone(world: World) -> None:
    """policyengine-us #9075: a rule of a future year changed the results of earlier years."""
    await Golden(await Term.past(world)).teach()
    run = await compute(world)
    told = [one | {"id": None} for one in await lines(world, run)]
    await world.bureau.post(f"{URL}/{run['id']}/discard", json={"reason": "对照"})
    for name in ("subsidy.primary_class_fen", "subsidy.principal_fund_class_fen", "subsidy.least_days"):
        norm = {"name": name, "value": 99, "source": "以后年度文件", "valid_from": str(china_date(utc_now()))}
        assert (await world.bureau.post("/v1/norms", json=norm)).status_code == 201
    again = await compute(world)
    assert (again["total"], [one | {"id": None} for one in await lines(world, again)]) == (run["total"], told)


async def test_a_run_is_reviewed_by_another_person(world: World) -> None:
    await Term.past(world)
    run = await compute(world)
    url = f"{URL}/{run['id']}"
    own = await officer(world, "computes").post(f"{url}/review")
    assert (own.status_code, own.json()["code"]) == (403, "reviewer-computed")
    early = await officer(world, "computes").post(f"{url}/lock")
    assert (early.status_code, early.json()["code"]) == (409, "subsidy-run-state-unfit")
    assert (await officer(world, "reviews").post(f"{url}/review")).json()["reviewed_by"] == "reviews"
    assert (await officer(world, "computes").post(f"{url}/lock")).json()["state"] == "locked"
    late = await world.bureau.post(f"{url}/discard", json={"reason": "x"})
    assert late.json()["code"] == "subsidy-run-state-unfit"
    kinds = [kind.split(".")[2] for kind, _ in await world.facts(run["id"])]
    assert kinds == ["computed", "reviewed", "locked"]
    for missing in (f"{URL}/{world.schools['140213']}", f"{URL}/{world.schools['140213']}/lines"):
        assert (await world.bureau.get(missing)).json()["code"] == "subsidy-run-not-found"
    gone = await world.bureau.post(f"{URL}/{world.schools['140213']}/lock")
    assert gone.json()["code"] == "subsidy-run-not-found"
    unknown = await world.bureau.post(URL, json={"term": "no such term"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "term-not-found")
    listed = (await world.bureau.get(URL, params={"term": TERM, "state": "locked"})).json()["items"]
    assert [one["id"] for one in listed] == [run["id"]]


async def test_a_run_needs_every_norm(world: World) -> None:
    first = FIRST.replace(year=2019)
    await tell_calendar(world.service, name="2019-autumn", starts_on=first, ends_on=first + 90 * DAY)
    refused = await world.bureau.post(URL, json={"term": "2019-autumn"})
    assert (refused.status_code, refused.json()["code"]) == (409, "norm-unknown")


async def test_a_run_of_one_district_and_one_of_the_city_never_overlap(world: World) -> None:
    golden = await Golden(await Term.past(world)).teach()
    first = await compute(world, district="140213")
    assert (first["district"], first["total"], first["lines"]) == ("140213", 2_000_001, 4)
    assert {one["school_id"] for one in await lines(world, first)} == {golden.primary}
    for more in ({}, {"district": "140213"}):
        refused = await world.bureau.post(URL, json={"term": TERM, **more})
        assert (refused.status_code, refused.json()["code"]) == (409, "subsidy-run-open")
    other = await compute(world, district="140214")
    assert other["total"] == 1_500_001
    listed = (await world.bureau.get(URL, params={"district": "140214"})).json()["items"]
    assert [one["id"] for one in listed] == [other["id"]]
    nowhere = await world.bureau.post(URL, json={"term": TERM, "district": "990000"})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "term-not-found")
    for run in (first, other):
        for subject, step in (("reviews", "review"), ("computes", "lock")):
            assert (await officer(world, subject).post(f"{URL}/{run['id']}/{step}")).status_code == 200
    assert (await compute(world))["total"] == 0, "the city finds everything posted"
    refused = await world.bureau.post(URL, json={"term": TERM, "district": "140214"})
    assert refused.json()["code"] == "subsidy-run-open"


async def test_of_runs_asked_for_at_once_one_is_computed(world: World) -> None:
    await Term.past(world)
    wanted = [
        {"term": TERM},
        {"term": TERM, "district": "140213"},
        {"term": TERM},
        {"term": TERM, "district": "140213"},
    ]
    answers = await asyncio.gather(*(world.bureau.post(URL, json=body) for body in wanted))
    assert sorted(one.status_code for one in answers) == [202, 409, 409, 409]
    assert await worked(world)
    assert not await worked(world)


async def test_a_run_that_cannot_be_computed_is_discarded_and_a_discarded_one_is_not_computed(world: World) -> None:
    await Term.past(world)
    asked = (await world.bureau.post(URL, json={"term": TERM})).json()
    early = await officer(world, "reviews").post(f"{URL}/{asked['id']}/review")
    assert early.json()["code"] == "subsidy-run-state-unfit"
    assert (await world.bureau.post(f"{URL}/{asked['id']}/discard", json={"reason": "不再需要"})).status_code == 200
    assert not await worked(world)
    asked = (await world.bureau.post(URL, json={"term": TERM})).json()
    async with world.service.sessions.begin() as session:
        withdrawn = text("UPDATE term SET withdrawn_at = :at WHERE name = :name")
        await session.execute(withdrawn, {"name": TERM, "at": utc_now()})
    assert await worked(world)
    run = (await world.bureau.get(f"{URL}/{asked['id']}")).json()
    assert (run["state"], run["discard_reason"], run["computed_at"]) == ("discarded", "term-not-found", None)


async def test_the_database_keeps_locked_runs_as_they_are(world: World) -> None:
    await Golden(await Term.past(world)).teach()
    run = await locked(world)
    before = await lines(world, run)
    for change in (
        "UPDATE subsidy_line SET target = 1, posting = 1 - posted",
        "DELETE FROM subsidy_line",
        "UPDATE subsidy_run SET state = 'reviewed', locked_at = NULL",
        "DELETE FROM subsidy_run",
    ):
        with pytest.raises(DBAPIError, match="never change"):
            async with world.service.sessions.begin() as session:
                await session.execute(text(change))
    assert await lines(world, run) == before
    await compute(world)
    async with world.service.sessions.begin() as session:
        open_ones = "run_id IN (SELECT id FROM subsidy_run WHERE state = 'computed')"
        await session.execute(text(f"DELETE FROM subsidy_line WHERE {open_ones}"))


def sheet(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    """The rows of a sheet below its titles."""
    rows: list[list[Any]] = book.get_sheet_by_name(name).to_python()[1:]
    return rows


async def test_lines_schools_run_and_export_agree_to_the_fen(world: World) -> None:
    golden = await Golden(await Term.past(world)).teach()
    run = await compute(world)
    schools = (await world.bureau.get(f"{URL}/{run['id']}/schools")).json()["items"]
    sums = {one["id"]: one for one in schools}
    assert (sums[golden.primary]["total"], sums[golden.primary]["classes"]) == (2_000_001, 2)
    assert (sums[golden.junior]["principal_fund_junior"], sums[golden.junior]["total"]) == (499_950, 1_500_001)
    file = await world.bureau.get(f"{URL}/{run['id']}/export")
    assert file.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.content))
    detail, of_schools, total = [sheet(book, name) for name in ("明细", "学校", "汇总")]
    in_lines = sum(one["posting"] for one in await lines(world, run))
    assert len(detail) == run["lines"]
    assert run["total"] == in_lines == sum(one["total"] for one in schools) == sum(row[-1] for row in detail)
    assert run["total"] == sum(row[-1] for row in of_schools) == total[-1][-1] == sum(row[-1] for row in total[:-1])
    assert (await world.staff().get(f"{URL}/{run['id']}/export")).status_code == 403
    own = (await world.staff().get(f"{URL}/{run['id']}/lines")).json()["items"]
    assert {one["school_id"] for one in own} == {golden.primary}
    assert {one["id"] for one in (await world.officer("140214").get(f"{URL}/{run['id']}/schools")).json()["items"]} == {
        golden.junior
    }
    fund = await lines(world, run, programme="principal_fund", school=golden.junior)
    assert [one["posting"] for one in fund] == [1_000_051]


@pytest.mark.slow
async def test_twenty_thousand_sessions_equal_an_independent_computation(world: World) -> None:
    """Days and sessions of every class, and the total, are counted again minute by minute."""
    term, chance = await Term.past(world), random.Random(2643)
    school = world.schools["140213"]
    classes = {await term.school_class(school, f"{grade}-{n}", grade): grade for grade in range(1, 7) for n in range(4)}
    children = {child: one for one in classes for child in await term.children(one, 3)}
    days = [FIRST + number * DAY for number in range((LAST - FIRST).days + 1)]
    lessons = [
        Lesson(
            chance.choice(days),
            time(chance.randrange(15, 20), chance.choice((0, 15, 30, 40))),
            chance.choice((30, 40, 45, 60, 90)),
            chance.sample(sorted(children), k=chance.randrange(3)),
            led=chance.choice(("present", "present", "present", "late", "absent")),
            cancelled=chance.random() < 0.05,
        )
        for _ in range(SESSIONS)
    ]
    await term.teach(school, lessons)
    minutes: dict[tuple[str, Any], set[int]] = defaultdict(set)
    held: dict[tuple[str, Any], int] = defaultdict(int)
    for one in lessons:
        if one.led == "absent" or one.cancelled:
            continue
        begins = datetime.combine(one.on, one.starts)
        span = {
            (begins + timedelta(minutes=n)).hour * 60 + (begins + timedelta(minutes=n)).minute
            for n in range(one.minutes)
        }
        for school_class in {children[child] for child in one.children}:
            minutes[school_class, one.on] |= span
            held[school_class, one.on] += 1
    kept = {key for key, each in minutes.items() if len(each) >= 120 and max(each) >= 18 * 60 - 1}
    expected = {
        one: (sum(key[0] == one for key in kept), sum(held[key] for key in kept if key[0] == one)) for one in classes
    }
    run = await compute(world)
    assert {one["class_id"]: (one["days"], one["sessions"]) for one in await lines(world, run)} == expected
    counting = sum(each >= 60 for each, _ in expected.values())
    assert counting > 0
    assert run["total"] == counting * (500_000 + 1_500_000)
