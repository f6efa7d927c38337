"""Targets by id, by reference, and the blind spots among them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, Uuid, bindparam, func, null, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets.domain import Target, TargetNotFound
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def target(session: AsyncSession, institution_id: UUID) -> Target:
    found = await session.get(Target, institution_id)
    if found is None:
        raise TargetNotFound
    return found


async def targets(session: AsyncSession, institution_ids: Sequence[UUID]) -> Sequence[Target]:
    """These targets, by id; raises `TargetNotFound` if one is not known, or not yet."""
    wanted = select(Target).where(Target.institution_id.in_(institution_ids)).order_by(Target.institution_id)
    found = (await session.scalars(wanted)).all()
    if len(found) < len(set(institution_ids)):
        raise TargetNotFound
    return found


async def targets_by_ref(session: AsyncSession, refs: Sequence[str]) -> dict[str, Target]:
    found = await session.scalars(select(Target).where(Target.external_ref.in_(refs)))
    return {entry.external_ref: entry for entry in found if entry.external_ref is not None}


_NOTE = text(
    """
    WITH seen AS (
        SELECT id, max(day) AS day, count(*) AS times FROM unnest(:ids, :days) AS row (id, day) GROUP BY id
    ), held AS MATERIALIZED (
        SELECT institution_id, day, times FROM target JOIN seen ON institution_id = id
        ORDER BY institution_id FOR UPDATE OF target
    )
    UPDATE target SET last_visited_on = greatest(last_visited_on, held.day), visits = visits + held.times
    FROM held WHERE target.institution_id = held.institution_id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("days", type_=ARRAY(Date)))


async def note_visits(session: AsyncSession, visits: Sequence[tuple[UUID, date]]) -> None:
    """Add visits to the count and last day of their institutions; locks them in one order."""
    if visits:
        await session.execute(_NOTE, {"ids": [one for one, _ in visits], "days": [day for _, day in visits]})


async def hold_targets(session: AsyncSession, institution_ids: Collection[UUID]) -> None:
    """Lock these targets, in the order of `note_visits`."""
    wanted = select(Target.institution_id).where(Target.institution_id.in_(institution_ids))
    await session.execute(wanted.order_by(Target.institution_id).with_for_update())


async def keep_visits(session: AsyncSession, seen: Mapping[UUID, tuple[int, date | None]]) -> None:
    """Replace the number of visits and the last day; the caller holds the locks of the targets."""
    rows = [{"institution_id": one, "visits": times, "last_visited_on": day} for one, (times, day) in seen.items()]
    await session.execute(update(Target), rows)


async def blind_spots(
    session: AsyncSession, caller: Principal, *, reason: str | None, after: UUID | None, limit: int
) -> Sequence[Target]:
    wanted = (
        select(Target)
        .where(Target.blind_spot.is_not(None), _within_reach(caller))
        .order_by(Target.institution_id)
        .limit(limit)
    )
    if reason is not None:
        wanted = wanted.where(Target.blind_spot == reason)
    if after is not None:
        wanted = wanted.where(Target.institution_id > after)
    return (await session.scalars(wanted)).all()


async def unvisited(
    session: AsyncSession, caller: Principal, *, since: date, after: UUID | None, limit: int
) -> Sequence[Target]:
    """Targets without a visit since that day, by id. Closed and merged institutions are left out: nobody is expected
    there."""
    wanted = (
        select(Target)
        .where(
            or_(Target.last_visited_on.is_(None), Target.last_visited_on < since),
            Target.status.not_in(("closed", "merged")),
            _within_reach(caller),
        )
        .order_by(Target.institution_id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(Target.institution_id > after)
    return (await session.scalars(wanted)).all()


def _within_reach(caller: Principal) -> ColumnElement[bool]:
    return within_reach(caller, district=Target.district, street=Target.street, team=null())


async def placement_counts(session: AsyncSession) -> Sequence[Any]:
    rows = await session.execute(
        select(Target.grid, Target.blind_spot, func.count().label("targets")).group_by(Target.grid, Target.blind_spot)
    )
    return rows.all()


def as_mapping(rows: Sequence[Any]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        if row.blind_spot is not None:
            counts[row.blind_spot] = counts.get(row.blind_spot, 0) + row.targets
    return counts
