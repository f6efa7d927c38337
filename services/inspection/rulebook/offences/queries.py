"""Offences by id, by code, and by what is in force on a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.offences.domain import Offence, OffenceNotFound
from shared.domain.dated import stands
from shared.facts.versions import holds, version_with_id


async def offence(session: AsyncSession, offence_id: UUID) -> Offence:
    return await version_with_id(session, Offence, offence_id, OffenceNotFound)


async def offence_for_update(session: AsyncSession, offence_id: UUID) -> Offence:
    return await version_with_id(session, Offence, offence_id, OffenceNotFound, for_update=True)


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
