"""The decision of the rush: a seat, the queue, or a refusal with its reason, in one statement.

The statement calls a function of the database (revision 0004). The function first locks the offering, then the child,
and only then reads seats, queue and the child's week: under READ COMMITTED each of its statements sees what was
committed before it began, so nothing is read before the lock that protects it. A single SQL statement could not do
that, because it reads everything but the locked row as it was before it waited.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from services.afterschool.placement.enrolments.domain import REFUSALS
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.process.context import current_actor, current_traceparent

PARAMETERS: Final = {
    "enrolment_id": "uuid",
    "event_id": "uuid",
    "offering_id": "uuid",
    "student_id": "uuid",
    "guardian": "text",
    "school_id": "uuid",
    "accepts_promotion": "boolean",
    "at": "timestamptz",
    "today": "date",
    "actor": "text",
    "traceparent": "text",
}
"""Name and type, in the order of `Ask.values`."""

_CALL: Final = "SELECT * FROM decide_enrolment"
NUMBERED: Final = f"{_CALL}({', '.join(f'${n}::{kind}' for n, kind in enumerate(PARAMETERS.values(), start=1))})"
"""For the driver itself, and for everybody who prepares statements."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One child, one course, one moment. Either `guardian` asks, or staff of the school `school_id`."""

    offering_id: UUID
    student_id: UUID
    guardian: str | None
    school_id: UUID | None
    accepts_promotion: bool
    at: datetime
    enrolment_id: UUID = field(default_factory=new_id)
    event_id: UUID = field(default_factory=new_id)

    @property
    def today(self) -> date:
        return china_date(self.at)

    def values(self) -> tuple[object, ...]:
        return (
            *(self.enrolment_id, self.event_id, self.offering_id, self.student_id, self.guardian, self.school_id),
            *(self.accepts_promotion, self.at, self.today, current_actor(), current_traceparent()),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The new enrolment, and its position in the queue or None."""

    id: UUID
    version: int
    offering_id: UUID
    student_id: UUID
    school_id: UUID
    state: str
    reserve: str
    pool: str | None
    ticket: int
    accepts_promotion: bool
    asked_at: datetime
    decided_at: datetime | None
    expires_at: datetime | None
    passed_for: str | None
    ending: str | None
    ended_at: datetime | None
    position: int | None


class Connection(Protocol):
    """The part of an asyncpg connection that the decision needs."""

    async def fetchrow(self, query: str, *args: object) -> Iterable[Any] | None: ...


async def decide(connection: Connection, ask: Ask) -> Decision:
    """A seat if one is free and nobody entitled to it waits, else the end of the queue. Raises one of `REFUSALS`."""
    row = await connection.fetchrow(NUMBERED, *ask.values())
    assert row is not None, "the function returns one row"
    return _decided(row)


async def decide_within(session: AsyncSession, ask: Ask) -> Decision:
    """As `decide`, as part of a transaction that stores more."""
    named = dict(zip(PARAMETERS, ask.values(), strict=True))
    return _decided((await session.execute(_STATEMENT, named)).one())


def _decided(row: Iterable[Any]) -> Decision:
    refused, *columns = row
    if refused is not None:
        raise REFUSALS[refused]
    return Decision(*columns)


_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "uuid": Uuid(),
    "text": Text(),
    "boolean": Boolean(),
    "timestamptz": DateTime(timezone=True),
    "date": Date(),
}
_STATEMENT = text(f"{_CALL}({', '.join(f':{name}' for name in PARAMETERS)})").bindparams(
    *(bindparam(name, type_=_TYPES[kind]) for name, kind in PARAMETERS.items())
)
