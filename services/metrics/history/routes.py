"""`/v1/indicators/{code}/history`: an indicator day by day."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from services.metrics.history import queries
from services.metrics.history.domain import HistoryTooLong, days_asked, read
from services.metrics.indicators import queries as indicators
from services.metrics.indicators.domain import Scope, ScopeMalformed, ScopeOutOfReach, Value
from services.metrics.indicators.routes import ReaderDep, ScopeParam
from services.metrics.sources.queries import marks
from services.metrics.tree.domain import IndicatorNotFound, Unit
from services.metrics.tree.indicators import indicator
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Day
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/indicators", tags=["indicators"])


class HistoryPoint(BaseModel):
    """The value when a day in China had ended, from all events published until `as_of`.

    `late`: no worker ran then, so these are the numbers of `taken_at`. `live`: the day is not over, and this is the
    value of now. `rule_version` is the version of the definition under which it was counted.
    """

    day: date
    value: int | float | None
    numerator: int
    denominator: int | None
    rule_version: int
    as_of: datetime | None
    taken_at: datetime
    late: bool
    live: bool


class HistoryOut(BaseModel):
    """An indicator of one scope, day by day. On a day without a point nothing was counted there."""

    code: str
    scope: str
    unit: Unit
    points: list[HistoryPoint]


@router.get(
    "/{code}/history",
    response_model=HistoryOut,
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed, HistoryTooLong),
)
async def get_indicator_history(
    code: str,
    caller: ReaderDep,
    session: SessionDep,
    scope: ScopeParam = "city",
    first: Annotated[Day | None, Query(alias="from", description="First day; usually ninety days earlier.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day, inclusive; usually today.")] = None,
) -> HistoryOut:
    """The value of an indicator at the end of every day in China, and today's so far.

    History is kept of the city, districts, streets and schools.
    """
    wanted, within, now = indicator(code), Scope.parse(scope).within(caller), utc_now()
    today = china_date(now)
    start, to = days_asked(first, last, today=today)
    points = [
        _point(row.day, read(wanted, row.numbers), row.numbers[2], row.as_of, row.taken_at, late=row.late)
        for row in await queries.days(session, code, str(within), first=start, last=to)
    ]
    if to == today:
        value = (await indicators.values(session, [wanted], within))[code]
        as_of = (await marks(session, now=now)).freshness(wanted.topics).as_of
        points.append(_point(today, value, wanted.rule_version, as_of, now, live=True))
    return HistoryOut(code=code, scope=str(within), unit=wanted.unit, points=points)


def _point(
    day: date,
    value: Value,
    rule_version: int,
    as_of: datetime | None,
    taken_at: datetime,
    *,
    late: bool = False,
    live: bool = False,
) -> HistoryPoint:
    return HistoryPoint(
        day=day,
        value=value.value,
        numerator=value.numerator,
        denominator=value.denominator,
        rule_version=rule_version,
        as_of=as_of,
        taken_at=taken_at,
        late=late,
        live=live,
    )
