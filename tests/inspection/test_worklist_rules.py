"""The order of a day, and when a closed door is tried again."""

import math
import random
import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, permutations
from typing import Any
from uuid import UUID

import pytest

from services.inspection.planning.risks.domain import Risk, RiskClass
from services.inspection.planning.worklists.domain import Order, Retry, Stop, TimeOfDay, Work, ordered, retry_after

ON = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 2, tzinfo=UTC)
AFTERNOON, EVENING = MORNING + timedelta(hours=4), MORNING + timedelta(hours=9)
LATER = date(2026, 12, 31)
DICE = random.Random(20260302)


def work(number: int, lon: float | None, lat: float | None = 40.0, *, points: int = 0, wait: int = 0) -> Work:
    return Work(
        target_id=UUID(int=number),
        institution_id=UUID(int=number),
        name=f"机构{number}",
        address="1",
        grid="g1",
        lon=lon,
        lat=None if lon is None else lat,
        attempts=bool(wait),
        risk=Risk(points, RiskClass.LOW, []),
        retry=Retry(ON + timedelta(days=wait), TimeOfDay.EVENING) if wait else None,
    )


def numbers(works: list[Work], order: Order = Order.NEAREST, **more: Any) -> list[int]:
    stops, _ = ordered(works, order, **{"start": None, "on": ON, "limit": 200, **more})
    return [stop.work.institution_id.int for stop in stops]


LINE = [work(number, 113 + number / 100, points=number % 3) for number in (3, 1, 4, 5, 2)]


def test_nearest_goes_along_the_line() -> None:
    assert numbers(LINE, start=(113.0, 40.0)) == [1, 2, 3, 4, 5]
    assert numbers(LINE) in ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])
    assert numbers(LINE, start=(113.0, 40.0), limit=2) == [1, 2]
    stops, left = ordered(LINE, Order.NEAREST, start=(113.0, 40.0), on=ON, limit=2)
    assert left == 3
    assert [round(stop.metres or 0) for stop in stops] == [852, 852]


def test_risk_is_an_order_and_leaves_nobody_out() -> None:
    assert numbers(LINE, Order.RISK) == [2, 5, 1, 4, 3]


@pytest.mark.parametrize("order", list(Order))
def test_who_waits_and_who_cannot_be_found_comes_last_and_comes(order: Order) -> None:
    works = [
        work(9, None),
        work(8, 0.0, 0.0, points=5),
        work(7, 113.1, wait=2, points=9),
        work(6, 113.2, wait=1),
        *LINE,
    ]
    found = numbers(works, order)
    assert found[-4:] == [6, 7, 8, 9]
    assert len(found) == len(works)
    stops, _ = ordered(works, order, start=None, on=ON, limit=200)
    assert [(stop.due, stop.work.located, stop.metres is None) for stop in stops[-3:]] == [
        (False, True, False),
        (True, False, True),
        (True, False, True),
    ]
    assert set(numbers(works, order, on=ON + timedelta(days=2))[-2:]) == {8, 9}


def length(stops: list[Stop]) -> float:
    return sum(stop.metres or 0 for stop in stops)


def test_short_routes_are_nearly_the_shortest() -> None:
    worst = 1.0
    for _ in range(20):
        works = [work(n, 113 + DICE.random() / 10, 40 + DICE.random() / 10) for n in range(1, 8)]
        stops, _ = ordered(works, Order.NEAREST, start=(113.05, 40.05), on=ON, limit=200)
        shortest = min(
            sum(math.dist(scaled(a), scaled(b)) for a, b in pairwise([(113.05, 40.05), *route]))
            for route in permutations([(one.lon or 0, one.lat or 0) for one in works])
        )
        worst = max(worst, length(stops) / shortest)
    assert worst < 1.3


def scaled(point: tuple[float, float]) -> tuple[float, float]:
    return point[0] * 111_195 * math.cos(math.radians(40.05)), point[1] * 111_195


def test_no_route_crosses_itself_for_long_and_a_large_list_is_quick() -> None:
    works = [work(n, 113 + DICE.random() / 5, 40 + DICE.random() / 5) for n in range(1, 5001)]
    began = time.perf_counter()
    stops, left = ordered(works, Order.NEAREST, start=(113.1, 40.1), on=ON, limit=200)
    assert time.perf_counter() - began < 5
    assert (len(stops), left) == (200, 4800)
    assert len({stop.work.target_id for stop in stops}) == 200
    assert length(ordered(works[:100], Order.NEAREST, start=None, on=ON, limit=200)[0]) < length(
        ordered(works[:100], Order.RISK, start=None, on=ON, limit=200)[0]
    )


def test_nothing_to_do() -> None:
    assert ordered([], Order.NEAREST, start=(113.0, 40.0), on=ON, limit=5) == ([], 0)
    assert numbers([work(1, 113.0)]) == [1]


@pytest.mark.parametrize(
    ("tries", "gap", "last_day", "expected"),
    [
        ([], 2, LATER, None),
        ([MORNING], 2, LATER, Retry(date(2026, 3, 4), TimeOfDay.EVENING)),
        ([EVENING], 2, LATER, Retry(date(2026, 3, 4), TimeOfDay.AFTERNOON)),
        ([AFTERNOON, EVENING + timedelta(days=2)], 2, LATER, Retry(date(2026, 3, 6), TimeOfDay.MORNING)),
        ([MORNING], 7, LATER, Retry(date(2026, 3, 10), TimeOfDay.EVENING)),  # not a Monday again
        ([MORNING], 0, LATER, Retry(date(2026, 3, 3), TimeOfDay.EVENING)),
        ([MORNING], 5, date(2026, 3, 5), Retry(date(2026, 3, 5), TimeOfDay.EVENING)),
        ([MORNING], 5, ON, Retry(date(2026, 3, 7), TimeOfDay.EVENING)),
        ([MORNING + timedelta(days=n) for n in range(7)], 2, LATER, Retry(date(2026, 3, 10), TimeOfDay.EVENING)),
    ],
)
def test_a_closed_door_is_tried_on_another_day_and_hour(
    tries: list[datetime], gap: int, last_day: date, expected: Retry | None
) -> None:
    assert retry_after(tries, gap_days=gap, last_day=last_day) == expected
