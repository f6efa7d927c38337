"""Visits by id and by what they are about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.places import Place
from services.inspection.field.targets.domain import Target
from services.inspection.field.teams.domain import Team, TeamGrid
from services.inspection.rounds.campaigns.domain import CampaignTarget
from services.inspection.rounds.outcomes import SEEN, Outcome
from services.inspection.rounds.visits.domain import Visit, VisitNotFound, VisitState
from shared.data.unit_of_work import hold, holds, locked
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

REACH: Final[ReachColumns] = {"district": Visit.district, "street": Visit.street, "team": Visit.team}


async def visit(session: AsyncSession, visit_id: UUID, caller: Principal) -> Visit:
    return reachable(await session.get(Visit, visit_id), caller, VisitNotFound, **REACH)


async def visit_for_update(session: AsyncSession, visit_id: UUID, caller: Principal) -> Visit:
    """The visit, locked until the transaction ends; raises `VisitNotFound`. The first lock a transaction takes."""
    return reachable(await locked(session, Visit, visit_id), caller, VisitNotFound, **REACH)


async def visit_with_id(session: AsyncSession, visit_id: UUID) -> Visit | None:
    """The visit that has this id already, if any. Others who ask for the same id wait until this transaction ends."""
    if holds(session, Visit, visit_id):
        return await locked(session, Visit, visit_id)
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(visit_id), 0))))
    return await session.get(Visit, visit_id)


async def hold_visits(
    session: AsyncSession, known: Collection[UUID], made: Collection[UUID], doors: Collection[tuple[UUID, UUID]]
) -> None:
    """Lock these visits, the ids of visits still to be planned, and their targets (`doors`: campaign and institution),
    each kind in one order, so that two phones at the same doors only queue."""
    if made:
        await session.execute(_QUEUE, {"ids": [str(one) for one in sorted(made)]})
    ids = {*known, *made}
    rows = select(Visit).where(Visit.id.in_(ids)).order_by(Visit.id).with_for_update()
    found = {visit.id: visit for visit in await session.scalars(rows.execution_options(populate_existing=True))}
    for one in found.keys() | made:
        hold(session, Visit, one, found.get(one))
    listed = [visit.campaign_target_id for visit in found.values() if visit.campaign_target_id is not None]
    if listed or doors:
        place = tuple_(CampaignTarget.campaign_id, CampaignTarget.institution_id)
        on_lists = select(CampaignTarget).where(or_(CampaignTarget.id.in_(listed), place.in_(doors)))
        locked_ones = on_lists.order_by(CampaignTarget.id).with_for_update()
        for target in await session.scalars(locked_ones.execution_options(populate_existing=True)):
            hold(session, CampaignTarget, target.id, target)


_QUEUE: Final = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(id, 0)) FROM unnest(:ids) WITH ORDINALITY AS row (id, place)"
).bindparams(bindparam("ids", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class VisitFilters:
    """What a list is narrowed to; the names are those of the columns."""

    campaign_id: UUID | None = None
    institution_id: UUID | None = None
    team: str | None = None
    state: str | None = None


async def visits(
    session: AsyncSession, caller: Principal, filters: VisitFilters, *, after: str | None, limit: int
) -> Sequence[Visit]:
    """Visits within the caller's reach, in the order of their plans."""
    reach = within_reach(caller, **REACH)
    wanted = select(Visit).where(reach).order_by(Visit.id).limit(limit)
    for name, value in asdict(filters).items():
        if value is not None:
            wanted = wanted.where(getattr(Visit, name) == value)
    if after is not None:
        wanted = wanted.where(Visit.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def visits_by_ref(session: AsyncSession, refs: Sequence[str], *, lock: bool = False) -> Sequence[Visit]:
    wanted = select(Visit).where(Visit.external_ref.in_(refs)).order_by(Visit.id)
    return (await session.scalars(wanted.with_for_update() if lock else wanted)).all()


async def seen_at(session: AsyncSession, institution_ids: Collection[UUID]) -> Mapping[UUID, tuple[int, date | None]]:
    rows = await session.execute(
        select(Visit.institution_id, func.count(), func.max(Visit.visited_on))
        .where(Visit.institution_id.in_(institution_ids), Visit.outcome.in_(SEEN))
        .group_by(Visit.institution_id)
    )
    seen = {institution: (times, day) for institution, times, day in rows}
    return {one: seen.get(one, (0, None)) for one in institution_ids}


async def asked_for(session: AsyncSession, reference_id: UUID) -> Sequence[Visit]:
    return (await session.scalars(select(Visit).where(Visit.reference_id == reference_id).order_by(Visit.id))).all()


async def planned_for_update(session: AsyncSession, reference_id: UUID) -> Sequence[Visit]:
    """Planned visits requested for this id, locked in the order of their plans."""
    return await _planned_for_update(session, Visit.reference_id == reference_id)


async def planned_for_campaign_for_update(session: AsyncSession, campaign_id: UUID) -> Sequence[Visit]:
    """Planned visits of a campaign, locked in the order of their plans."""
    return await _planned_for_update(session, Visit.campaign_id == campaign_id)


async def _planned_for_update(session: AsyncSession, wanted: ColumnElement[bool]) -> Sequence[Visit]:
    planned = select(Visit).where(wanted, Visit.state == VisitState.PLANNED).order_by(Visit.id).with_for_update()
    return (await session.scalars(planned)).all()


async def wanted_for_campaign(session: AsyncSession, campaign_id: UUID) -> bool:
    visits = select(Visit).where(Visit.campaign_id == campaign_id, Visit.state != VisitState.CALLED_OFF)
    return bool(await session.scalar(select(visits.exists())))


async def assignable_for_update(
    session: AsyncSession, institutions: Collection[UUID] | None
) -> Sequence[tuple[Visit, Place]]:
    """Planned visits without a team where a team walks now, each with its place; locked by id.

    A visit locked by somebody else is skipped: it is being started or cancelled, and needs no team.
    """
    grid = func.coalesce(Target.grid, Visit.grid)
    wanted = (
        select(
            Visit,
            grid.label("grid"),
            func.coalesce(Target.district, Visit.district).label("district"),
            func.coalesce(Target.street, Visit.street).label("street"),
            Team.code.label("team"),
        )
        .outerjoin(Target, Target.institution_id == Visit.institution_id)
        .join(TeamGrid, TeamGrid.grid == grid)
        .join(Team, Team.id == TeamGrid.team_id)
        .where(Visit.state == VisitState.PLANNED, Visit.team.is_(None))
        .order_by(Visit.id)
        .with_for_update(of=Visit, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if institutions is not None:
        wanted = wanted.where(Visit.institution_id.in_(institutions))
    rows = (await session.execute(wanted)).all()
    return [(row[0], Place(row[0].institution_id, row.grid, row.district, row.street, row.team)) for row in rows]


async def others_at(
    session: AsyncSession, campaign_id: UUID | None, institution_id: UUID | None, *, besides: UUID
) -> Visit | None:
    """Another visit of the same campaign to the same institution that is neither cancelled nor ended at a closed
    door."""
    if campaign_id is None or institution_id is None:
        return None
    found: Visit | None = await session.scalar(
        select(Visit)
        .where(
            Visit.campaign_id == campaign_id,
            Visit.institution_id == institution_id,
            Visit.id != besides,
            Visit.state != VisitState.CALLED_OFF,
            Visit.outcome.is_distinct_from(Outcome.CLOSED_DOOR),
        )
        .order_by(Visit.id)
        .limit(1)
    )
    return found
