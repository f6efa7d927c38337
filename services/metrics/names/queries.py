"""Names by code, and the grids of a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.names.domain import DISTRICTS, Kind, MapGrid, Named, WithdrawnGrids, Words, in_force


async def grids_on(session: AsyncSession, on: date) -> Sequence[MapGrid]:
    """The grids in force on a day, by code."""
    sets = await session.execute(
        select(MapGrid.number, MapGrid.valid_from, MapGrid.grid_set_id)
        .where(MapGrid.grid_set_id.not_in(select(WithdrawnGrids.grid_set_id)))
        .distinct()
    )
    chosen = in_force(((number, first, grid_set) for number, first, grid_set in sets), on=on)
    wanted = select(MapGrid).where(MapGrid.grid_set_id == chosen).order_by(MapGrid.code)
    return (await session.scalars(wanted)).all()


async def names(session: AsyncSession, kind: Kind, codes: Iterable[str] | None, *, on: date) -> Mapping[str, Words]:
    """The names of these things, or of all of a kind; what nobody named is missing. Places are named as on that day."""
    if kind is Kind.DISTRICT:
        known = DISTRICTS
    elif kind in (Kind.STREET, Kind.GRID):
        known = {grid.code: Words(grid.zh, grid.en) for grid in await grids_on(session, on)}
    else:
        wanted = select(Named.code, Named.zh).where(Named.kind == kind)
        if codes is not None:
            wanted = wanted.where(Named.code.in_(set(codes)))
        known = {code: Words(zh) for code, zh in await session.execute(wanted)}
    return known if codes is None else {code: known[code] for code in codes if code in known}


NAMED_DIMENSIONS: Mapping[str, Sequence[Kind]] = {
    "district": [Kind.DISTRICT],
    "street": [Kind.STREET],
    "grid": [Kind.GRID],
    "school": [Kind.SCHOOL],
    "campaign": [Kind.CAMPAIGN, Kind.STOP_ORDER],
}
"""The kinds of things by whose codes a dimension tells cells apart."""


async def names_along(session: AsyncSession, dimension: str, codes: Iterable[str], *, on: date) -> Mapping[str, Words]:
    """The names of the keys of a dimension."""
    wanted, found = list(codes), dict[str, Words]()
    for kind in NAMED_DIMENSIONS.get(dimension, ()):
        found |= await names(session, kind, wanted, on=on)
    return found


async def names_of(session: AsyncSession, things: Mapping[UUID, UUID | None]) -> Mapping[UUID, Words]:
    """The names of things by id; one without a name has that of what it is about, `things[id]`."""
    asked = {str(one) for pair in things.items() for one in pair if one is not None}
    rows = await session.execute(select(Named.code, Named.zh).where(Named.code.in_(asked)))
    named = {UUID(code): Words(zh) for code, zh in rows}
    subjects = {thing: named[about] for thing, about in things.items() if about is not None and about in named}
    return subjects | {thing: named[thing] for thing in things if thing in named}
