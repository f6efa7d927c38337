"""Give a responsibility to somebody, take it back, hand many to one officer at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import OutsideYourDistrict
from services.registry.ledger.responsibilities import queries
from services.registry.ledger.responsibilities.domain import (
    Holder,
    Responsibility,
    ResponsibilityVacant,
    Role,
    check_department,
)
from services.registry.ledger.responsibilities.queries import Part
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.events.registry.responsibilities import ResponsibilityAssigned
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.policies import Principal

CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Assigned:
    """How many institutions were given the officer, and how many stay as they were."""

    assigned: int
    unchanged: int


async def assign_responsibility(
    session: AsyncSession,
    institution_id: UUID,
    role: Role,
    holder: Holder,
    *,
    reason: str | None,
    caller: Principal,
    at: datetime,
) -> Responsibility:
    """Assign a responsibility. The institution's row is locked, so that two first assignments do not collide."""
    check_department(role, holder.department)
    institution = await institutions.institution_for_update(session, institution_id, caller)
    responsibility = await queries.responsibility_for_update(session, institution_id, role)
    if responsibility is None:
        responsibility = Responsibility.of(institution, role, at=at)
        session.add(responsibility)
    assigned = responsibility.assign(holder, institution, at=at)
    if assigned is not None:
        await journal.record(session, assigned, subject=responsibility, reason=reason)
    return responsibility


async def vacate_responsibility(
    session: AsyncSession, institution_id: UUID, role: Role, *, reason: str, caller: Principal, at: datetime
) -> Responsibility:
    await institutions.institution(session, institution_id, caller)
    responsibility = await queries.responsibility_for_update(session, institution_id, role)
    if responsibility is None:
        raise ResponsibilityVacant
    await journal.record(session, responsibility.vacate(at=at), subject=responsibility, reason=reason)
    return responsibility


async def vacate_all(session: AsyncSession, institution_id: UUID, *, reason: str, at: datetime) -> None:
    """Vacate all responsibilities for an entry that has ended; the caller has locked its row."""
    for responsibility in await queries.responsibilities_of(session, institution_id):
        if responsibility.officer is not None:
            await journal.record(session, responsibility.vacate(at=at), subject=responsibility, reason=reason)


async def assign_many(
    session: AsyncSession,
    part: Part,
    role: Role,
    holder: Holder,
    *,
    only_vacant: bool,
    caller: Principal,
    at: datetime,
) -> Assigned:
    if not caller.covers(district=part.district, street=part.street):
        raise OutsideYourDistrict(pointer="/district")
    check_department(role, holder.department)
    seen = assigned = 0
    last: UUID | None = None
    while places := await queries.institutions_in(session, caller, part, after=last, limit=CHUNK):
        last = places[-1].id
        seen += len(places)
        changed = await _give(session, places, role, holder, only_vacant=only_vacant, at=at)
        assigned += len(changed)
        await journal.record_many(session, [_fact(row, role, holder, at) for row in changed])
    return Assigned(assigned, seen - assigned)


_GIVE = text(
    """
    INSERT INTO responsibility AS held
        (id, version, institution_id, role, officer, officer_name, phone, department, since, district, street)
    SELECT id, 1, institution_id, :role, :officer, :officer_name, :phone, :department, :since, district, street
    FROM unnest(:ids, :institution_ids, :districts, :streets) AS place (id, institution_id, district, street)
    ORDER BY institution_id
    ON CONFLICT (institution_id, role) DO UPDATE SET
        version = held.version + 1,
        since = CASE WHEN held.officer = excluded.officer THEN held.since ELSE excluded.since END,
        phone = CASE WHEN held.officer = excluded.officer THEN coalesce(excluded.phone, held.phone)
                     ELSE excluded.phone END,
        officer = excluded.officer, officer_name = excluded.officer_name, department = excluded.department,
        district = excluded.district, street = excluded.street
    WHERE CASE WHEN :only_vacant THEN held.officer IS NULL
               ELSE (held.officer, held.officer_name, held.department, coalesce(excluded.phone, held.phone))
                    IS DISTINCT FROM
                    (excluded.officer, excluded.officer_name, excluded.department, held.phone) END
    RETURNING id, version, institution_id, district, street
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("institution_ids", type_=ARRAY(Uuid)),
    bindparam("districts", type_=ARRAY(Text)),
    bindparam("streets", type_=ARRAY(Text)),
    bindparam("since", type_=Date),
    *(bindparam(name, type_=Text) for name in ("role", "officer", "officer_name", "phone", "department")),
)
"""Who has it already stays at his version; a telephone that is not named again is kept."""


async def _give(
    session: AsyncSession, places: Sequence[Any], role: Role, holder: Holder, *, only_vacant: bool, at: datetime
) -> Sequence[Any]:
    given = await session.execute(
        _GIVE,
        {
            "ids": [new_id() for _ in places],
            "institution_ids": [place.id for place in places],
            "districts": [place.district for place in places],
            "streets": [place.street for place in places],
            "role": role,
            "since": china_date(at),
            "only_vacant": only_vacant,
            **holder.model_dump(),
        },
    )
    return given.all()


def _fact(row: Any, role: Role, holder: Holder, at: datetime) -> Fact:
    event = ResponsibilityAssigned(
        responsibility_id=row.id,
        institution_id=row.institution_id,
        role=role,
        officer=holder.officer,
        department=holder.department,
        district=row.district,
        street=row.street,
        at=at,
    )
    return Fact(row.id, row.version, event)
