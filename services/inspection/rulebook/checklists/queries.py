"""Checklists by id, by code, and by what is in force on a day."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.checklists.domain import Checklist, ChecklistNotFound, ChecklistUnknown
from services.inspection.rulebook.versions import holds, in_order
from shared.domain.dated import stands


async def checklist(session: AsyncSession, checklist_id: UUID) -> Checklist:
    found = await session.get(Checklist, checklist_id)
    if found is None:
        raise ChecklistNotFound
    return found


async def checklist_for_update(session: AsyncSession, checklist_id: UUID) -> Checklist:
    found = await session.get(Checklist, checklist_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise ChecklistNotFound
    return found


async def usable(session: AsyncSession, checklist_id: UUID, *, on: date) -> Checklist:
    """The version that a phone used; it must have been in force on the day. Raises `ChecklistUnknown`."""
    found = await session.get(Checklist, checklist_id)
    if found is None or not found.usable(on=on):
        raise ChecklistUnknown(pointer="/checklist_id")
    return found


async def versions_for_update(session: AsyncSession, code: str) -> Sequence[Checklist]:
    """Every version with this code, locked in one order."""
    wanted = select(Checklist).where(Checklist.code == code).order_by(Checklist.id).with_for_update()
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def latest_for_update(session: AsyncSession, code: str) -> Checklist | None:
    """The newest version, locked: enacting another one waits until this transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"checklist {code}", 0))))
    wanted = (
        select(Checklist)
        .where(Checklist.code == code, stands(Checklist))
        .order_by(Checklist.valid_from.desc())
        .limit(1)
    )
    found: Checklist | None = await session.scalar(wanted.with_for_update())
    return found


async def checklists(
    session: AsyncSession,
    *,
    code: str | None = None,
    on: date | None = None,
    after: tuple[str, date, UUID] | None = None,
    limit: int,
) -> Sequence[Checklist]:
    wanted = in_order(select(Checklist), Checklist.code, Checklist.valid_from, Checklist.id, after=after, limit=limit)
    if code is not None:
        wanted = wanted.where(Checklist.code == code)
    if on is not None:
        wanted = wanted.where(holds(Checklist, on=on))
    return (await session.scalars(wanted)).all()


async def pointing_to(session: AsyncSession, offence: str, *, after: date) -> Sequence[Checklist]:
    """Versions in force on some day after this one whose answers point to the offence."""
    points = Checklist.questions.contains([{"breaches": [{"offence": offence}]}])
    lasts = stands(Checklist) & or_(Checklist.valid_to.is_(None), Checklist.valid_to > after)
    return (await session.scalars(select(Checklist).where(points, lasts).order_by(Checklist.id))).all()
