"""Sessions plan themselves: after a change of the calendar, of an offering, and when enrolment has closed."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.afterschool.delivery.sessions import planner, usecases
from services.afterschool.delivery.sessions.planner import Planner
from services.afterschool.roster.terms.domain import school_days
from services.afterschool.subscriptions import INBOX
from shared.data.database import new_id, open_engine
from shared.domain.clock import utc_now
from shared.events.registry.calendars import CalendarYearPublished, SchoolTermSet, SchoolTermWithdrawn
from tests.afterschool.conftest import World
from tests.afterschool.delivery.course import TODAY, weekly
from tests.afterschool.delivery.test_session_routes import correct
from tests.metrics.deliveries import deliver

FIRST, LAST = TODAY - timedelta(days=60), TODAY + timedelta(days=60)


async def look(world: World) -> int:
    """Work off what is due; returns how many looks found something."""
    settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        worker = Planner(settings, engine, world.service.sessions)
        found = 0
        while await worker.look():
            found += 1
        return found
    finally:
        await engine.dispose()


async def sessions(world: World, offering: str) -> dict[str, dict[str, Any]]:
    """The sessions of an offering by day."""
    answer = await world.bureau.get("/v1/sessions", params={"offering": offering, "limit": 200})
    return {item["on"]: item for item in answer.json()["items"]}


async def planned(world: World) -> list[dict[str, Any]]:
    """The facts of plannings, in order."""
    async with world.service.sessions() as session:
        kind = "afterschool.sessions.planned.v1"
        rows = await session.scalars(text("SELECT payload FROM journal WHERE type = :type ORDER BY id"), {"type": kind})
        return [dict(row) for row in rows]


async def tell(world: World, event: Any) -> None:
    async with world.service.sessions.begin() as session:
        latest = await session.scalar(text("SELECT max(sequence) FROM term"))
        await INBOX.handle(session, [deliver(event, sequence=int(latest) + 100)])


async def test_a_published_offering_gets_its_sessions_once(world: World) -> None:
    offering = await world.offering(periods=weekly())
    assert await sessions(world, offering["id"]) == {}
    assert await look(world) == 1
    found = await sessions(world, offering["id"])
    assert sorted(found) == [str(day) for day in school_days(FIRST, LAST, {})]
    assert [fact["planned"] for fact in await planned(world)] == [len(found)]
    assert await look(world) == 0
    await world.offering(periods=weekly(9, "18:00", "18:40"), district="140214")
    assert await look(world) == 1
    assert {fact["school_id"] for fact in await planned(world)} == set(world.schools.values())


async def test_a_calendar_event_adds_a_makeup_day_and_cancels_a_removed_day(world: World) -> None:
    friday_only = [period for period in weekly() if period["weekday"] == 5]
    offering = await world.offering(periods=friday_only)
    await look(world)
    saturday = TODAY + timedelta(days=(5 - TODAY.weekday()) % 7 + 7)
    removed = saturday - timedelta(days=1)
    await correct(world, str(saturday), "makeup_workday")
    assert await look(world) == 1
    assert str(saturday) not in await sessions(world, offering["id"]), "the school has not given it a weekday"
    body = {"school_id": world.schools["140213"], "on": str(saturday), "weekday": 5}
    assert (await world.staff().post("/v1/makeup-days", json=body)).status_code == 200
    assert await look(world) == 1
    assert (await sessions(world, offering["id"]))[str(saturday)]["state"] == "planned"
    before = len(await planned(world))
    await correct(world, str(removed), "public_holiday")
    assert await look(world) == 1
    gone = (await sessions(world, offering["id"]))[str(removed)]
    assert (gone["state"], gone["cancelled_for"]) == ("cancelled", "calendar")
    await correct(world, str(removed), "public_holiday")
    assert await look(world) == 1
    assert len(await planned(world)) == before + 1, "the second time nothing is written"
    await correct(world, str(saturday), None)
    await correct(world, str(removed), None)
    assert await look(world) == 1, "two changes are planned at once"
    found = await sessions(world, offering["id"])
    assert (found[str(saturday)]["state"], found[str(removed)]["state"]) == ("cancelled", "planned")


async def test_a_makeup_day_with_a_weekday_comes_back_by_the_calendar_alone(world: World) -> None:
    offering = await world.offering(periods=weekly())
    saturday = TODAY + timedelta(days=(5 - TODAY.weekday()) % 7 + 7)
    await correct(world, str(saturday), "makeup_workday")
    body = {"school_id": world.schools["140213"], "on": str(saturday), "weekday": 5}
    assert (await world.staff().post("/v1/makeup-days", json=body)).status_code == 200
    states = []
    for kind in (None, "makeup_workday"):
        await correct(world, str(saturday), kind)
        await look(world)
        states.append((await sessions(world, offering["id"])).get(str(saturday), {}).get("state"))
    assert states == [None, "planned"]


async def test_a_term_that_changes_is_planned_again(world: World) -> None:
    offering = await world.offering(periods=weekly())
    await look(world)
    before = await sessions(world, offering["id"])
    last = LAST - timedelta(days=14)
    named = {"term_id": UUID(offering["term_id"]), "period": "term", "district": None, "starts_on": FIRST}
    shorter = SchoolTermSet(**named, name=offering["term"], ends_on=last, source="test", at=utc_now())
    await tell(world, shorter)
    assert await look(world) == 1
    after = await sessions(world, offering["id"])
    assert after.keys() == before.keys()
    assert {day for day, one in after.items() if one["state"] == "cancelled"} == {
        str(day) for day in school_days(last + timedelta(days=1), LAST, {})
    }
    await tell(world, SchoolTermWithdrawn(**named, ends_on=last, at=utc_now()))
    assert await look(world) == 1
    assert {one["state"] for one in (await sessions(world, offering["id"])).values()} == {"cancelled"}


async def test_without_the_calendar_of_a_year_its_publication_plans(world: World) -> None:
    async with world.service.sessions.begin() as session:
        await session.execute(text("DELETE FROM calendar_year"))
    offering = await world.offering(periods=weekly())
    assert await look(world) == 1
    assert await sessions(world, offering["id"]) == {}
    assert await look(world) == 0, "it is not tried again and again"
    for year in {FIRST.year, LAST.year}:
        await tell(world, CalendarYearPublished(year_id=new_id(), year=year, source="test", days=[], at=utc_now()))
    assert await look(world) == 1
    assert await sessions(world, offering["id"])


async def test_closing_and_changes_of_an_offering_let_it_be_planned(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering = await world.offering(periods=weekly())
    await look(world)
    changed = await world.staff().patch(
        f"/v1/offerings/{offering['id']}", json={"name": "管弦"}, headers={"if-match": f'"{offering["version"]}"'}
    )
    assert changed.status_code == 200, changed.text
    assert await look(world) == 1
    path = f"/v1/offerings/{offering['id']}"
    assert (await world.staff().post(f"{path}/freeze", json={"reason": "x"})).status_code == 200
    assert (await world.staff().post(f"{path}/unfreezing")).status_code == 200
    assert await look(world) == 1
    assert await look(world) == 0
    closed = datetime.fromisoformat(offering["closes_at"])
    monkeypatch.setattr(planner, "utc_now", lambda: closed)
    assert await look(world) == 1
    assert len(await planned(world)) == 1, "nothing to change: nothing is written"


async def test_a_planning_that_fails_stays_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offering = await world.offering(periods=weekly())

    def fails(*_: object, **__: object) -> date:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(usecases, "taught_days", fails)
        with pytest.raises(ZeroDivisionError):
            await look(world)
    assert await look(world) == 1
    assert await sessions(world, offering["id"])
