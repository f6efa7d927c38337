"""Which numbers hold on a day."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.parameters.domain import Name, Parameter, ParameterNotInForce


async def parameters(session: AsyncSession) -> Sequence[Parameter]:
    """Every number ever decided, by name and day."""
    return (await session.scalars(select(Parameter).order_by(Parameter.name, Parameter.valid_from))).all()


async def values_on(session: AsyncSession, on: date) -> Mapping[str, int]:
    """What holds on a day, by name."""
    rows = await session.execute(
        select(Parameter.name, Parameter.value)
        .where(Parameter.valid_from <= on)
        .ext(distinct_on(Parameter.name))
        .order_by(Parameter.name, Parameter.valid_from.desc())
    )
    return {row.name: row.value for row in rows}


async def value_on(session: AsyncSession, name: Name, on: date) -> int:
    """One number; raises `ParameterNotInForce`."""
    value: int | None = await session.scalar(
        select(Parameter.value)
        .where(Parameter.name == name, Parameter.valid_from <= on)
        .order_by(Parameter.valid_from.desc())
        .limit(1)
    )
    if value is None:
        raise ParameterNotInForce(name=name)
    return value
