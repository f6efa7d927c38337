"""Enact a procedure."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.procedures.domain import Procedure, Terms
from shared import journal


async def enact_procedure(session: AsyncSession, terms: Terms, *, at: datetime) -> Procedure:
    """Put a procedure in force; cases that are running keep the one they began under."""
    procedure, enacted = Procedure.enact(terms, at=at)
    session.add(procedure)
    await journal.record(session, enacted, subject=procedure)
    return procedure
