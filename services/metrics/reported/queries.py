"""Reported figures, and those that are the values of their indicators now."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.reported.domain import FigureState, ReportedFigure, ReportedFigureNotFound
from shared.http.policies import Principal

Standing = Mapping[tuple[str, str | None], ReportedFigure]
"""By indicator and district; None is the city."""


async def figure(
    session: AsyncSession, figure_id: UUID, caller: Principal, *, for_update: bool = False
) -> ReportedFigure:
    """One figure; `for_update` locks it. Raises `ReportedFigureNotFound`."""
    found = await session.get(ReportedFigure, figure_id, with_for_update=for_update or None)
    if found is None or not _sees(caller, found.district):
        raise ReportedFigureNotFound
    return found


async def figures(
    session: AsyncSession,
    caller: Principal,
    *,
    indicator: str | None,
    district: str | None,
    state: FigureState | None,
    before: UUID | None,
    limit: int,
) -> Sequence[ReportedFigure]:
    """The newest submissions first. District officers see those of their district and of the city."""
    table = ReportedFigure
    wanted = select(table).order_by(table.id.desc()).limit(limit)
    wanted = wanted.where(true() if caller.covers() else (table.district == caller.district) | table.district.is_(None))
    for column, value in ((table.indicator, indicator), (table.district, district), (table.state, state)):
        if value is not None:
            wanted = wanted.where(column == value)
    if before is not None:
        wanted = wanted.where(table.id < before)
    return (await session.scalars(wanted)).all()


async def standing(session: AsyncSession) -> Standing:
    """The approved figure of every indicator and district: of the latest day, and of that the latest submission."""
    table = ReportedFigure
    wanted = (
        select(table)
        .where(table.state == FigureState.APPROVED)
        .ext(distinct_on(table.indicator, table.district))
        .order_by(table.indicator, table.district, table.as_of.desc(), table.id.desc())
    )
    return {(one.indicator, one.district): one for one in await session.scalars(wanted)}


def _sees(caller: Principal, district: str | None) -> bool:
    return district is None or caller.covers(district=district)
