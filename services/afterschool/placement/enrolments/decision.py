"""The decision of the rush: a place or the queue, in one statement.

Reading the counters and writing them would need a lock held over two round trips, and would sell a place twice where
somebody forgot it. Here the row lock of the UPDATE is the queue at the counter: under READ COMMITTED a statement that
waited for it counts on from what the one before left. Nothing is checked outside the statement that acts on it, so it
can neither oversell nor leave a place free while somebody waits; the offering's CHECK constraints say the same.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from shared.data.database import new_id
from shared.process.context import current_actor, current_traceparent

DECISION: Final = """
WITH newcomer AS (
    -- Who enrols a child first is its guardian from then on; asking in vain makes nobody one.
    INSERT INTO student (id, guardian)
    SELECT :student_id, :guardian FROM offering
    WHERE id = :offering_id AND opens_at <= :at AND :at < closes_at AND school_id = coalesce(:school_id, school_id)
    ON CONFLICT (id) DO NOTHING RETURNING guardian
), owner AS (
    SELECT guardian FROM newcomer UNION ALL SELECT guardian FROM student WHERE id = :student_id
), counted AS (
    UPDATE offering
    SET asked = asked + 1,
        enrolled = enrolled + (waiting = 0 AND enrolled < capacity)::int,
        waiting = waiting + (NOT (waiting = 0 AND enrolled < capacity))::int
    FROM owner, school
    WHERE offering.id = :offering_id AND opens_at <= :at AND :at < closes_at
      AND owner.guardian = :guardian
      AND school.id = offering.school_id AND school.id = coalesce(:school_id, school.id)
    RETURNING offering.id, asked, waiting, waiting = 0 AS seated, school.id AS school_id, district, street
), decided AS (
    INSERT INTO enrolment (id, version, offering_id, student_id, school_id, state, ticket, asked_at, decided_at)
    SELECT :enrolment_id, 1, counted.id, :student_id, school_id, CASE WHEN seated THEN 'enrolled' ELSE 'waiting' END,
           asked, :at, CASE WHEN seated THEN :at END
    FROM counted
    RETURNING id, version, offering_id, student_id, school_id, state, ticket, asked_at, decided_at, withdrawn_at
), fact AS (
    INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor, traceparent)
    SELECT :event_id, 'afterschool.enrolments.v1',
           CASE WHEN seated THEN 'afterschool.enrolment.enrolled.v1' ELSE 'afterschool.enrolment.waitlisted.v1' END,
           :enrolment_id, 1,
           json_build_object('enrolment_id', :enrolment_id, 'offering_id', counted.id, 'student_id', :student_id,
                             'school_id', school_id, 'district', district, 'street', street,
                             'at', to_char(:at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
           :actor, :traceparent
    FROM counted
    RETURNING id
), pending AS (
    INSERT INTO outbox_pending (journal_id) SELECT id FROM fact
)
SELECT decided.*, nullif(counted.waiting, 0) AS position FROM decided, counted
"""
"""One row is the decision; none means nothing was done. A null `school_id` is any school.

The journal's columns are those of `shared/facts/journal.py`.
"""

PARAMETERS: Final = {
    "student_id": "uuid",
    "guardian": "text",
    "offering_id": "uuid",
    "at": "timestamptz",
    "school_id": "uuid",
    "enrolment_id": "uuid",
    "event_id": "uuid",
    "actor": "text",
    "traceparent": "text",
}
"""Name and type, in the order of `Ask.values`."""

_PARAMETER = re.compile(rf"(?<!:):({'|'.join(PARAMETERS)})\b")


def _numbered(found: re.Match[str]) -> str:
    return f"${[*PARAMETERS].index(found[1]) + 1}::{PARAMETERS[found[1]]}"


NUMBERED: Final = _PARAMETER.sub(_numbered, DECISION)
"""The same for the driver itself, and for everybody who prepares statements."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One child, one course, one moment. `school_id` narrows it to offerings of that school, for its staff."""

    offering_id: UUID
    student_id: UUID
    guardian: str
    at: datetime
    school_id: UUID | None = None
    enrolment_id: UUID = field(default_factory=new_id)
    event_id: UUID = field(default_factory=new_id)

    def values(self) -> tuple[object, ...]:
        return (
            *(self.student_id, self.guardian, self.offering_id, self.at, self.school_id),
            *(self.enrolment_id, self.event_id, current_actor(), current_traceparent()),
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
    ticket: int
    asked_at: datetime
    decided_at: datetime | None
    withdrawn_at: datetime | None
    position: int | None


class Connection(Protocol):
    """What the decision needs of an asyncpg connection."""

    async def fetchrow(self, query: str, *args: object) -> Iterable[Any] | None: ...


async def decide(connection: Connection, ask: Ask) -> Decision | None:
    """A place if one is free and nobody waits, else the end of the queue; None if nothing could be decided.

    A second request for the same child fails on `uq_enrolment_offering_id_student_id`, which also undoes the count.
    """
    row = await connection.fetchrow(NUMBERED, *ask.values())
    return None if row is None else Decision(*row)


async def decide_within(session: AsyncSession, ask: Ask) -> Decision | None:
    """As `decide`, as part of a transaction that stores more."""
    named = dict(zip(PARAMETERS, ask.values(), strict=True))
    row = (await session.execute(_STATEMENT, named)).one_or_none()
    return None if row is None else Decision(*row)


_TYPES: Final[dict[str, TypeEngine[Any]]] = {"uuid": Uuid(), "text": Text(), "timestamptz": DateTime(timezone=True)}
# The colons of the time's format are no parameters; SQLAlchemy wants that said.
_STATEMENT = text(DECISION.replace("HH24:MI:SS", r"HH24\:MI\:SS")).bindparams(
    *(bindparam(name, type_=_TYPES[kind]) for name, kind in PARAMETERS.items())
)
