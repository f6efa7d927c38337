"""`/v1/indicators`, `/v1/scorecard`, `/v1/coverage`: the numbers, and the events behind them."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from services.metrics.indicators import queries
from services.metrics.indicators.domain import CampaignNotFound, Scope, ScopeMalformed, ScopeOutOfReach, Value
from services.metrics.names.domain import Words as Name
from services.metrics.names.queries import names_along, names_of
from services.metrics.sources.domain import Freshness, Marks
from services.metrics.sources.queries import marks
from services.metrics.tree.domain import Direction, Indicator, IndicatorNotFound, Office, Source, Unit, Words, topics_of
from services.metrics.tree.indicators import BRANCHES, INDICATORS, indicator
from services.metrics.tree.nouns import NOUNS
from shared.domain.clock import china_date, utc_now
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1", tags=["indicators"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
ScopeParam = Annotated[
    str, Query(max_length=80, description="`city`, `district:140213`, `street:…`, `grid:…`, `school:…`, `campaign:…`")
]
Dimension = Literal["district", "street", "grid", "school", "campaign", "month", "kind", "state"]
Month = Annotated[
    str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Month (YYYY-MM) in China, inclusive.")
]


class BothLanguages(BaseModel):
    """The same in Chinese and in English."""

    model_config = ConfigDict(from_attributes=True)

    zh: str
    en: str


class Grain(BothLanguages):
    """The noun whose members are counted."""

    code: str


class Owner(BothLanguages):
    """The office that answers for an indicator."""

    code: Office


class TargetOut(BaseModel):
    """The value to be reached, the year or day of which its source speaks, and the source."""

    model_config = ConfigDict(from_attributes=True)

    value: float
    as_of: str
    source: BothLanguages


class IndicatorNode(BaseModel):
    """A node of the indicator tree. A branch has its names alone.

    `numerator` and `denominator` say in words what is counted; a reported indicator has no grain. `dimensions` are
    those along which there are numbers; of any other the value is null.
    """

    code: str
    parent: str | None
    zh: str
    en: str
    unit: Unit | None = None
    rule_version: int | None = None
    source: Source | None = None
    definition: BothLanguages | None = None
    grain: Grain | None = None
    numerator: BothLanguages | None = None
    denominator: BothLanguages | None = None
    target: TargetOut | None = None
    direction: Direction | None = None
    owner: Owner | None = None
    dimensions: list[str] = Field(default_factory=list)


class ValueOut(BaseModel):
    """A value and the numbers it was computed from. A ratio is between 0 and 1, or null if its denominator is zero.

    `known` is false, and the value null, if the indicator does not exist for the scope, or nobody has reported it. A
    reported value names its figure and the day of which that speaks; `as_of` is then the moment of its approval.

    Everything that was published until `as_of` on any topic on which the number rests is counted; null until each was
    read to its end once. `complete` is false if that is more than a minute ago, or a record was set aside.
    """

    code: str
    scope: str
    value: int | float | None
    numerator: int
    denominator: int | None
    unit: Unit
    as_of: datetime | None
    complete: bool
    rule_version: int
    known: bool
    figure_id: UUID | None = None
    figure_as_of: date | None = None


class SeriesPoint(BaseModel):
    """A value for one key of a dimension, and the name of the key, if it has one. The empty key counts what has no
    key."""

    key: str
    zh: str | None
    en: str | None
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
    complete: bool
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


class MemberOut(BaseModel):
    """One thing that a number counts, with the name under which people know it.

    `zh` and `en` name the thing itself or, failing that, the institution, course, class or school that it is about.
    Children have no name here. Dimensions are codes; `/v1/names` has their names. `amount` counts where the number is
    a sum: seats, minutes or fen.
    """

    noun: str
    member_id: UUID
    about_id: UUID | None
    zh: str | None
    en: str | None
    state: str
    kind: str
    district: str
    street: str
    grid: str
    school: str
    month: str
    amount: int


class MembersOut(Page[MemberOut]):
    """A page of members; all pages together have `total`. That is the numerator, or how many make up a sum."""

    total: int


class ScorecardOut(BaseModel):
    """All indicators of one scope. `as_of` and `complete` are those of all counted numbers together; `moved_at` is when
    a batch of events was last counted."""

    scope: str
    as_of: datetime | None
    complete: bool
    moved_at: datetime | None
    values: list[ValueOut]


class GridCoverage(BaseModel):
    """Coverage of one grid in a campaign: targets on the frozen list, closed targets, and their reasons.

    `zh` and `en` are the names that the grid has today.
    """

    grid: str | None
    zh: str | None
    en: str | None
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
    complete: bool
    grids: list[GridCoverage]


@router.get("/indicators", response_model=list[IndicatorNode])
async def list_indicators(caller: ReaderDep) -> list[IndicatorNode]:
    """The indicator tree: its branches, and of each indicator its definition, unit, grain, target and owner."""
    branches = [IndicatorNode(code=node.code, parent=node.parent, zh=node.zh, en=node.en) for node in BRANCHES]
    return branches + [_node(one) for one in INDICATORS.values()]


@router.get(
    "/indicators/{code}",
    response_model=ValueOut,
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed),
)
async def get_indicator(code: str, caller: ReaderDep, session: SessionDep, scope: ScopeParam = "city") -> ValueOut:
    """The value of an indicator, as of the last event counted."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    found = await queries.values(session, [wanted], within)
    return _value_out(wanted, within, found[code], await marks(session, now=utc_now()))


