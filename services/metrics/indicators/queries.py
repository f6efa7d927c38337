"""Numbers are sums over cells: their cost depends on how many cells there are, not on how much was counted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.indicators.domain import LISTED, CampaignNotFound, Indicator, Scope, Selection, Value
from services.metrics.projections.domain import CONSUMER, Cell, Generation, Member, Receipt
from shared.facts.inbox import consumer_offset
from shared.http.policies import Principal


def _live() -> Select[int]:
    return select(Generation.live)


def chosen(selection: Selection) -> ColumnElement[bool]:
    conditions = [Cell.noun == selection.noun, Cell.state != "", Cell.generation == _live().scalar_subquery()]
    if selection.states:
        conditions.append(Cell.state.in_(selection.states))
    if selection.kinds:
        conditions.append(Cell.kind.in_(selection.kinds))
    for dimension, wanted in selection.where.items():
        column = getattr(Cell, dimension)
        conditions.append(column != "" if wanted == "*" else column == wanted)
    if selection.mark is not None:
        conditions.append(func.strpos(Cell.marks, selection.mark.value) > 0)
    together = conditions[0]
    for condition in conditions[1:]:
        together = together & condition
    return together


def within(scope: Scope) -> list[ColumnElement[bool]]:
    return [] if scope.dimension is None else [getattr(Cell, scope.dimension) == scope.value]


def _total(selection: Selection) -> ColumnElement[int]:
    summed = Cell.amount if selection.sums_amounts else Cell.members
    return func.coalesce(func.sum(case((chosen(selection), summed), else_=0)), 0)


def _nouns(indicators: Iterable[Indicator]) -> set[str]:
    selections = [part for one in indicators for part in (one.numerator, one.denominator) if part is not None]
    return {selection.noun for selection in selections}


def _columns(indicators: Sequence[Indicator]) -> list[ColumnElement[Any]]:
    columns: list[ColumnElement[Any]] = []
    for one in indicators:
        columns.append(_total(one.numerator))
        if one.denominator is not None:
            columns.append(_total(one.denominator))
    return columns


def _values(indicators: Sequence[Indicator], numbers: Iterable[Any]) -> dict[str, Value]:
    left = iter(numbers)
    return {
        one.code: Value(int(next(left)), int(next(left)) if one.denominator is not None else None) for one in indicators
    }


async def values(session: AsyncSession, indicators: Sequence[Indicator], scope: Scope) -> Mapping[str, Value]:
    wanted = select(*_columns(indicators)).where(Cell.noun.in_(_nouns(indicators)), *within(scope))
    found = _values(indicators, (await session.execute(wanted)).one())
    whole = scope.dimension is None
    return {one.code: found[one.code] if whole or not one.undivided else Value.undefined() for one in indicators}


async def series(
    session: AsyncSession,
    indicator: Indicator,
    scope: Scope,
    *,
    by: str,
    first_month: str | None,
    last_month: str | None,
) -> Sequence[tuple[str, Value]]:
    """One indicator along one dimension, by code; "" collects members without one."""
    if indicator.undivided:
        return []
    dimension = getattr(Cell, by)
    wanted = (
        select(dimension, *_columns([indicator]))
        .where(Cell.noun.in_(_nouns([indicator])), Cell.members != 0, Cell.state != "", *within(scope))
        .group_by(dimension)
        .order_by(dimension)
    )
    if first_month is not None:
        wanted = wanted.where(Cell.month >= first_month)
    if last_month is not None:
        wanted = wanted.where(Cell.month <= last_month)
    return [(row[0], _values([indicator], row[1:])[indicator.code]) for row in await session.execute(wanted)]


def _behind(selection: Selection) -> ColumnElement[bool]:
    return chosen(selection) & (Member.amount != 0) if selection.sums_amounts else chosen(selection)


async def receipts(
    session: AsyncSession, indicator: Indicator, scope: Scope, *, after: int, limit: int
) -> Sequence[Any]:
    """The events behind a number: every event about every member that it counts, in the order of application."""
    counted = or_(*(_behind(part) for part in (indicator.numerator, indicator.denominator) if part is not None))
    members = (
        select(Member.noun, Member.id).join(Cell, Cell.id == Member.cell_id).where(counted, *within(scope)).subquery()
    )
    found = await session.execute(
        select(
            Receipt.id, Receipt.noun, Receipt.member_id, Receipt.event_id, Receipt.type, Receipt.topic,
            Receipt.partition, Receipt.offset, Receipt.sequence, Receipt.at,
        )
        .join(members, (members.c.noun == Receipt.noun) & (members.c.id == Receipt.member_id))
        .where(Receipt.generation == _live().scalar_subquery(), Receipt.id > after)
        .order_by(Receipt.id)
        .limit(limit)
    )  # fmt: skip
    return found.all()


async def as_of(session: AsyncSession) -> datetime | None:
    moved_at: datetime | None = await session.scalar(
        select(func.max(consumer_offset.c.moved_at)).where(consumer_offset.c.consumer == CONSUMER)
    )
    return moved_at


async def coverage(session: AsyncSession, campaign: str) -> Sequence[Any]:
    wanted = (
        select(Cell.noun, Cell.grid, Cell.state, func.sum(Cell.members).label("members"))
        .where(
            Cell.generation == _live().scalar_subquery(),
            or_(Cell.noun == "discovery", (Cell.noun == "target") & Cell.state.in_(LISTED)),
            Cell.campaign == campaign,
            Cell.members != 0,
        )
        .group_by(Cell.noun, Cell.grid, Cell.state)
        .order_by(Cell.noun, Cell.grid, Cell.state)
    )
    return (await session.execute(wanted)).all()


async def check_campaign(session: AsyncSession, campaign: str, caller: Principal) -> None:
    """Raises `CampaignNotFound` unless the caller may see it: district users see the city's and their own."""
    district = await session.scalar(
        select(Cell.district).where(
            Cell.generation == _live().scalar_subquery(),
            Cell.noun == "campaign",
            Cell.campaign == campaign,
            Cell.members != 0,
        )
    )
    if district is None or not (district == "" or caller.covers(district=district)):
        raise CampaignNotFound
