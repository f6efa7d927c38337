"""Sealed identities are entered, corrected, and sealed again with the active key."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.afterschool.roster.people.domain import SEALED, TABLE, Identity, Person, PersonKind, sealed_row
from services.afterschool.sealing import Sealer
from shared.data.database import copy_rows

RESEALED_AT_ONCE: Final = 500


async def enter(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store sealed rows, as `sealed_row` makes them."""
    if rows:
        await copy_rows(session, TABLE, list(rows[0]), [tuple(row.values()) for row in rows])


def correct(person: Person, identity: Identity, sealer: Sealer) -> None:
    """Replace an identity; the caller has locked the row."""
    for column, value in sealed_row(person.id, PersonKind(person.kind), identity, sealer).items():
        setattr(person, column, value)


async def reseal(sessions: async_sessionmaker[AsyncSession], sealer: Sealer) -> int:
    """Seal everything again that another key than the active one sealed; returns how many rows.

    Readers and writers go on meanwhile: a row is locked for its batch only, and rows that somebody holds are taken in
    a later batch.
    """
    done = 0
    while True:
        async with sessions.begin() as session:
            wanted = select(Person).where(Person.key_id != sealer.active).limit(RESEALED_AT_ONCE)
            batch = (await session.scalars(wanted.with_for_update(skip_locked=True))).all()
            for person in batch:
                _reseal(person, sealer)
            left = await session.scalar(select(Person.id).where(Person.key_id != sealer.active).limit(1))
        done += len(batch)
        if not batch and left is None:
            return done


def _reseal(person: Person, sealer: Sealer) -> None:
    row: UUID = person.id
    for column in SEALED:
        sealed = getattr(person, column)
        if sealed is not None:
            value = sealer.open(sealed, table=TABLE, column=column, row=row, key_id=person.key_id)
            setattr(person, column, sealer.seal(value, table=TABLE, column=column, row=row))
    person.key_id = sealer.active
