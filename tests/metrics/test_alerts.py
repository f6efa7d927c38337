"""Alerts: raised once when a number goes beyond its threshold, cleared once when it is within again."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.metrics.alerts.domain import THRESHOLDS, Alert, Threshold, Worse, beyond
from services.metrics.alerts.usecases import Lookout, watch_thresholds
from services.metrics.indicators.domain import Scope, Value
from services.metrics.names.usecases import INBOX as NAMES
from services.metrics.tree.indicators import INDICATORS
from shared.domain.clock import china_date
from shared.events.afterschool.homework import HomeworkDeclared
from shared.events.afterschool.offerings import OfferingPublished
from shared.events.afterschool.schools import SchoolRegistered
from shared.events.inspection.targets import TargetPlaced
from tests.metrics.conftest import World, changed, institution
from tests.metrics.deliveries import deliver_all

LATE = datetime(2026, 3, 2, 16, 1, tzinfo=UTC)
"""00:01 on the next day in China."""


def of(number: int, whole: int | None = None, *, known: bool = True, average: bool = False) -> Value:
    return Value(number, whole, known=known, average=average)


HOMEWORK = THRESHOLDS["homework-long-upper"]


@pytest.mark.parametrize(
    ("value", "exceeded"),
    [
        (of(6000, 100, average=True), None),
        (of(6001, 100, average=True), 60.01),
        (of(0, 0, average=True), None),
        (of(900, 10, average=True, known=False), None),
    ],
    ids=["at its limit", "above", "of nothing", "unknown"],
)
def test_what_is_beyond_its_threshold(value: Value, exceeded: float | None) -> None:
    assert HOMEWORK.exceeded_by(value) == exceeded


def test_a_threshold_may_be_a_floor() -> None:
    serving = THRESHOLDS["school-without-service"]
    assert serving.worse is Worse.BELOW
    assert [serving.exceeded_by(of(number)) for number in (0, 1, 2)] == [0.0, None, None]


def test_a_threshold_judges_its_own_dimension_alone() -> None:
    values = {
        scope: {one.indicator: of(900, 10, average=True) for one in (HOMEWORK,)}
        for scope in (Scope(), Scope("district", "140213"), Scope("school", "a"))
    }
    assert list(beyond(values, [HOMEWORK])) == [("homework-long-upper", "school:a")]


def test_the_owner_has_days_of_china() -> None:
    alert, raised = Alert.found(HOMEWORK, Scope("school", "a"), 71.5, at=LATE)
    assert alert.due_on == raised.due_on == date(2026, 3, 8)
    assert [alert.days_overdue(alert.due_on + timedelta(days=days)) for days in (-1, 0, 3)] == [0, 0, 3]


@pytest.mark.parametrize("threshold", THRESHOLDS.values(), ids=lambda one: one.code)
def test_a_threshold_stands_on_an_indicator_that_exists_for_its_scopes(threshold: Threshold) -> None:
    assert INDICATORS[threshold.indicator].exists_for(threshold.dimension)
    assert threshold.days > 0
    assert threshold.source


async def facts(world: World) -> list[tuple[str, str, str]]:
    async with world.sessions() as session:
        rows = await session.execute(
            text("SELECT type, payload FROM journal WHERE topic = 'metrics.alerts.v1' ORDER BY id")
        )
        return [(row.type.split(".")[2], row.payload["threshold"], row.payload["scope"]) for row in rows]


async def look(world: World, at: datetime = LATE) -> int:
    async with world.sessions.begin() as session:
        return await watch_thresholds(session, at=at)


async def test_an_alert_is_raised_once_and_cleared_once(world: World) -> None:
    school = uuid4()
    registered = changed(SchoolRegistered, school_id=school, name="第一小学", district="140213", street=None)
    await world.count(registered)
    async with world.sessions.begin() as session:
        await NAMES.handle(session, deliver_all([registered]))
    assert [await look(world) for _ in range(3)] == [1, 0, 0]
    (alert,) = (await world.get("/v1/alerts"))["items"]
    assert (alert["threshold"], alert["scope"], alert["scope_zh"]) == (
        "school-without-service",
        f"school:{school}",
        "第一小学",
    )
    assert (alert["value"], alert["limit"], alert["worse"]) == (0, 1, "below")
    assert (alert["owner"]["zh"], alert["due_on"]) == ("基础教育科", str(china_date(LATE) + timedelta(days=10)))
    assert alert["days_overdue"] > 0
    of_district = (await world.get("/v1/alerts", scope="district:140213"))["items"]
    assert [one["id"] for one in of_district] == [alert["id"]]
    assert (await world.get("/v1/alerts", scope="district:140214"))["items"] == []
    assert len((await world.get("/v1/alerts", scope=f"school:{school}"))["items"]) == 1

    await world.count(changed(OfferingPublished, school_id=school, district="140213"))
    assert [await look(world) for _ in range(2)] == [1, 0]
    assert (await world.get("/v1/alerts"))["items"] == []
    (over,) = (await world.get("/v1/alerts", cleared="true"))["items"]
    assert (over["id"], over["days_overdue"]) == (alert["id"], 0)
    named = ("school-without-service", f"school:{school}")
    assert await facts(world) == [("raised", *named), ("cleared", *named)]


async def test_a_number_that_comes_back_raises_a_new_alert(world: World) -> None:
    nowhere = institution(1, district="140213", street=None)
    await world.count(nowhere)
    assert await look(world) == 1
    placed = changed(TargetPlaced, institution_id=UUID(int=1001), grid="g1")
    await world.count(placed)
    assert await look(world) == 1
    await world.count(changed(TargetPlaced, institution_id=UUID(int=1001), grid=None))
    assert await look(world) == 1
    assert [one[0] for one in await facts(world)] == ["raised", "cleared", "raised"]


async def test_homework_of_one_school_does_not_hide_behind_another(world: World) -> None:
    for school, minutes in ((UUID(int=1), 90), (UUID(int=2), 10)):
        await world.count(
            changed(
                HomeworkDeclared, homework_id=uuid4(), class_id=uuid4(), school_id=school, grade=4,
                written_minutes=minutes,
            )
        )  # fmt: skip
    await look(world)
    homework = [one for one in (await world.get("/v1/alerts"))["items"] if one["threshold"] == "homework-long-upper"]
    assert [(one["scope"], one["value"]) for one in homework] == [(f"school:{UUID(int=1)}", 90.0)]


async def test_the_lookout_looks_when_numbers_moved(world: World) -> None:
    lookout = Lookout(world.settings, world.service.app.state.engine, world.sessions)
    await world.count(institution(1, district="140213", street=None))
    assert await lookout.look() == 0, "nothing was read from the log yet"
    async with world.sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO consumer_offset (consumer, topic, partition, next) "
                "VALUES ('metrics', 'registry.institutions.v1', 0, 1)"
            )
        )
    assert [await lookout.look() for _ in range(2)] == [1, 0]