@router.get(
    "/indicators/{code}/values",
    response_model=SeriesOut,
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed),
)
async def list_indicator_values(
    code: str,
    caller: ReaderDep,
    session: SessionDep,
    by: Dimension,
    scope: ScopeParam = "city",
    first_month: Annotated[Month, Query(alias="from")] = None,
    last_month: Annotated[Month, Query(alias="to")] = None,
) -> SeriesOut:
    """The values of an indicator along a dimension."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    points = await queries.series(session, wanted, within, by=by, first_month=first_month, last_month=last_month)
    named = await names_along(session, by, [key for key, _ in points], on=china_date(utc_now()))
    fresh = (await marks(session, now=utc_now())).freshness(wanted.topics)
    return SeriesOut(
        code=code,
        scope=str(within),
        by=by,
        unit=wanted.unit,
        rule_version=wanted.rule_version,
        as_of=fresh.as_of,
        complete=fresh.complete,
        values=[
            SeriesPoint(
                key=key,
                zh=words and words.zh,
                en=words and words.en,
                value=found.value,
                numerator=found.numerator,
                denominator=found.denominator,
            )
            for key, found in points
            for words in [named.get(key)]
        ],
    )


@router.get(
    "/indicators/{code}/receipts",
    response_model=Page[ReceiptOut],
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed),
)
async def list_receipts(
    code: str,
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    scope: ScopeParam = "city",
    member: Annotated[UUID | None, Query(description="Only events about this member.")] = None,
) -> object:
    """The events that a value counts, in the order in which they were counted."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    (after,) = page.position(code=code, scope=str(within), member=member) or (0,)
    found = await queries.receipts(session, wanted, within, member=member, after=after, limit=page.limit + 1)
    return page.page(found, "id", code=code, scope=str(within), member=member)


