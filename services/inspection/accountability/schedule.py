"""The days in force for a step."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.accountability.norms import Step, StepDays, StepDaysUnknown


async def days_for(session: AsyncSession, step: Step, *, on: date) -> int:
    """How many days the step may take, by the row in force on a day; raises `StepDaysUnknown`."""
    days: int | None = await session.scalar(
        select(StepDays.days)
        .where(StepDays.name == step, StepDays.valid_from <= on)
        .order_by(StepDays.valid_from.desc())
        .limit(1)
    )
    if days is None:
        raise StepDaysUnknown(step=step.value)
    return days
