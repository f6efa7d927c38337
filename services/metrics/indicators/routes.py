"""`/v1/indicators`, `/v1/scorecard`, `/v1/coverage`: the numbers, and the events behind them."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from services.metrics.indicators import queries
from services.metrics.indicators.domain import (
    BRANCHES,
    INDICATORS,
    CampaignNotFound,
    Indicator,
    IndicatorNotFound,
    Scope,
    ScopeMalformed,
    ScopeOutOfReach,
    Unit,
    Value,
    indicator,
)
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1", tags=["indicators"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
ScopeParam = Annotated[
    str, Query(max_length=80, description="`city`, `district:140213`, `street:…`, `grid:…`, `school:…`, `campaign:…`")
]
Month = Annotated[
    str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Month (YYYY-MM) in China, inclusive.")
]


class IndicatorNode(BaseModel):
    """A node of the indicator tree. A branch has no unit."""

    code: str
    parent: str | None
    zh: str
    en: str
    unit: Unit | None
    rule_version: int | None


class ValueOut(BaseModel):
    """A value and the numbers it was computed from. A ratio is between 0 and 1, or null if its denominator is zero."""

    code: str
    scope: str
    value: int | float | None
    numerator: int
    denominator: int | None
    unit: Unit
    as_of: datetime | None
    rule_version: int


class SeriesPoint(BaseModel):
    """A value for one key of a dimension. The empty key counts what has no key."""

    key: str
    value: int | float | None
    numerator: int
    denominator: int | None


class SeriesOut(BaseModel):
    """An indicator along one dimension."""

    code: str
    scope: str
    by: str
    unit: Unit
    rule_version: int
    as_of: datetime | None
    values: list[SeriesPoint]


class ReceiptOut(BaseModel):
    """One event that a value counts, and its position in the log."""

    noun: str
    member_id: UUID
    event_id: UUID
    type: str
    topic: str
    partition: int
    offset: int
    sequence: int
    at: datetime


class ScorecardOut(BaseModel):
    """All indicators of one scope, as of one moment."""

    scope: str
    as_of: datetime | None
    values: list[ValueOut]


class GridCoverage(BaseModel):
    """Coverage of one grid in a campaign: targets on the frozen list, closed targets, and their reasons."""

    grid: str | None
    targets: int
    closed: int
    discoveries: int
    reasons: dict[str, int]


class CoverageOut(BaseModel):
    """Closed targets out of the frozen list. Discoveries are counted separately."""

    campaign_id: UUID
    targets: int
    closed: int
    coverage: float | None
    discoveries: int
    as_of: datetime | None
    grids: list[GridCoverage]


@router.get("/indicators", response_model=list[IndicatorNode])
async def list_indicators(caller: ReaderDep) -> list[IndicatorNode]:
    """The indicator tree."""
    branches = [
        IndicatorNode(code=node.code, parent=node.parent, zh=node.zh, en=node.en, unit=None, rule_version=None)
        for node in BRANCHES
    ]
    leaves = [
        IndicatorNode(
            code=leaf.code, parent=leaf.parent, zh=leaf.zh, en=leaf.en, unit=leaf.unit, rule_version=leaf.rule_version
        )
        for leaf in INDICATORS.values()
    ]
    return branches + leaves


@router.get(
    "/indicators/{code}",
    response_model=ValueOut,
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed),
)
async def get_indicator(code: str, caller: ReaderDep, session: SessionDep, scope: ScopeParam = "city") -> ValueOut:
    """The value of an indicator, as of the last event counted."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    found = await queries.values(session, [wanted], within)
    return _value_out(wanted, within, found[code], await queries.as_of(session))


@router.get(
    "/indicators/{code}/values",
    response_model=SeriesOut,
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed),
)
async def list_indicator_values(
    code: str,
    caller: ReaderDep,
    session: SessionDep,
    by: Literal["district", "street", "grid", "school", "campaign", "month", "kind", "state"],
    scope: ScopeParam = "city",
    first_month: Annotated[Month, Query(alias="from")] = None,
    last_month: Annotated[Month, Query(alias="to")] = None,
) -> SeriesOut:
    """The values of an indicator along a dimension."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    points = await queries.series(session, wanted, within, by=by, first_month=first_month, last_month=last_month)
    return SeriesOut(
        code=code,
        scope=str(within),
        by=by,
        unit=wanted.unit,
        rule_version=wanted.rule_version,
        as_of=await queries.as_of(session),
        values=[
            SeriesPoint(key=key, value=found.value, numerator=found.numerator, denominator=found.denominator)
            for key, found in points
        ],
    )


@router.get(
    "/indicators/{code}/receipts",
    response_model=Page[ReceiptOut],
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed),
)
async def list_receipts(
    code: str, caller: ReaderDep, session: SessionDep, page: PageParams, scope: ScopeParam = "city"
) -> object:
    """The events that a value counts, in the order in which they were counted."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    (after,) = page.position(code=code, scope=str(within)) or (0,)
    found = await queries.receipts(session, wanted, within, after=after, limit=page.limit + 1)
    return page.page(found, "id", code=code, scope=str(within))


@router.get("/scorecard", response_model=ScorecardOut, responses=problems(ScopeOutOfReach, ScopeMalformed))
async def get_scorecard(caller: ReaderDep, session: SessionDep, scope: ScopeParam = "city") -> ScorecardOut:
    """The scorecard: all figures of the city, a district, a street, a grid or a school."""
    within = Scope.parse(scope).within(caller)
    wanted = list(INDICATORS.values())
    found = await queries.values(session, wanted, within)
    as_of = await queries.as_of(session)
    return ScorecardOut(
        scope=str(within),
        as_of=as_of,
        values=[_value_out(one, within, found[one.code], as_of) for one in wanted],
    )


@router.get("/coverage", response_model=CoverageOut, responses=problems(CampaignNotFound))
async def get_coverage(
    campaign: UUID,
    caller: Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")],
    session: SessionDep,
) -> CoverageOut:
    """The coverage of a campaign by grid: targets closed with a reason out of the frozen list, and discoveries."""
    await queries.check_campaign(session, str(campaign), caller)
    grids: dict[str, Counter[str]] = {}
    discoveries: Counter[str] = Counter()
    for noun, grid, state, members in await queries.coverage(session, str(campaign)):
        if noun == "discovery":
            discoveries[grid] += int(members)
            grids.setdefault(grid, Counter())
        else:
            grids.setdefault(grid, Counter())[state] += int(members)
    lines = [
        GridCoverage(
            grid=grid or None,
            targets=states.total(),
            closed=states.total() - states["open"],
            discoveries=discoveries[grid],
            reasons={state: number for state, number in sorted(states.items()) if state != "open"},
        )
        for grid, states in sorted(grids.items())
    ]
    targets, closed = sum(line.targets for line in lines), sum(line.closed for line in lines)
    return CoverageOut(
        campaign_id=campaign,
        targets=targets,
        closed=closed,
        coverage=closed / targets if targets else None,
        discoveries=discoveries.total(),
        as_of=await queries.as_of(session),
        grids=lines,
    )


def _value_out(wanted: Indicator, scope: Scope, found: Value, as_of: datetime | None) -> ValueOut:
    return ValueOut(
        code=wanted.code,
        scope=str(scope),
        value=found.value,
        numerator=found.numerator,
        denominator=found.denominator,
        unit=wanted.unit,
        as_of=as_of,
        rule_version=wanted.rule_version,
    )