@router.get(
    "/indicators/{code}/members",
    response_model=MembersOut,
    responses=problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed),
)
async def list_members(
    code: str, caller: ReaderDep, session: SessionDep, page: PageParams, scope: ScopeParam = "city"
) -> object:
    """The things that a value counts, by id, with their names."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    (after,) = page.position(code=code, scope=str(within)) or (None,)
    found = await queries.members(session, wanted, within, after=after, limit=page.limit + 1)
    shown = page.page(found, "id", code=code, scope=str(within))
    named = await names_of(session, {row.id: row.about for row in shown.items})
    return {
        "items": [_member_out(row, named) for row in shown.items],
        "next_cursor": shown.next_cursor,
        "total": await queries.count_members(session, wanted, within),
    }


@router.get("/scorecard", response_model=ScorecardOut, responses=problems(ScopeOutOfReach, ScopeMalformed))
async def get_scorecard(caller: ReaderDep, session: SessionDep, scope: ScopeParam = "city") -> ScorecardOut:
    """The scorecard: all figures of the city, a district, a street, a grid or a school."""
    within = Scope.parse(scope).within(caller)
    wanted = list(INDICATORS.values())
    found = await queries.values(session, wanted, within)
    known = await marks(session, now=utc_now())
    fresh = known.freshness(topics_of(wanted))
    return ScorecardOut(
        scope=str(within),
        as_of=fresh.as_of,
        complete=fresh.complete,
        moved_at=await queries.moved_at(session),
        values=[_value_out(one, within, found[one.code], known) for one in wanted],
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
    named = await names_along(session, "grid", grids, on=china_date(utc_now()))
    lines = [
        GridCoverage(
            grid=grid or None,
            zh=words and words.zh,
            en=words and words.en,
            targets=states.total(),
            closed=states.total() - states["open"],
            discoveries=discoveries[grid],
            reasons={state: number for state, number in sorted(states.items()) if state != "open"},
        )
        for grid, states in sorted(grids.items())
        for words in [named.get(grid)]
    ]
    fresh = (await marks(session, now=utc_now())).freshness(NOUNS["target"].topics | NOUNS["discovery"].topics)
    targets, closed = sum(line.targets for line in lines), sum(line.closed for line in lines)
    return CoverageOut(
        campaign_id=campaign,
        targets=targets,
        closed=closed,
        coverage=closed / targets if targets else None,
        discoveries=discoveries.total(),
        as_of=fresh.as_of,
        complete=fresh.complete,
        grids=lines,
    )


def _node(one: Indicator) -> IndicatorNode:
    noun = None if one.grain is None else NOUNS[one.grain]
    office = one.owner.words
    return IndicatorNode(
        code=one.code,
        parent=one.parent,
        zh=one.zh,
        en=one.en,
        unit=one.unit,
        rule_version=one.rule_version,
        source=one.source,
        definition=_said(one.definition),
        grain=None if noun is None else Grain(code=one.grain or "", zh=noun.zh, en=noun.en),
        numerator=_said(one.counted),
        denominator=None if one.denominator is None else _said(one.denominator.words),
        target=None if one.target is None else TargetOut.model_validate(one.target),
        direction=one.direction,
        owner=Owner(code=one.owner, zh=office.zh, en=office.en),
        dimensions=sorted(one.dimensions),
    )


def _member_out(row: queries.MemberRow, named: Mapping[UUID, Name]) -> MemberOut:
    words = named.get(row.id)
    return MemberOut(
        noun=row.noun,
        member_id=row.id,
        about_id=row.about,
        zh=words and words.zh,
        en=words and words.en,
        state=row.state,
        kind=row.kind,
        district=row.district,
        street=row.street,
        grid=row.grid,
        school=row.school,
        month=row.month,
        amount=row.amount,
    )


def _said(words: Words) -> BothLanguages:
    return BothLanguages(zh=words.zh, en=words.en)


def _value_out(wanted: Indicator, scope: Scope, found: Value, known: Marks) -> ValueOut:
    fresh = known.freshness(wanted.topics)
    if found.figure is not None:
        fresh = Freshness(found.figure.approved_at, complete=True)
    return ValueOut(
        code=wanted.code,
        scope=str(scope),
        value=found.value,
        numerator=found.numerator,
        denominator=found.denominator,
        unit=wanted.unit,
        as_of=fresh.as_of,
        complete=fresh.complete,
        rule_version=wanted.rule_version,
        known=found.known,
        figure_id=found.figure and found.figure.id,
        figure_as_of=found.figure and found.figure.as_of,
    )
