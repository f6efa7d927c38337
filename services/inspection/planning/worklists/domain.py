"""Orders of visits, and the plan for another try at a closed door."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import fmean
from typing import Final, Self
from uuid import UUID

from services.inspection.planning.risks.domain import Risk
from shared.domain.clock import CHINA, china_date
from shared.domain.refusals import Invalid

EARTH_METRES: Final = 6_371_008.8


class WorklistTeamMissing(Invalid):
    """Name the team whose worklist you want."""

    code = "worklist-team-missing"
    zh = "须指明检查组。"


class StartIncomplete(Invalid):
    """Give both the longitude and the latitude of the start, or neither."""

    code = "start-incomplete"
    zh = "起点经纬度须同时给出。"


class Order(StrEnum):
    NEAREST = "nearest"
    RISK = "risk"


class TimeOfDay(StrEnum):
    """The part of the day in China. Training happens in the evening, so the first new attempt is made then."""

    EVENING = "evening"
    AFTERNOON = "afternoon"
    MORNING = "morning"

    @classmethod
    def of(cls, at: datetime) -> Self:
        hour = at.astimezone(CHINA).hour
        return cls.MORNING if hour < 12 else cls.AFTERNOON if hour < 17 else cls.EVENING


@dataclass(frozen=True, slots=True)
class Retry:
    """When to come again: not before this day, on another weekday and at another time of day than the tries before."""

    day: date
    time_of_day: TimeOfDay


def retry_after(tries: Sequence[datetime], *, gap_days: int, last_day: date) -> Retry | None:
    """When to try again after these tries; brought forward to the campaign's last day if that comes first."""
    if not tries:
        return None
    latest = max(map(china_date, tries))
    weekdays = {china_date(one).weekday() for one in tries}
    day = latest + timedelta(days=max(gap_days, 1))
    while len(weekdays) < 7 and day.weekday() in weekdays:
        day += timedelta(days=1)
    if day > last_day > latest:
        day = last_day
    hours = [TimeOfDay.of(one) for one in tries]
    return Retry(day, min(TimeOfDay, key=hours.count))


@dataclass(frozen=True, slots=True)
class Work:
    """An open target of the list, as the order needs it."""

    target_id: UUID
    institution_id: UUID
    name: str | None
    address: str | None
    grid: str | None
    lon: float | None
    lat: float | None
    attempts: int
    risk: Risk
    retry: Retry | None

    @property
    def located(self) -> bool:
        """Whether it has coordinates. Files write 0, 0 where they have none."""
        return self.lon is not None and self.lat is not None and (self.lon, self.lat) != (0, 0)

    def due(self, *, on: date) -> bool:
        return self.retry is None or self.retry.day <= on


@dataclass(frozen=True, slots=True)
class Stop:
    """A place in the order; `metres` from the stop before, or from the start; none where either has no point."""

    work: Work
    due: bool
    metres: float | None


Point = tuple[float, float]


def ordered(
    works: Sequence[Work], order: Order, *, start: Point | None, on: date, limit: int
) -> tuple[list[Stop], int]:
    """The first `limit` stops of the day, and how many open targets are left for later.

    Targets due today come first, then those to be retried later, then those without coordinates. No target is dropped.
    """
    due = [work for work in works if work.located and work.due(on=on)]
    waiting = sorted(
        (work for work in works if work.located and not work.due(on=on)),
        key=lambda work: (work.retry.day if work.retry else on, work.institution_id),
    )
    lost = sorted((work for work in works if not work.located), key=_urgency)
    first = sorted(due, key=_urgency)[:limit] if order is Order.RISK else _nearest(due, start, limit)
    chosen = [*first, *waiting, *lost][:limit]
    stops: list[Stop] = []
    at = start
    for work in chosen:
        point = (work.lon, work.lat) if work.lon is not None and work.lat is not None and work.located else None
        metres = _metres(at, point) if at and point else None
        stops.append(Stop(work, work.due(on=on), metres))
        at = point or at
    return stops, len(works) - len(chosen)


def _urgency(work: Work) -> tuple[int, UUID]:
    return -work.risk.points, work.institution_id


def _nearest(works: Sequence[Work], start: Point | None, limit: int) -> list[Work]:
    """From stop to nearest stop, or the same stops each inserted where the detour is shortest, whichever is shorter.

    Without a start the day begins at the edge: at the point farthest from the middle of them all.
    """
    located = [(work, (work.lon, work.lat)) for work in works if work.lon is not None and work.lat is not None]
    if not located:
        return []
    middle = (fmean(lon for _, (lon, _) in located), fmean(lat for _, (_, lat) in located))
    free = {work.target_id: (work, _on_plane(point, middle)) for work, point in located}
    here = (0.0, 0.0) if start is None else _on_plane(start, middle)
    choose: Callable[..., UUID] = max if start is None else min
    chain: list[tuple[Work | None, Point]] = [] if start is None else [(None, here)]
    while free and len(chain) < limit + (start is not None):
        chosen = choose(free, key=lambda one: math.dist(free[one][1], here))
        chain.append(free.pop(chosen))
        here, choose = chain[-1][1], min
    return [work for work, _ in min(chain, _inserted(chain), key=_length) if work is not None]


def _length(route: Sequence[tuple[Work | None, Point]]) -> float:
    return sum(math.dist(one[1], other[1]) for one, other in pairwise(route))


def _inserted(chain: Sequence[tuple[Work | None, Point]]) -> list[tuple[Work | None, Point]]:
    """The stops in the order of the chain, each inserted where the detour is shortest. The first stays the first."""
    route = list(chain[:1])
    for stop in chain[1:]:

        def detour(place: int, stop: tuple[Work | None, Point] = stop) -> float:
            before = route[place - 1][1]
            there = math.dist(before, stop[1])
            if place == len(route):
                return there
            after = route[place][1]
            return there + math.dist(stop[1], after) - math.dist(before, after)

        route.insert(min(range(1, len(route) + 1), key=detour), stop)
    return route


def _on_plane(point: Point, middle: Point) -> Point:
    """East and north of the middle, in metres: within a city the earth is flat enough to compare distances."""
    east = math.radians(point[0] - middle[0]) * math.cos(math.radians(middle[1]))
    return EARTH_METRES * east, EARTH_METRES * math.radians(point[1] - middle[1])


def _metres(one: Point, other: Point) -> float:
    """The great circle between two points (haversine)."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(math.sqrt(min(half, 1.0)))
