"""Reading guardianships."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.guardianships.domain import (
    CodeNotValid,
    Guardianship,
    GuardianshipCode,
    GuardianshipNotFound,
)
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import Pupil, StudentNotFound
from shared.http.policies import Principal


async def guardianships_of(session: AsyncSession, student_id: UUID, caller: Principal) -> Sequence[Guardianship]:
    """The guardianships of a pupil within reach; a guardian sees their own only. Raises `StudentNotFound`."""
    pupil = await students.pupil(session, student_id)
    wanted = select(Guardianship).where(Guardianship.student_id == student_id).order_by(Guardianship.id)
    if reaches(caller, pupil.school):
        return (await session.scalars(wanted)).all()
    own = (await session.scalars(wanted.where(Guardianship.subject == caller.subject))).all()
    if "guardian" not in caller.roles or not own:
        raise StudentNotFound
    return own


async def guardianship_to_keep(
    session: AsyncSession, guardianship_id: UUID, caller: Principal
) -> tuple[Guardianship, Pupil]:
    """A guardianship of a pupil within reach, locked. Raises `GuardianshipNotFound`."""
    found = await session.get(Guardianship, guardianship_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise GuardianshipNotFound
    pupil = await students.pupil(session, found.student_id)
    if not reaches(caller, pupil.school):
        raise GuardianshipNotFound
    return found, pupil


async def code_with_print(session: AsyncSession, code_print: bytes) -> tuple[GuardianshipCode, Guardianship]:
    """A code and its guardianship, both locked. Raises `CodeNotValid`."""
    wanted = (
        select(GuardianshipCode, Guardianship)
        .join(Guardianship, Guardianship.id == GuardianshipCode.guardianship_id)
        .where(GuardianshipCode.code_print == code_print)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise CodeNotValid
    return row[0], row[1]


async def may(session: AsyncSession, student_id: UUID, subject: str, on: date, *, act: bool) -> bool:
    """Whether a guardian may act for a child on a day, or see how it does. One barred entry bars the person."""
    wanted = select(Guardianship.may_act if act else Guardianship.may_see, Guardianship.barred).where(
        Guardianship.student_id == student_id,
        Guardianship.subject == subject,
        Guardianship.valid_from <= on,
        or_(Guardianship.valid_to.is_(None), Guardianship.valid_to > on),
    )
    rows = (await session.execute(wanted)).all()
    return any(allowed for allowed, _ in rows) and not any(barred for _, barred in rows)


async def is_barred_by_name(session: AsyncSession, student_id: UUID, name_print: bytes) -> bool:
    """Whether a guardian of this name is barred from acting for the child."""
    wanted = select(Guardianship.id).where(
        Guardianship.student_id == student_id, Guardianship.name_print == name_print, Guardianship.barred
    )
    return await session.scalar(wanted.limit(1)) is not None
