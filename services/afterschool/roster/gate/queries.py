"""Who may read, and who has read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.gate.domain import (
    CONSENTED,
    OUTSIDE_PURPOSES,
    SCHOOL_PURPOSES,
    AccessRequest,
    ApprovalMissing,
    ApprovalNotFound,
    Consent,
    ConsentMissing,
    Door,
    IdentityRead,
    Passage,
    Purpose,
    PurposeNotYours,
)
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, school_of
from services.afterschool.roster.students.domain import Pupil, StudentNotFound
from shared.domain.clock import china_date
from shared.http.policies import Principal


async def passage(session: AsyncSession, pupil: Pupil, caller: Principal, purpose: Purpose, *, at: datetime) -> Passage:
    """How the caller gets in. Raises `StudentNotFound`, `PurposeNotYours`, `ApprovalMissing` or `ConsentMissing`."""
    student_id = pupil.student.id
    if "guardian" in caller.roles and await guardianships.may(
        session, student_id, caller.subject, china_date(at), act=False
    ):
        return Passage(Door.GUARDIAN)
    if not reaches(caller, pupil.school):
        raise StudentNotFound
    if school_of(caller) == pupil.school.id:
        if purpose not in SCHOOL_PURPOSES:
            raise PurposeNotYours(purposes=sorted(SCHOOL_PURPOSES))
        if purpose in CONSENTED and not await _consented(session, student_id, purpose):
            raise ConsentMissing
        return Passage(Door.SCHOOL)
    if purpose not in OUTSIDE_PURPOSES:
        raise PurposeNotYours(purposes=sorted(OUTSIDE_PURPOSES))
    approval = await _approval(session, pupil, caller.subject, purpose, at)
    if approval is None:
        raise ApprovalMissing
    return Passage(Door.APPROVAL, approval)


async def _consented(session: AsyncSession, student_id: UUID, purpose: Purpose) -> bool:
    found = await session.get(Consent, (student_id, purpose.value))
    return found is not None and found.withdrawn_at is None


async def _approval(session: AsyncSession, pupil: Pupil, requester: str, purpose: Purpose, at: datetime) -> UUID | None:
    wanted = select(AccessRequest.id).where(
        AccessRequest.school_id == pupil.school.id,
        or_(AccessRequest.student_id.is_(None), AccessRequest.student_id == pupil.student.id),
        AccessRequest.requester == requester,
        AccessRequest.purpose == purpose,
        AccessRequest.approved.is_(True),
        AccessRequest.expires_at > at,
    )
    found: UUID | None = await session.scalar(wanted.limit(1))
    return found


async def reads_of(session: AsyncSession, student_id: UUID, *, limit: int) -> Sequence[IdentityRead]:
    """The newest reads of a child's identity."""
    wanted = select(IdentityRead).where(IdentityRead.student_id == student_id)
    return (await session.scalars(wanted.order_by(IdentityRead.at.desc(), IdentityRead.id).limit(limit))).all()


async def request_for_update(session: AsyncSession, request_id: UUID, caller: Principal) -> AccessRequest:
    """A request on a school within reach, locked. Raises `ApprovalNotFound`."""
    found = await session.get(AccessRequest, request_id, with_for_update=True, populate_existing=True)
    school = None if found is None else await session.get(School, found.school_id)
    if found is None or school is None or not reaches(caller, school):
        raise ApprovalNotFound
    return found


async def requests(session: AsyncSession, school_id: UUID, *, limit: int) -> Sequence[AccessRequest]:
    """The newest requests on a school."""
    wanted = select(AccessRequest).where(AccessRequest.school_id == school_id)
    return (await session.scalars(wanted.order_by(AccessRequest.requested_at.desc()).limit(limit))).all()
