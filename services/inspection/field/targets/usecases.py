"""Keeps the copy of the ledger, and every target in its grid."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids
from services.inspection.field.grids.domain import GridIndex, Placement
from services.inspection.field.grids.successions import Successors
from services.inspection.field.targets.domain import MERGED, Cause, Target, left, placed, stayed, succeeded
from shared.domain.clock import china_date, utc_now
from shared.domain.text import key
from shared.events.registry.institutions import InstitutionEvent, InstitutionMerged
from shared.facts.inbox import Delivery
from shared.facts.journal import Fact, record_many

CHUNK = 5000


async def copy_institutions(session: AsyncSession, deliveries: Sequence[Delivery]) -> list[UUID]:
    """Copy the registry's institutions and place those whose location changed; returns their ids.

    The last event of an institution in the batch carries its whole state, so only that one counts.
    """
    latest: dict[UUID, InstitutionEvent] = {}
    causes: dict[UUID, str | None] = {}
    survivors: dict[UUID, UUID] = {}
    for delivery in deliveries:
        event = cast("InstitutionEvent", delivery.event)
        latest[event.institution_id], causes[event.institution_id] = event, delivery.envelope.traceparent
        if isinstance(event, InstitutionMerged):
            survivors[event.institution_id] = event.merged_into
    await grids.hold_sets(session)
    known = await _lock(session, list(latest))
    at = utc_now()  # behind the lock: a day may have begun that has other grids
    index = await grids.index_if_any(session, china_date(at))
    placements = await _place(index, [(event.lon, event.lat) for event in latest.values()])
    rows, facts = [], []
    for event, found in zip(latest.values(), placements, strict=True):
        before = known.get(event.institution_id)
        placement = found
        if before is not None and (before.address, before.street) == (event.address, event.street):
            placement = stayed(found, before.grid)
        version = before.version if before else 0
        if before is None or (before.grid, before.blind_spot) != (placement.grid, placement.blind_spot):
            version += 1
            fact = placed(
                event.institution_id,
                placement,
                moved_from=before.grid if before else None,
                cause=Cause.RELOCATED if before else Cause.REGISTERED,
                at=at,
            )
            facts.append(Fact(event.institution_id, version, fact, traceparent=causes[event.institution_id]))
        gone = left(before.left_grids, before.grid, now=placement.grid) if before else []
        survivor = survivors.get(event.institution_id, before.merged_into if before else None)
        merged_into = survivor if event.status == MERGED else None
        rows.append(_row(event, placement, version) | {"left_grids": gone, "merged_into": merged_into})
    statement = insert(Target)
    changing = {name: statement.excluded[name] for name in rows[0] if name not in ("institution_id", "visits")}
    await session.execute(statement.on_conflict_do_update(index_elements=[Target.institution_id], set_=changing), rows)
    await record_many(session, facts)
    return list(latest)


async def place_all(session: AsyncSession, index: GridIndex, successors: Successors, *, at: datetime) -> int:
    """Place every target anew after the grids changed; returns how many moved. Each move is a fact."""
    moved, after = 0, None
    while True:
        wanted = select(Target).order_by(Target.institution_id).limit(CHUNK).with_for_update()
        if after is not None:
            wanted = wanted.where(Target.institution_id > after)
        chunk = (await session.scalars(wanted)).all()
        if not chunk:
            return moved
        after = chunk[-1].institution_id
        moved += await _move(session, index, successors, chunk, at=at)


async def _move(
    session: AsyncSession, index: GridIndex, successors: Successors, chunk: Sequence[Target], *, at: datetime
) -> int:
    changes, facts = [], []
    placements = await _place(index, [(one.lon, one.lat) for one in chunk])
    for target, found in zip(chunk, placements, strict=True):
        placement, cause = succeeded(found, target.grid, successors)
        if (target.grid, target.blind_spot) == (placement.grid, placement.blind_spot):
            continue
        version = target.version + 1
        changes.append(
            {
                "institution_id": target.institution_id,
                "version": version,
                "grid": placement.grid,
                "blind_spot": placement.blind_spot,
                "left_grids": left(target.left_grids, target.grid, now=placement.grid),
            }
        )
        fact = placed(target.institution_id, placement, moved_from=target.grid, cause=cause, at=at)
        facts.append(Fact(target.institution_id, version, fact))
    if changes:
        await session.execute(update(Target), changes)
        await record_many(session, facts)
    for target in chunk:
        session.expunge(target)
    return len(changes)


async def _lock(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Versions and placements of known targets, locked in one order, because an import of grids may be moving them."""
    rows = await session.execute(
        select(
            Target.institution_id,
            Target.version,
            Target.grid,
            Target.left_grids,
            Target.merged_into,
            Target.blind_spot,
            Target.address,
            Target.street,
        )
        .where(Target.institution_id.in_(ids))
        .order_by(Target.institution_id)
        .with_for_update()
    )
    return {row.institution_id: row for row in rows}


async def _place(index: GridIndex | None, points: Sequence[tuple[float | None, float | None]]) -> list[Placement]:
    """Place points in a thread, off the event loop. Without grids, nobody has a placement and there are no blind
    spots."""
    return [Placement(None)] * len(points) if index is None else await asyncio.to_thread(index.place, points)


def _row(event: InstitutionEvent, placement: Placement, version: int) -> dict[str, Any]:
    return {
        "institution_id": event.institution_id,
        "version": version,
        "name": event.name,
        "address": event.address,
        "kind": event.kind,
        "status": event.status,
        "district": event.district,
        "street": event.street,
        "lon": event.lon,
        "lat": event.lat,
        "uscc": event.uscc,
        # Events of former versions carry keys as somebody wrote them.
        "permit_no": key(event.permit_no) if event.permit_no else None,
        "external_ref": key(event.external_ref) if event.external_ref else None,
        "grid": placement.grid,
        "blind_spot": placement.blind_spot,
        "visits": 0,
    }
