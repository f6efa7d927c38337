"""Offences by id, by code, and by what is in force on a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.offences.domain import Offence, OffenceNotFound
from services.inspection.rulebook.versions import holds, in_order
from shared.domain.dated import stands


async def offence(session: AsyncSession, offence_id: UUID) -> Offence:
    found = await session.get(Offence, offence_id)
    if found is None:
        raise OffenceNotFound
    return found


async def offence_for_update(session: AsyncSession, offence_id: UUID) -> Offence:
    found = await session.get(Offence, offence_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise OffenceNotFound
    return found


async def versions_for_update(session: AsyncSession, code: str) -> Sequence[Offence]:
    """Every version with this code, locked in one order."""
    wanted = select(Offence).where(Offence.code == code).order_by(Offence.id).with_for_update()
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def latest_for_update(session: AsyncSession, code: str) -> Offence | None:
    """The newest version, locked: enacting another one waits until this transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"offence {code}", 0))))
    wanted = (
        select(Offence)
        .where(Offence.code == code, stands(Offence))
        .order_by(Offence.valid_from.desc())
        .limit(1)
        .with_for_update()
    )
    found: Offence | None = await session.scalar(wanted)
    return found


async def in_force(session: AsyncSession, codes: Iterable[str], *, on: date) -> Mapping[str, Offence]:
    wanted = set(codes)
    if not wanted:
        return {}
    found = await session.scalars(
        select(Offence).where(
            Offence.code.in_(wanted),
            holds(Offence, on=on),
        )
    )
    return {offence.code: offence for offence in found}


async def versions_relied_on(session: AsyncSession, codes: Iterable[str]) -> Mapping[str, Sequence[Offence]]:
    """Every version of these offences that is not withdrawn, by code. None of them can end until this transaction
    ends."""
    wanted = select(Offence).where(Offence.code.in_(set(codes)), stands(Offence)).order_by(Offence.id)
    versions: dict[str, list[Offence]] = {}
    for one in await session.scalars(wanted.with_for_update(read=True).execution_options(populate_existing=True)):
        versions.setdefault(one.code, []).append(one)
    return versions


async def offences(
    session: AsyncSession,
    *,
    code: str | None = None,
    on: date | None = None,
    after: tuple[str, date, UUID] | None,
    limit: int,
) -> Sequence[Offence]:
    wanted = in_order(select(Offence), Offence.code, Offence.valid_from, Offence.id, after=after, limit=limit)
    if code is not None:
        wanted = wanted.where(Offence.code == code)
    if on is not None:
        wanted = wanted.where(holds(Offence, on=on))
    return (await session.scalars(wanted)).all()
