"""Numbers are sums over cells: their cost depends on how many cells there are, not on how much was counted.

One statement groups the cells of a scope by what indicators distinguish; a selection then adds up its groups here. A
sum per selection in SQL would look at every cell once for every indicator.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.indicators.domain import CampaignNotFound, Scope, Value
from services.metrics.projections.domain import CONSUMER, Cell, Generation, Member, Receipt
from services.metrics.reported import queries as reported
from services.metrics.reported.queries import Standing
from services.metrics.tree.domain import Indicator, Selection
from services.metrics.tree.nouns import LEVELS
from services.metrics.tree.outside import LISTED
from shared.facts.inbox import consumer_offset
from shared.http.policies import Principal


def _live() -> Select[int]:
    return select(Generation.live)


def _chosen(selection: Selection) -> ColumnElement[bool]:
    conditions = [Cell.noun == selection.noun, Cell.state != "", Cell.generation == _live().scalar_subquery()]
    if selection.states:
        conditions.append(Cell.state.in_(selection.states))
    if selection.kinds:
        conditions.append(Cell.kind.in_(selection.kinds))
    if selection.placed is not None:
        conditions.append((Cell.grid != "") == selection.placed)
    if selection.mark is not None:
        conditions.append(func.strpos(Cell.marks, selection.mark.value) > 0)
    together = conditions[0]
    for condition in conditions[1:]:
        together = together & condition
    return together


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    return [] if scope.dimension is None else [getattr(Cell, scope.dimension) == scope.value]


def _nouns(indicators: Iterable[Indicator]) -> set[str]:
    return {selection.noun for one in indicators for selection in one.selections}


EVERYWHERE: Final = ("district", "street", "school")
"""The dimensions of the scopes whose history is kept, besides the city."""


class Group(NamedTuple):
    """Cells of one noun that no selection tells apart."""

    noun: str
    state: str
    kind: str
    marks: str
    placed: bool
    members: int
    amount: int


Groups = Mapping[str, Sequence[Group]]
"""By noun."""

_PLACED: ColumnElement[bool] = Cell.grid != ""
_GROUPED: Sequence[Any] = (Cell.noun, Cell.state, Cell.kind, Cell.marks, _PLACED)
_SUMS: Sequence[ColumnElement[Any]] = (func.sum(Cell.members), func.sum(Cell.amount))


def _counted(indicators: Iterable[Indicator], scope: Scope) -> list[ColumnElement[bool]]:
    live = Cell.generation == _live().scalar_subquery()
    return [live, Cell.noun.in_(_nouns(indicators)), Cell.members != 0, Cell.state != "", *_within(scope)]


def _by_noun(rows: Iterable[Sequence[Any]]) -> Groups:
    found: dict[str, list[Group]] = {}
    for noun, state, kind, marks, placed, members, amount in rows:
        found.setdefault(noun, []).append(Group(noun, state, kind, marks, placed, int(members), int(amount)))
    return found


def _total(selection: Selection, groups: Groups) -> int:
    return sum(
        group.amount if selection.sums_amounts else group.members
        for group in groups.get(selection.noun, ())
        if selection.takes(group.state, group.kind, group.marks, placed=group.placed)
    )


def _value(indicator: Indicator, groups: Groups, dimension: str | None) -> Value:
    """The value for a scope of that dimension, from the groups of its cells."""
    if not indicator.exists_for(dimension):
        return Value.unknown(indicator)
    numerator, *denominator = [_total(one.at(dimension), groups) for one in indicator.selections]
    return Value.of(indicator, numerator, denominator[0] if denominator else None)


async def values(session: AsyncSession, indicators: Sequence[Indicator], scope: Scope) -> Mapping[str, Value]:
    wanted = select(*_GROUPED, *_SUMS).where(*_counted(indicators, scope)).group_by(*_GROUPED)
    groups = _by_noun(await session.execute(wanted))
    standing = await _standing(session, indicators)
    return _all_values(indicators, groups, standing, scope)


async def values_by_district(
    session: AsyncSession, indicators: Sequence[Indicator]
) -> Mapping[str, Mapping[str, Value]]:
    """The values of every district that has cells or an approved figure; "" is what has no district."""
    wanted = (
        select(Cell.district, *_GROUPED, *_SUMS)
        .where(*_counted(indicators, Scope()))
        .group_by(Cell.district, *_GROUPED)
        .order_by(Cell.district)
    )
    rows: dict[str, list[Any]] = {}
    for district, *group in await session.execute(wanted):
        rows.setdefault(district, []).append(group)
    standing = await _standing(session, indicators)
    for _, reported_by in standing:
        rows.setdefault(reported_by or "", [])
    return {
        district: _all_values(indicators, _by_noun(groups), standing, Scope("district", district))
        for district, groups in rows.items()
    }


async def values_everywhere(
    session: AsyncSession, indicators: Sequence[Indicator]
) -> Mapping[Scope, Mapping[str, Value]]:
    """The values of the city, and of each district, street and school that has cells, from one look at the cells."""
    places = [getattr(Cell, name) for name in EVERYWHERE]
    sets = func.grouping_sets(tuple_(*_GROUPED), *(tuple_(*_GROUPED, place) for place in places))
    wanted = select(*places, *_GROUPED, *_SUMS).where(*_counted(indicators, Scope())).group_by(sets)
    rows: dict[Scope, list[Any]] = {Scope(): []}
    for found in await session.execute(wanted):
        keys, group = found[: len(places)], found[len(places) :]
        dimension = next((name for name, key in zip(EVERYWHERE, keys, strict=True) if key is not None), None)
        scope = Scope(dimension, "".join(key or "" for key in keys))
        if scope.dimension is None or scope.value:
            rows.setdefault(scope, []).append(group)
    standing = await _standing(session, indicators)
    for _, district in standing:
        if district is not None:
            rows.setdefault(Scope("district", district), [])
    return {scope: _all_values(indicators, _by_noun(groups), standing, scope) for scope, groups in rows.items()}


async def _standing(session: AsyncSession, indicators: Sequence[Indicator]) -> Standing:
    return {} if all(one.selections for one in indicators) else await reported.standing(session)


def _all_values(
    indicators: Sequence[Indicator], groups: Groups, standing: Standing, scope: Scope
) -> Mapping[str, Value]:
    return {
        one.code: _value(one, groups, scope.dimension) if one.selections else _reported(one, standing, scope)
        for one in indicators
    }


def _reported(indicator: Indicator, standing: Standing, scope: Scope) -> Value:
    """The approved figure of a district is a part of no other: the city's is reported as such."""
    figure = standing.get((indicator.code, scope.value or None)) if indicator.exists_for(scope.dimension) else None
    return Value.unknown(indicator) if figure is None else Value.reported(figure)


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
    if not indicator.selections:
        return await _reported_series(session, indicator, scope, by=by)
    if by not in indicator.dimensions or not indicator.exists_for(scope.dimension):
        return []
    dimension = getattr(Cell, by)
    wanted = (
        select(dimension, *_GROUPED, *_SUMS)
        .where(*_counted([indicator], scope))
        .group_by(dimension, *_GROUPED)
        .order_by(dimension)
    )
    if first_month is not None:
        wanted = wanted.where(Cell.month >= first_month)
    if last_month is not None:
        wanted = wanted.where(Cell.month <= last_month)
    level = by if by in LEVELS else scope.dimension
    states = {one.at(level).states for one in indicator.selections if one.by_level}
    rows: dict[str, list[Any]] = {}
    for key, *group in await session.execute(wanted):
        if all(group[1] in narrowed for narrowed in states):
            rows.setdefault(key, []).append(group)
    return [(key, _value(indicator, _by_noun(found), level)) for key, found in rows.items()]


