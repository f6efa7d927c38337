"""Procedures by id, and the one that governs a new case."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.rulebook.procedures.domain import Procedure, ProcedureNotFound, governing
from shared.domain.dated import stands


async def procedure(session: AsyncSession, procedure_id: UUID) -> Procedure:
    found = await session.get(Procedure, procedure_id)
    if found is None:
        raise ProcedureNotFound
    return found


async def procedure_for_update(session: AsyncSession, procedure_id: UUID) -> Procedure:
    found = await session.get(Procedure, procedure_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise ProcedureNotFound
    return found


async def procedures(
    session: AsyncSession, *, matter: str | None, after: UUID | None, limit: int
) -> Sequence[Procedure]:
    wanted = select(Procedure).order_by(Procedure.id).limit(limit)
    if matter is not None:
        wanted = wanted.where(Procedure.matter == matter)
    if after is not None:
        wanted = wanted.where(Procedure.id > after)
    return (await session.scalars(wanted)).all()


async def procedure_for(session: AsyncSession, matter: str, *, kind: str, district: str | None, on: date) -> Procedure:
    standing = await session.scalars(select(Procedure).where(Procedure.matter == matter, stands(Procedure)))
    return governing(standing, kind=kind, district=district, on=on)
