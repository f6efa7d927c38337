"""Enact a procedure, withdraw one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.rulebook.procedures import queries
from services.registry.rulebook.procedures.domain import Procedure, Terms
from shared.facts import journal


async def enact_procedure(session: AsyncSession, terms: Terms, *, at: datetime) -> Procedure:
    procedure, enacted = Procedure.enact(terms, at=at)
    session.add(procedure)
    await journal.record(session, enacted, subject=procedure)
    return procedure


async def withdraw_procedure(
    session: AsyncSession, procedure_id: UUID, *, reason: str, by: str, at: datetime
) -> Procedure:
    procedure = await queries.procedure_for_update(session, procedure_id)
    await journal.record(session, procedure.withdraw(reason, by=by, at=at), subject=procedure, reason=reason)
    return procedure