async def _reported_series(
    session: AsyncSession, indicator: Indicator, scope: Scope, *, by: str
) -> Sequence[tuple[str, Value]]:
    found = await reported.standing(session) if by == "district" else {}
    return [
        (district, Value.reported(figure))
        for (code, district), figure in sorted(found.items(), key=lambda one: one[0][1] or "")
        if code == indicator.code and district is not None and scope in (Scope(), Scope("district", district))
    ]


def _behind(selection: Selection) -> ColumnElement[bool]:
    return _chosen(selection) & (Member.amount != 0) if selection.sums_amounts else _chosen(selection)


async def receipts(
    session: AsyncSession, indicator: Indicator, scope: Scope, *, member: UUID | None, after: int, limit: int
) -> Sequence[Any]:
    """The events behind a number: every event about every member that it counts, or about one of them, in the order
    of application."""
    if not indicator.selections or not indicator.exists_for(scope.dimension):
        return []
    counted = or_(*(_behind(part.at(scope.dimension)) for part in indicator.selections))
    members = (
        select(Member.noun, Member.id)
        .join(Cell, Cell.id == Member.cell_id)
        .where(counted, *_within(scope), *([] if member is None else [Member.id == member]))
        .subquery()
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


def _members(indicator: Indicator, scope: Scope) -> list[ColumnElement[bool]]:
    """The members of the numerator: they are as many, or amount to as much, as the number says."""
    return [_behind(indicator.selections[0].at(scope.dimension)), *_within(scope)]


async def count_members(session: AsyncSession, indicator: Indicator, scope: Scope) -> int:
    """How many things a number counts; of a sum, how many make it up."""
    if not indicator.selections or not indicator.exists_for(scope.dimension):
        return 0
    wanted = select(func.count()).select_from(Member).join(Cell, Cell.id == Member.cell_id)
    return await session.scalar(wanted.where(*_members(indicator, scope))) or 0


class MemberRow(Protocol):
    """A counted thing with its dimensions, and what it is about."""

    id: UUID
    noun: str
    amount: int
    about: UUID | None
    state: str
    kind: str
    district: str
    street: str
    grid: str
    school: str
    month: str


async def members(
    session: AsyncSession, indicator: Indicator, scope: Scope, *, after: UUID | None, limit: int
) -> Sequence[MemberRow]:
    """The things that a number counts with their dimensions, by id."""
    if not indicator.selections or not indicator.exists_for(scope.dimension):
        return []
    wanted = (
        select(
            Member.id, Member.noun, Member.amount, Member.about, Cell.state, Cell.kind, Cell.district, Cell.street,
            Cell.grid, Cell.school, Cell.month,
        )
        .join(Cell, Cell.id == Member.cell_id)
        .where(*_members(indicator, scope))
        .order_by(Member.id)
        .limit(limit)
    )  # fmt: skip
    found = await session.execute(wanted if after is None else wanted.where(Member.id > after))
    return cast(Sequence[MemberRow], found.all())


async def moved_at(session: AsyncSession) -> datetime | None:
    """When a batch was last counted, of whichever source."""
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
