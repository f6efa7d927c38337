"""The grids that hold on a day, and the index that places points in them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids.domain import (
    Grid,
    GridIndex,
    GridOutsideYourDistrict,
    GridSet,
    GridSetNotFound,
    GridUnknown,
    NoGrids,
)
from services.inspection.field.grids.successions import GridSuccession, Successors
from shared.domain.dated import stands
from shared.http.policies import Principal


def _holding(on: date) -> Select[UUID]:
    """The id of the set in force on a day: first days never go back, so it is the newest set that has begun."""
    begun = stands(GridSet) & (GridSet.valid_from <= on)
    return select(GridSet.id).where(begun).order_by(GridSet.number.desc()).limit(1)


async def set_on(session: AsyncSession, on: date) -> GridSet:
    found: GridSet | None = await session.scalar(select(GridSet).where(GridSet.id == _holding(on).scalar_subquery()))
    if found is None:
        raise NoGrids
    return found


async def newest_set_for_update(session: AsyncSession) -> GridSet | None:
    """The newest set, locked: otherwise two imports at once would both become the next version."""
    await lock_sets(session)
    wanted = select(GridSet).where(stands(GridSet)).order_by(GridSet.number.desc()).limit(1)
    found: GridSet | None = await session.scalar(wanted.execution_options(populate_existing=True))
    return found


async def grid_set(session: AsyncSession, grid_set_id: UUID) -> GridSet:
    found = await session.get(GridSet, grid_set_id, populate_existing=True)
    if found is None:
        raise GridSetNotFound
    return found


async def lock_sets(session: AsyncSession) -> None:
    """Lock out other changes of sets, and everybody who places institutions (`hold_sets`), until the transaction
    ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("grid_set"))))


async def hold_sets(session: AsyncSession) -> None:
    """Keep the set in force from changing while the caller places institutions. Call it before locking any
    institution."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(func.hashtext("grid_set"))))


async def due_sets(session: AsyncSession, on: date) -> Sequence[GridSet]:
    """Sets whose first day has come and that are not active yet, oldest first."""
    due = stands(GridSet) & GridSet.activated_at.is_(None) & (GridSet.valid_from <= on)
    wanted = select(GridSet).where(due).order_by(GridSet.number)
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def codes_on(session: AsyncSession, on: date) -> set[str]:
    return set(await session.scalars(select(Grid.code).where(Grid.grid_set_id == _holding(on).scalar_subquery())))


async def codes_of(session: AsyncSession, grid_set_id: UUID) -> list[str]:
    wanted = select(Grid.code).where(Grid.grid_set_id == grid_set_id).order_by(Grid.code)
    return list(await session.scalars(wanted))


async def check_named(
    session: AsyncSession, named: Mapping[str, str], caller: Principal, *, on: date
) -> dict[str, str | None]:
    """The district of each grid named, by its JSON pointer. The grids are in force on the day and within a district
    officer's reach; raises `GridUnknown` or `GridOutsideYourDistrict`."""
    if not named:
        return {}
    wanted = select(Grid.code, Grid.district).where(
        Grid.grid_set_id == _holding(on).scalar_subquery(), Grid.code.in_(set(named.values()))
    )
    districts = {row.code: row.district for row in await session.execute(wanted)}
    keeps_to_his = "district_officer" in caller.roles and not caller.covers()
    for pointer, code in named.items():
        if code not in districts:
            raise GridUnknown(pointer=pointer)
        if keeps_to_his and districts[code] not in (None, caller.district):
            raise GridOutsideYourDistrict(pointer=pointer)
    return districts


async def grids_of(session: AsyncSession, grid_set_id: UUID) -> Sequence[Grid]:
    return (await session.scalars(select(Grid).where(Grid.grid_set_id == grid_set_id).order_by(Grid.code))).all()


async def sets(session: AsyncSession) -> Sequence[GridSet]:
    wanted = select(GridSet).order_by(GridSet.number.desc(), GridSet.imported_at.desc())
    return (await session.scalars(wanted)).all()


async def successors(session: AsyncSession, grid_set_id: UUID) -> Successors:
    wanted = (
        select(GridSuccession)
        .where(GridSuccession.grid_set_id == grid_set_id)
        .order_by(GridSuccession.code, GridSuccession.successor)
    )
    told: dict[str, list[str]] = {}
    for row in await session.scalars(wanted):
        told.setdefault(row.code, []).append(row.successor)
    return Successors(frozenset(await codes_of(session, grid_set_id)), told)


_built: dict[UUID, GridIndex] = {}
"""A set's polygons never change, so its index is built once per process; those of the last few sets asked for."""
_KEPT = 4


async def index(session: AsyncSession, on: date) -> GridIndex:
    found = await index_if_any(session, on)
    if found is None:
        raise NoGrids
    return found


async def index_if_any(session: AsyncSession, on: date) -> GridIndex | None:
    holding: UUID | None = await session.scalar(_holding(on))
    return None if holding is None else await index_of(session, holding)


def _shapes(grids: Sequence[Grid]) -> list[BaseGeometry]:
    return [shapely.geometry.shape(grid.geometry) for grid in grids]


async def index_of(session: AsyncSession, grid_set_id: UUID) -> GridIndex:
    if grid_set_id in _built:
        _built[grid_set_id] = _built.pop(grid_set_id)
        return _built[grid_set_id]
    grids = await grids_of(session, grid_set_id)
    while len(_built) >= _KEPT:
        del _built[next(iter(_built))]
    _built[grid_set_id] = GridIndex(
        grid_set_id,
        [grid.code for grid in grids],
        await asyncio.to_thread(_shapes, grids),
        {grid.code: grid.name for grid in grids},
    )
    return _built[grid_set_id]
