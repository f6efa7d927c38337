"""The decision of the rush: a place or the queue, in one statement.

Reading the counters and writing them would need a lock held over two round trips, and would sell a place twice where
somebody forgot it. Here the row lock of the UPDATE is the queue at the counter: under READ COMMITTED a statement that
waited for it counts on from what the one before left. Nothing is checked outside the statement that acts on it, so it
can neither oversell nor leave a place free while somebody waits; the offering's CHECK constraints say the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Row, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.context import current_actor, current_traceparent
from shared.database import new_id

DECISION: Final = """
WITH newcomer AS (
    -- Who enrols a child first is its guardian from then on.
    INSERT INTO student (id, guardian) VALUES (:student_id, :guardian) ON CONFLICT (id) DO NOTHING RETURNING guardian
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
"""Parameters: student_id, guardian, offering_id, at, school_id (null: any), enrolment_id, event_id, actor, traceparent.

One row is the decision; none means nothing was done. The journal's columns are those of `shared/journal.py`.
"""

_STATEMENT = text(DECISION.replace('"T"HH24:MI:SS', '"T"HH24\\:MI\\:SS')).bindparams(
    *(bindparam(name, type_=Uuid) for name in ("student_id", "offering_id", "school_id", "enrolment_id", "event_id")),
    *(bindparam(name, type_=Text) for name in ("guardian", "actor", "traceparent")),
    bindparam("at", type_=DateTime(timezone=True)),
)


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


Decision = Row[UUID, int, UUID, UUID, UUID, str, int, datetime, datetime | None, datetime | None, int | None]
"""The new enrolment's columns, and its position in the queue or null."""


async def decide(session: AsyncSession, ask: Ask) -> Decision | None:
    """A place if one is free and nobody waits, else the end of the queue; None where nothing could be decided.

    The same child again fails on `uq_enrolment_offering_id_student_id`, which undoes the count with everything else.
    """
    decided = await session.execute(
        _STATEMENT,
        {
            "offering_id": ask.offering_id,
            "student_id": ask.student_id,
            "guardian": ask.guardian,
            "at": ask.at,
            "school_id": ask.school_id,
            "enrolment_id": ask.enrolment_id,
            "event_id": ask.event_id,
            "actor": current_actor(),
            "traceparent": current_traceparent(),
        },
    )
    return decided.one_or_none()
