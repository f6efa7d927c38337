"""The numbers at the end of every day in China: taken once, also of days that were missed, and read back."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from services.metrics.history.domain import (
    LONGEST,
    HistoryTooLong,
    ScorecardDay,
    days_asked,
    due,
    end_of,
)
from services.metrics.history.usecases import Historian, take_days
from services.metrics.indicators.domain import Scope, Value
from services.metrics.tree.indicators import INDICATORS
from shared.domain.clock import china_date, utc_now
from shared.events.afterschool.schools import SchoolRegistered
from tests.metrics.conftest import World, institution
from tests.metrics.samples import SAMPLES, SCHOOL
from tests.metrics.test_reported import CODE, HERE, decide, submit

TODAY = date(2026, 11, 27)
MIDNIGHT = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
"""In China, the 27th begins."""


def days_before(number: int) -> date:
    return TODAY - timedelta(days=number)


def test_a_day_ends_at_midnight_in_china() -> None:
    assert end_of(days_before(1)) == MIDNIGHT


@pytest.mark.parametrize(
    ("last", "minutes", "wanted"),
    [
        (None, 3, [1]),
        (None, 1, [2]),  # the last facts of the 26th may still be on their way
        (1, 3, []),
        (2, 3, [1]),
        (4, 600, [3, 2, 1]),
        (0, 600, []),
    ],
)
def test_days_that_are_due(last: int | None, minutes: int, wanted: list[int]) -> None:
    known = None if last is None else days_before(last)
    assert due(known, MIDNIGHT + timedelta(minutes=minutes)) == [days_before(number) for number in wanted]


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        (None, None, (days_before(90), TODAY)),
        (days_before(3), None, (days_before(3), TODAY)),
        (None, days_before(10), (days_before(100), days_before(10))),
        (days_before(3), TODAY + timedelta(days=9), (days_before(3), TODAY)),
    ],
)
def test_days_asked_for(first: date | None, last: date | None, wanted: tuple[date, date]) -> None:
    assert days_asked(first, last, today=TODAY) == wanted


@pytest.mark.parametrize(
    ("first", "last"), [(TODAY, days_before(1)), (TODAY - LONGEST - timedelta(days=1), None), (TODAY + LONGEST, None)]
)
def test_days_that_cannot_be_asked_for(first: date, last: date | None) -> None:
    with pytest.raises(HistoryTooLong):
        days_asked(first, last, today=TODAY)


def test_a_day_keeps_what_is_known_and_says_if_it_is_late() -> None:
    one, other = INDICATORS["institutions.placed_share"], INDICATORS[CODE]
    values = {one.code: Value(1, 4), other.code: Value.unknown(other)}

    def taken(minutes: int) -> ScorecardDay:
        at = MIDNIGHT + timedelta(minutes=minutes)
        return ScorecardDay.take(days_before(1), "city", values, INDICATORS, as_of=None, at=at)

    assert taken(5).numbers == {one.code: (1, 4, one.rule_version)}
    assert [taken(60).late, taken(61).late] == [False, True]


async def take(world: World, at: datetime) -> int:
    async with world.sessions.begin() as session:
        return await take_days(session, at=at)


async def history(world: World, code: str, **query: str) -> list[tuple[Any, ...]]:
    found = await world.get(f"/v1/indicators/{code}/history", **query)
    return [(point["day"], point["value"], point["late"], point["live"]) for point in found["points"]]


async def test_days_of_every_scope(world: World) -> None:
    """At the clock of the moment, because the route adds today."""
    today = china_date(utc_now())
    ended = end_of(today - timedelta(days=1)) + timedelta(minutes=5)
    days = [str(today - timedelta(days=number)) for number in range(4)]
    await world.count(institution(1), institution(2, street=None), SAMPLES[SchoolRegistered])
    assert await take(world, ended - timedelta(days=2)) == 1
    await world.count(institution(3))
    assert [await take(world, ended), await take(world, ended)] == [2, 0]
    await world.count(institution(4))
    assert await history(world, "institutions.total") == [
        (days[3], 2, False, False), (days[2], 3, True, False), (days[1], 3, False, False), (days[0], 4, False, True)
    ]  # fmt: skip
    for scope, values in (
        (f"district:{HERE}", [2, 3, 3, 4]),
        ("street:140213050", [1, 2, 2, 3]),
        ("district:140214", [0]),
        ("grid:g1", [0]),
    ):
        assert [point[1] for point in await history(world, "institutions.total", scope=scope)] == values, scope
    assert [point[1] for point in await history(world, "schools.total", scope=f"school:{SCHOOL}")] == [1] * 4
    assert [point[1] for point in await history(world, "institutions.total", scope=f"school:{SCHOOL}")] == [None]
    past = {"from": days[3], "to": days[2]}
    assert [point[0] for point in await history(world, "institutions.total", **past)] == [days[3], days[2]]
    answer = await world.bureau.get(
        "/v1/indicators/institutions.total/history", params={"from": days[0], "to": days[1]}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "history-too-long")


async def test_the_history_is_what_the_scorecards_said(world: World) -> None:
    await world.count(*SAMPLES.values())
    figures = [await submit(world), await submit(world, district=HERE, value=3), await submit(world, district="140299")]
    for figure in figures:
        await decide(world, figure)
    at = utc_now()
    await take(world, at)
    async with world.sessions() as session:
        rows = (await session.scalars(select(ScorecardDay))).all()
    scopes = {row.scope for row in rows}
    assert {"city", f"district:{HERE}", "street:140213050", f"school:{SCHOOL}", "district:140299"} <= scopes
    for row in rows:
        Scope.parse(row.scope)
        card = (await world.get("/v1/scorecard", scope=row.scope))["values"]
        said = {
            one["code"]: [one["numerator"], one["denominator"], one["rule_version"]] for one in card if one["known"]
        }
        assert {code: list(numbers) for code, numbers in row.numbers.items()} == said, row.scope


async def test_a_day_that_is_there_stays(world: World) -> None:
    """Two workers may both believe that they lead."""
    at = MIDNIGHT + timedelta(minutes=5)
    await world.count(institution(1))
    assert sorted(await asyncio.gather(take(world, at), take(world, at))) in ([0, 1], [1, 1])
    async with world.sessions() as session:
        assert await session.scalar(select(func.count()).where(ScorecardDay.scope == "city")) == 1


async def test_the_worker_takes_the_day_that_is_over(world: World) -> None:
    historian = Historian(world.settings, world.service.app.state.engine, world.sessions)
    assert [await historian.look(), await historian.look()] == [1, 0]
    stop = asyncio.Event()
    stop.set()
    await historian.run(stop)
