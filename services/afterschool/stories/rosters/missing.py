"""Pupils whom a roster leaves out: listed school by school, and let go only when somebody decides so."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.students.domain import Origin
from services.afterschool.stories.moves import usecases as moves
from shared.domain.refusals import Conflict, NotFound
from shared.http.policies import Principal
from shared.imports.tables import import_job

MOST: Final = 0.05
"""A school that would lose a larger share of its pupils must be confirmed by name."""


class RosterNotFound(NotFound):
    """There is no such import of pupils that is done, or you may not see it."""

    code = "roster-not-found"
    zh = "没有已完成的此学生名册导入，或不在您的权限范围内。"


class TooManyMissing(Conflict):
    """The file leaves out more than 5 % of the pupils of `schools`. Confirm these schools to let the pupils go."""

    code = "too-many-missing"
    zh = "名册缺少这些学校超过 5% 的学生，须逐校确认后才能办理离校。"


@dataclass(frozen=True, slots=True)
class MissingOf:
    """The pupils of one school whom the file leaves out, of `pupils` in all."""

    school_id: UUID
    pupils: int
    missing: Sequence[UUID]

    @property
    def needs_confirmation(self) -> bool:
        return len(self.missing) > MOST * self.pupils


_MISSING: Final = text(
    """
    WITH seen AS (
        SELECT DISTINCT entity_id AS id FROM import_row WHERE job_id = :job AND entity_id IS NOT NULL
    ), schools AS (
        SELECT DISTINCT school_id FROM membership JOIN seen ON seen.id = student_id WHERE valid_to IS NULL
    )
    SELECT membership.school_id, count(*) AS pupils,
           coalesce(array_agg(student_id ORDER BY student_id) FILTER (WHERE seen.id IS NULL), '{}') AS missing
    FROM membership
    JOIN schools ON schools.school_id = membership.school_id
    LEFT JOIN seen ON seen.id = student_id
    WHERE valid_to IS NULL
    GROUP BY membership.school_id
    ORDER BY membership.school_id
    """
).bindparams(bindparam("job", type_=Uuid))


async def missing_from(session: AsyncSession, import_id: UUID, caller: Principal) -> Sequence[MissingOf]:
    """The pupils of the schools in a roster who are not in it, as memberships are now. Raises `RosterNotFound`."""
    job = (await session.execute(select(import_job).where(import_job.c.id == import_id))).first()
    if job is None or job.state != "done" or job.dry_run or job.kind not in ROSTERS:
        raise RosterNotFound
    if not caller.covers() and (caller.district is None or job.scope != caller.district):
        raise RosterNotFound
    rows = await session.execute(_MISSING, {"job": import_id})
    return [MissingOf(row.school_id, row.pupils, row.missing) for row in rows if row.missing]


ROSTERS: Final = frozenset({"students", "oneroster"})


async def let_missing_go(
    session: AsyncSession,
    import_id: UUID,
    *,
    confirmed: Collection[UUID],
    on: date,
    reason: str,
    caller: Principal,
    at: datetime,
) -> int:
    """Record that the missing pupils leave; returns how many. Raises `TooManyMissing`."""
    found = await missing_from(session, import_id, caller)
    unconfirmed = [one.school_id for one in found if one.needs_confirmation and one.school_id not in confirmed]
    if unconfirmed:
        raise TooManyMissing(schools=unconfirmed)
    leaving = sorted(student_id for one in found for student_id in one.missing)
    await moves.hold(session, leaving)
    for student_id in leaving:
        await moves.let_student_go(session, student_id, on=on, reason=reason, caller=caller, at=at, origin=Origin.FILE)
    return len(leaving)
