"""Reading identities, and what guardians and officers decide about reading them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.gate import queries
from services.afterschool.roster.gate.domain import (
    AccessRequest,
    Consent,
    IdentityErased,
    IdentityRead,
    Passage,
    Purpose,
)
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.people import queries as people
from services.afterschool.roster.people.domain import Identity
from services.afterschool.roster.schools import queries as schools
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import Pupil, StudentNotFound
from services.afterschool.sealing import Sealer
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.http.policies import Principal


async def read_identity(
    session: AsyncSession, student_id: UUID, *, purpose: Purpose, sealer: Sealer, caller: Principal, at: datetime
) -> Identity:
    """A child's identity, for a purpose. The read is logged in the same transaction."""
    pupil = await students.pupil(session, student_id)
    known = await read_identities(session, [pupil], purpose=purpose, sealer=sealer, caller=caller, at=at)
    if student_id not in known:
        raise IdentityErased
    return known[student_id]


async def read_identities(
    session: AsyncSession,
    pupils: Sequence[Pupil],
    *,
    purpose: Purpose,
    sealer: Sealer,
    caller: Principal,
    at: datetime,
) -> Mapping[UUID, Identity]:
    """The identities of several children, without those erased. Each read is logged."""
    for pupil in pupils:
        await pass_gate(session, pupil, purpose=purpose, caller=caller, at=at)
    sealed = await people.persons(session, [pupil.student.id for pupil in pupils])
    opened = {person_id: person.identity(sealer) for person_id, person in sealed.items()}
    return {person_id: identity for person_id, identity in opened.items() if identity is not None}


async def pass_gate(session: AsyncSession, pupil: Pupil, *, purpose: Purpose, caller: Principal, at: datetime) -> None:
    """Let the caller read what identifies a child or the people around it; the read is logged."""
    let_in = await queries.passage(session, pupil, caller, purpose, at=at)
    session.add(_read(pupil, caller, purpose, let_in, at))


def _read(pupil: Pupil, caller: Principal, purpose: Purpose, let_in: Passage, at: datetime) -> IdentityRead:
    return IdentityRead(
        id=new_id(),
        student_id=pupil.student.id,
        reader=caller.subject,
        roles=" ".join(sorted(caller.roles)),
        purpose=purpose,
        door=let_in.door,
        approval_id=let_in.approval_id,
        at=at,
    )


async def ask_for_access(
    session: AsyncSession,
    school_id: UUID,
    student_id: UUID | None,
    *,
    purpose: Purpose,
    reason: str,
    caller: Principal,
    at: datetime,
) -> AccessRequest:
    """Ask to read identities of a school's pupils. Another person decides."""
    school = await schools.school(session, school_id, caller)
    if student_id is not None and (await students.pupil(session, student_id)).school.id != school.id:
        raise StudentNotFound(pointer="/student_id")
    asked = AccessRequest.ask(school.id, student_id, requester=caller.subject, purpose=purpose, reason=reason, at=at)
    session.add(asked)
    return asked


async def decide_access(
    session: AsyncSession, request_id: UUID, *, approved: bool, caller: Principal, at: datetime
) -> AccessRequest:
    """Approve or refuse a request for access."""
    asked = await queries.request_for_update(session, request_id, caller)
    asked.decide(approved=approved, by=caller.subject, at=at)
    return asked


async def access_requests(
    session: AsyncSession, school_id: UUID, caller: Principal, *, limit: int
) -> Sequence[AccessRequest]:
    """The requests on a school within reach."""
    school = await schools.school(session, school_id, caller)
    if not reaches(caller, school):
        raise SchoolNotFound
    return await queries.requests(session, school_id, limit=limit)


async def set_consent(
    session: AsyncSession, student_id: UUID, purpose: Purpose, *, given: bool, caller: Principal, at: datetime
) -> None:
    """Give or withdraw consent to a purpose, as a guardian who may act for the child."""
    await _check_guardian(session, student_id, caller, at, act=True)
    present = await session.get(Consent, (student_id, purpose.value), with_for_update=True)
    if present is None and given:
        session.add(
            Consent(student_id=student_id, purpose=purpose, given_by=caller.subject, given_at=at, withdrawn_at=None)
        )
    elif present is not None and given and present.withdrawn_at is not None:
        present.given_by, present.given_at, present.withdrawn_at = caller.subject, at, None
    elif present is not None and not given and present.withdrawn_at is None:
        present.withdrawn_at = at


async def identity_reads(
    session: AsyncSession, student_id: UUID, caller: Principal, *, limit: int, at: datetime
) -> Sequence[IdentityRead]:
    """Who read a child's identity; guardians may ask for their own children, officers for pupils within reach."""
    if "guardian" in caller.roles:
        await _check_guardian(session, student_id, caller, at, act=False)
    elif not reaches(caller, (await students.pupil(session, student_id)).school):
        raise StudentNotFound
    return await queries.reads_of(session, student_id, limit=limit)


async def _check_guardian(
    session: AsyncSession, student_id: UUID, caller: Principal, at: datetime, *, act: bool
) -> None:
    if not await guardianships.may(session, student_id, caller.subject, china_date(at), act=act):
        raise StudentNotFound
