"""Draws by id, and what a draw is made from."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, null, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets.domain import Target
from services.inspection.planning.draws.domain import LARGEST, Draw, DrawNotFound, DrawnTarget, DrawVisit
from services.inspection.rounds.campaigns.domain import Scope
from services.inspection.rounds.campaigns.queries import within
from services.inspection.rounds.visits.domain import Visit, VisitState
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {"district": Draw.district}


async def draw(session: AsyncSession, draw_id: UUID, caller: Principal) -> Draw:
    return reachable(await session.get(Draw, draw_id), caller, DrawNotFound, **_REACH)


async def draw_for_update(session: AsyncSession, draw_id: UUID, caller: Principal) -> Draw:
    return reachable(
        await session.get(Draw, draw_id, with_for_update=True, populate_existing=True), caller, DrawNotFound, **_REACH
    )


async def published_draw(session: AsyncSession, draw_id: UUID) -> Draw:
    """Any draw, without a check of reach: its commitment is public at once, its result from the reveal on."""
    found = await session.get(Draw, draw_id)
    if found is None:
        raise DrawNotFound
    return found


_SHORT = (
    Draw.id,
    Draw.version,
    Draw.name,
    Draw.district,
    Draw.share_bp,
    Draw.state,
    Draw.targets_total,
    Draw.inspectors_total,
    Draw.drawn_total,
    Draw.seed_sha256,
    Draw.committed_at,
    Draw.revealed_at,
    Draw.cancelled_at,
    Draw.cancellation_reason,
)
"""A list shows no lists: they may be of a hundred thousand."""


async def draws(session: AsyncSession, caller: Principal, *, after: str | None, limit: int) -> Sequence[Any]:
    reach = within_reach(caller, district=Draw.district, street=null())
    wanted = select(*_SHORT).where(reach).order_by(Draw.id).limit(limit)
    if after is not None:
        wanted = wanted.where(Draw.id > UUID(after))
    return (await session.execute(wanted)).all()


async def published_draws(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[Any]:
    wanted = select(*_SHORT).order_by(Draw.id.desc()).limit(limit)
    if after is not None:
        wanted = wanted.where(Draw.id < UUID(after))
    return (await session.execute(wanted)).all()


async def drawn_targets(
    session: AsyncSession, draw_id: UUID, *, after: str | None, limit: int
) -> Sequence[DrawnTarget]:
    wanted = (
        select(
            DrawVisit.institution_id,
            Target.name,
            DrawVisit.inspectors.label("drawn"),
            DrawVisit.unvisited,
            DrawVisit.visit_id,
            Visit.state,
            Visit.team,
            Visit.submitted_at,
            Visit.inspectors,
        )
        .outerjoin(Target, Target.institution_id == DrawVisit.institution_id)
        .outerjoin(Visit, Visit.id == DrawVisit.visit_id)
        .where(DrawVisit.draw_id == draw_id)
        .order_by(DrawVisit.institution_id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(DrawVisit.institution_id > UUID(after))
    return [
        DrawnTarget(
            institution_id=row.institution_id,
            name=row.name,
            drawn=row.drawn,
            unvisited=row.unvisited,
            visit_id=row.visit_id,
            visit_state=row.state,
            team=row.team,
            went=row.inspectors if row.submitted_at is not None else [],
        )
        for row in await session.execute(wanted)
    ]


async def unvisited(session: AsyncSession, draw_id: UUID) -> dict[UUID, str]:
    rows = await session.execute(
        select(DrawVisit.institution_id, DrawVisit.unvisited).where(
            DrawVisit.draw_id == draw_id, DrawVisit.unvisited.is_not(None)
        )
    )
    return {row.institution_id: row.unvisited for row in rows}


async def drawable(session: AsyncSession, scope: Scope) -> dict[UUID, str | None]:
    wanted = select(Target.institution_id, Target.grid).where(*within(scope)).limit(LARGEST + 1)
    return {row.institution_id: row.grid for row in await session.execute(wanted)}


def _ids(institution_ids: Sequence[UUID]) -> Any:
    return any_(bindparam("ids", list(institution_ids), type_=ARRAY(Uuid)))


async def last_visitors(session: AsyncSession, institution_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    rows = await session.execute(
        select(Visit.institution_id, Visit.inspectors)
        .where(
            Visit.institution_id == _ids(institution_ids),
            Visit.state.in_((VisitState.DONE, VisitState.REVIEWED)),
            func.cardinality(Visit.inspectors) > 0,
        )
        .ext(distinct_on(Visit.institution_id))
        .order_by(Visit.institution_id, Visit.visited_on.desc(), Visit.id.desc())
    )
    return {row.institution_id: row.inspectors for row in rows if row.institution_id is not None}


async def names(session: AsyncSession, institution_ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await session.execute(
        select(Target.institution_id, Target.name).where(Target.institution_id == _ids(institution_ids))
    )
    return {row.institution_id: row.name for row in rows}
