"""Decide a number."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.parameters.domain import Parameter, ParameterDetails
from shared import journal


async def decide_parameter(session: AsyncSession, details: ParameterDetails, *, at: datetime) -> Parameter:
    """Let a number hold from a day on; the database refuses a second one from the same day."""
    parameter, fact = Parameter.decide(details, at=at)
    session.add(parameter)
    await journal.record(session, fact, subject=parameter)
    return parameter
