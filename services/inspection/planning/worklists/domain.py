"""Orders of visits, and the plan for another try at a closed door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

import numpy as np

from services.inspection.planning.risks.domain import Risk
from shared.domain.clock import CHINA, china_date
from shared.domain.refusals import Invalid

EARTH_METRES: Final = 6_371_008.8
PASSES: Final = 50
"""A route that still gets shorter after so many rounds is short enough."""


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
        metres = float(_metres(np.array([at]), np.array([point]))[0, 0]) if at and point else None
        stops.append(Stop(work, work.due(on=on), metres))
        at = point or at
    return stops, len(works) - len(chosen)


def _urgency(work: Work) -> tuple[int, UUID]:
    return -work.risk.points, work.institution_id


def _nearest(works: Sequence[Work], start: Point | None, limit: int) -> list[Work]:
    """A route from each stop to the nearest next one, then improved by a limited number of rounds of 2-opt."""
    if not works:
        return []
    points = np.array([(work.lon, work.lat) for work in works], dtype=float)
    route = _improved(points, _greedy(points, start, limit), start)
    return [works[place] for place in route]


def _greedy(points: Any, start: Point | None, limit: int) -> list[int]:
    # Without a start the day begins at the edge: at the point farthest from the middle of them all.
    middle = points.mean(axis=0) if start is None else np.array(start)
    distances = _metres(middle[None, :], points)[0]
    place = int(distances.argmax() if start is None else distances.argmin())
    free = np.ones(len(points), dtype=bool)
    route: list[int] = []
    while True:
        route.append(place)
        free[place] = False
        if len(route) == min(limit, len(points)):
            return route
        distances = np.where(free, _metres(points[place][None, :], points)[0], np.inf)
        place = int(distances.argmin())


def _improved(points: Any, route: list[int], start: Point | None) -> list[int]:
    """2-opt on an open route whose beginning is fixed: the start, or the first stop."""
    path = points[route] if start is None else np.vstack([np.array(start)[None, :], points[route]])
    apart = _metres(path, path)
    order = np.arange(len(path))
    for _ in range(PASSES):
        shortened = False
        for first in range(1, len(order) - 1):
            lasts = np.arange(first + 1, len(order))
            before, here = order[first - 1], order[first]
            after = np.append(order[first + 2 :], -1)
            open_end = lasts == len(order) - 1
            old = apart[before, here] + np.where(open_end, 0.0, apart[order[lasts], after])
            new = apart[before, order[lasts]] + np.where(open_end, 0.0, apart[here, after])
            gain = old - new
            best = int(gain.argmax())
            if gain[best] > 1e-6:
                last = int(lasts[best])
                order[first : last + 1] = order[first : last + 1][::-1].copy()
                shortened = True
        if not shortened:
            break
    stops = order.tolist()
    return [route[place] for place in stops] if start is None else [route[place - 1] for place in stops[1:]]


def _metres(ones: Any, others: Any) -> Any:
    """Great-circle distances (haversine) in metres, from each of these points to each of those."""
    lon1, lat1 = np.radians(ones[:, 0])[:, None], np.radians(ones[:, 1])[:, None]
    lon2, lat2 = np.radians(others[:, 0])[None, :], np.radians(others[:, 1])[None, :]
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_METRES * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
