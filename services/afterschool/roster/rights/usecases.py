"""Identities are corrected by the school, and erased on request of a guardian or an officer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.gate.domain import IdentityErased
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.guardianships.domain import Guardianship
from services.afterschool.roster.people import queries as people
from services.afterschool.roster.people import usecases as people_usecases
from services.afterschool.roster.people.domain import Identity
from services.afterschool.roster.rights.domain import check_erasable
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import StudentNotFound, student_number
from services.afterschool.sealing import Sealer
from shared.domain.clock import china_date
from shared.events.afterschool.students import StudentIdentityCorrected, StudentIdentityErased
from shared.facts import journal
from shared.http.policies import Principal


async def correct_identity(
    session: AsyncSession,
    student_id: UUID,
    *,
    name: str | None,
    number: str | None,
    phone: str | None,
    reason: str,
    sealer: Sealer,
    caller: Principal,
    at: datetime,
) -> None:
    """Correct what is said of a pupil; what is left out stays. Raises `IdentityErased`."""
    pupil = await students.pupil_to_keep(session, student_id, caller)
    person = (await people.persons(session, [student_id], for_update=True)).get(student_id)
    before = None if person is None else person.identity(sealer)
    if person is None or before is None:
        raise IdentityErased
    after = Identity(
        name or before.name,
        student_number(number) if number is not None else before.number,
        phone or before.phone,
        before.reference,
    )
    people_usecases.correct(person, after, sealer)
    corrected = StudentIdentityCorrected(
        student_id=student_id,
        school_id=pupil.school.id,
        class_id=pupil.membership.class_id,
        district=pupil.school.district,
        street=pupil.school.street,
        at=at,
    )
    await journal.record(session, corrected, subject=pupil.student, reason=reason)


async def erase_identity(session: AsyncSession, student_id: UUID, *, caller: Principal, at: datetime) -> None:
    """Erase a child's identity and those of its guardians. Raises `IdentityNeeded` while the child is a pupil."""
    pupil = await students.pupil(session, student_id, for_update=True)
    own = "guardian" in caller.roles and await guardianships.may(
        session, student_id, caller.subject, china_date(at), act=True
    )
    if not own and not reaches(caller, pupil.school):
        raise StudentNotFound
    check_erasable(pupil.membership, china_date(at))
    of_guardians = (await session.scalars(select(Guardianship.id).where(Guardianship.student_id == student_id))).all()
    for person in (await people.persons(session, [student_id, *of_guardians], for_update=True)).values():
        person.erase(at)
    erased = StudentIdentityErased(
        student_id=student_id,
        school_id=pupil.school.id,
        class_id=pupil.membership.class_id,
        district=pupil.school.district,
        street=pupil.school.street,
        at=at,
    )
    await journal.record(session, erased, subject=pupil.student)
