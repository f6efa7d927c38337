"""Grids in force, and the index that places points in them."""

from collections.abc import Sequence
from uuid import UUID

import shapely
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.grids.domain import Grid, GridIndex, GridSet, NoGrids


async def current_set(session: AsyncSession) -> GridSet | None:
    """The set in force, if any was ever imported."""
    found: GridSet | None = await session.scalar(select(GridSet).order_by(GridSet.number.desc()).limit(1))
    return found


async def current_set_for_update(session: AsyncSession) -> GridSet | None:
    """Locked: two imports at once would both believe to be the next version."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("grid_set"))))
    return await current_set(session)


async def current_codes(session: AsyncSession) -> set[str]:
    """Codes of the grids in force."""
    newest = select(GridSet.id).order_by(GridSet.number.desc()).limit(1).scalar_subquery()
    return set(await session.scalars(select(Grid.code).where(Grid.grid_set_id == newest)))


async def grids_of(session: AsyncSession, grid_set_id: UUID) -> Sequence[Grid]:
    return (await session.scalars(select(Grid).where(Grid.grid_set_id == grid_set_id).order_by(Grid.code))).all()


async def sets(session: AsyncSession) -> Sequence[GridSet]:
    """Every version, newest first."""
    return (await session.scalars(select(GridSet).order_by(GridSet.number.desc()))).all()


_built: dict[UUID, GridIndex] = {}
"""A set never changes once it is in force, so its index is built once per process; only the newest is kept."""


async def index(session: AsyncSession) -> GridIndex:
    """The index of the set in force; raises `NoGrids`."""
    found = await index_if_any(session)
    if found is None:
        raise NoGrids
    return found


async def index_if_any(session: AsyncSession) -> GridIndex | None:
    newest: UUID | None = await session.scalar(select(GridSet.id).order_by(GridSet.number.desc()).limit(1))
    if newest is None:
        return None
    if newest not in _built:
        grids = await grids_of(session, newest)
        _built.clear()
        _built[newest] = GridIndex(
            newest,
            [grid.code for grid in grids],
            [shapely.geometry.shape(grid.geometry) for grid in grids],
            {grid.code: grid.name for grid in grids},
        )
    return _built[newest]
