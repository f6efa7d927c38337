"""Finding people by what identifies them, without opening anything."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.people.domain import Person, PersonKind


async def persons(session: AsyncSession, ids: Collection[UUID], *, for_update: bool = False) -> Mapping[UUID, Person]:
    """The sealed rows by id; `for_update` locks them in the order of their ids."""
    wanted = select(Person).where(Person.id.in_(ids)).order_by(Person.id)
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return {person.id: person for person in await session.scalars(wanted)}


async def with_prints(
    session: AsyncSession, kind: PersonKind, *, numbers: Collection[bytes], references: Collection[bytes]
) -> Sequence[Person]:
    """People of a kind with one of these numbers or references, locked in the order of their ids."""
    wanted = (
        select(Person)
        .where(
            Person.kind == kind,
            Person.number_print.in_(numbers) | Person.reference_print.in_(references),
        )
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(wanted)).all()
