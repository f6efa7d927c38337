"""Reading pupils, by pseudonymous id only."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from services.afterschool.roster.students.domain import (
    GROUP_ORDER,
    Group,
    GroupMembership,
    Membership,
    Pupil,
    Student,
    StudentNotFound,
)
from shared.data.unit_of_work import locked
from shared.http.policies import Principal
from shared.http.reads import Condition, Statement, given, page_statement

_ITEM = """
SELECT student.id, student.version, membership.school_id, membership.class_id, membership.grade,
       to_char(membership.valid_from, 'YYYY-MM-DD') AS valid_from,
       to_char(membership.valid_to, 'YYYY-MM-DD') AS valid_to
FROM student
CROSS JOIN LATERAL (
    SELECT * FROM membership WHERE student_id = student.id ORDER BY valid_from DESC LIMIT 1
) membership
JOIN school ON school.id = membership.school_id
WHERE {where}
"""

GUARDED = """student.id IN (
    SELECT student_id FROM guardianship
    WHERE subject = {} AND may_see AND NOT barred AND valid_from <= {} AND coalesce(valid_to, 'infinity') > {}
)"""
"""SQL: the pupils whom a guardian may see on a day; its values are the guardian's subject and twice the day."""


def students_page(
    caller: Principal,
    *,
    school: UUID | None,
    school_class: UUID | None,
    on: date,
    after: str | None,
    limit: int,
) -> Statement | None:
    """Guardians see their own children, everybody else the pupils of schools within reach."""
    reach = own_or_within_reach(caller, on)
    if reach is None:
        return None
    wanted = given(
        ("membership.school_id = {}::uuid", school),
        ("membership.class_id = {}::uuid", school_class),
        ("student.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


def own_or_within_reach(caller: Principal, on: date) -> list[Condition] | None:
    """Conditions on a joined `student` and `school`; None if nothing is within reach."""
    if "guardian" in caller.roles and not caller.covers():
        return [(GUARDED, caller.subject, on, on)]
    return within_reach(caller)


async def pupil(session: AsyncSession, student_id: UUID, *, for_update: bool = False) -> Pupil:
    """A pupil with the newest membership; `for_update` locks the student's row. Raises `StudentNotFound`."""
    student = await (locked(session, Student, student_id) if for_update else session.get(Student, student_id))
    wanted = (
        select(Membership, School)
        .join(School, School.id == Membership.school_id)
        .where(Membership.student_id == student_id)
        .order_by(Membership.valid_from.desc())
        .limit(1)
        .execution_options(populate_existing=for_update)
    )
    row = (await session.execute(wanted)).one_or_none()
    if student is None or row is None:
        raise StudentNotFound
    return Pupil(student, row[0], row[1])


async def of_class(session: AsyncSession, class_id: UUID, *, on: date) -> Sequence[UUID]:
    """The ids of the pupils of a class on a day."""
    wanted = select(Membership.student_id).where(Membership.class_id == class_id, *_holds(on))
    return (await session.scalars(wanted.order_by(Membership.student_id))).all()


async def pupils_on(session: AsyncSession, ids: Collection[UUID], school_id: UUID, *, on: date) -> list[Pupil]:
    """Those of the students who are pupils of the school on a day."""
    wanted = (
        select(Student, Membership, School)
        .join(Membership, Membership.student_id == Student.id)
        .join(School, School.id == Membership.school_id)
        .where(Student.id.in_(ids), School.id == school_id, *_holds(on))
        .order_by(Student.id)
    )
    return [Pupil(*row) for row in await session.execute(wanted)]


def _holds(on: date) -> tuple[ColumnElement[bool], ...]:
    return Membership.valid_from <= on, or_(Membership.valid_to.is_(None), Membership.valid_to > on)


async def pupil_to_keep(session: AsyncSession, student_id: UUID, caller: Principal) -> Pupil:
    """A pupil of a school within reach, locked. Raises `StudentNotFound`."""
    found = await pupil(session, student_id, for_update=True)
    if not reaches(caller, found.school):
        raise StudentNotFound
    return found


async def groups_on(session: AsyncSession, student_id: UUID, on: date) -> Sequence[Group]:
    """The groups of a pupil on a day, in the published order; the first one counts."""
    wanted = select(GroupMembership.group).where(
        GroupMembership.student_id == student_id,
        GroupMembership.valid_from <= on,
        or_(GroupMembership.valid_to.is_(None), GroupMembership.valid_to > on),
    )
    found = set(await session.scalars(wanted))
    return [group for group in GROUP_ORDER if group in found]


async def open_group(session: AsyncSession, student_id: UUID, group: Group) -> GroupMembership | None:
    wanted = select(GroupMembership).where(
        GroupMembership.student_id == student_id, GroupMembership.group == group, GroupMembership.valid_to.is_(None)
    )
    found: GroupMembership | None = await session.scalar(wanted.with_for_update())
    return found


async def is_guarded(session: AsyncSession, student_id: UUID, subject: str, on: date) -> bool:
    """Whether this guardian may see the pupil on a day."""
    found: bool = await session.scalar(_IS_GUARDED, {"id": student_id, "subject": subject, "day": on})
    return found


_IS_GUARDED = text(
    f"SELECT EXISTS (SELECT FROM student WHERE id = :id AND {GUARDED.format(':subject', ':day', ':day')})"  # noqa: S608
)
