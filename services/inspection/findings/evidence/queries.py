"""Evidence by id and by what it is about; the chain of a case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.places import Place
from services.inspection.findings.evidence.domain import (
    Evidence,
    EvidenceNotFound,
    EvidenceState,
    EvidenceUnfit,
    Exhibit,
    SubjectKind,
)
from services.inspection.findings.violations import queries as violations
from services.inspection.rounds.visits import queries as visits
from shared.http.policies import Principal
from shared.http.reach import own_institution, within_reach


async def evidence(session: AsyncSession, evidence_id: UUID, caller: Principal) -> Evidence:
    return _reachable(await session.get(Evidence, evidence_id), caller)


async def evidence_for_update(session: AsyncSession, evidence_id: UUID, caller: Principal | None = None) -> Evidence:
    """The evidence, locked until the transaction ends; without `caller`, for the service itself. Raises
    `EvidenceNotFound`."""
    found = await session.get(Evidence, evidence_id, with_for_update=True, populate_existing=True)
    if caller is None and found is not None:
        return found
    assert caller is not None, "evidence is never deleted"
    return _reachable(found, caller)


def _reachable(found: Evidence | None, caller: Principal) -> Evidence:
    if found is None or not reaches(caller, found):
        raise EvidenceNotFound
    return found


def reaches(caller: Principal, evidence: Evidence) -> bool:
    """Whether the caller may see it. Operators see what they recorded themselves about their institution."""
    if "operator" in caller.roles:
        own = own_institution(caller)
        return own is not None and (evidence.institution_id, evidence.announced_by) == (own, caller.subject)
    return caller.covers(district=evidence.district, street=evidence.street, team=evidence.team)


async def check_fit(
    session: AsyncSession,
    evidence_ids: Collection[UUID],
    caller: Principal,
    *,
    subjects: Collection[UUID],
    institution_id: UUID | None,
) -> None:
    """Check that all of this evidence is within the caller's reach and about these subjects or this institution; raises
    `EvidenceUnfit`."""
    found = await session.scalars(select(Evidence).where(Evidence.id.in_(evidence_ids)))
    fit = {one.id for one in found if reaches(caller, one) and one.speaks_of(subjects, institution_id)}
    unfit = [str(one) for one in evidence_ids if one not in fit]
    if unfit:
        raise EvidenceUnfit(pointer="/evidence", evidence=unfit)


async def evidence_with_id(session: AsyncSession, evidence_id: UUID) -> Evidence | None:
    """The evidence that has this id already, if any. Others who ask for the same id wait until this transaction
    ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(evidence_id), 1))))
    return await session.get(Evidence, evidence_id)


async def place_of(session: AsyncSession, kind: SubjectKind, subject_id: UUID, caller: Principal) -> Place:
    """Where the subject is; raises the `NotFound` of its kind if it is not within the caller's reach."""
    match kind:
        case SubjectKind.VISIT:
            return (await visits.visit(session, subject_id, caller)).place
        case SubjectKind.VIOLATION:
            found = await violations.violation(session, subject_id, caller)
            return Place(found.institution_id, found.grid, found.district, found.street, found.team)


async def evidence_about(
    session: AsyncSession,
    caller: Principal,
    *,
    kind: SubjectKind | None,
    subject_id: UUID | None,
    stalled: bool,
    after: str | None,
    limit: int,
) -> Sequence[Evidence]:
    reach = (
        and_(Evidence.institution_id == own_institution(caller), Evidence.announced_by == caller.subject)
        if "operator" in caller.roles
        else within_reach(caller, district=Evidence.district, street=Evidence.street, team=Evidence.team)
    )
    wanted = select(Evidence).where(reach).order_by(Evidence.id).limit(limit)
    if kind is not None:
        wanted = wanted.where(Evidence.subject_kind == kind)
    if stalled:
        wanted = wanted.where(Evidence.stalled_at.is_not(None))
    if subject_id is not None:
        wanted = wanted.where(Evidence.subject_id == subject_id)
    if after is not None:
        wanted = wanted.where(Evidence.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def announced_about(session: AsyncSession, kind: SubjectKind, subject_id: UUID) -> set[UUID]:
    about = (Evidence.subject_kind == kind, Evidence.subject_id == subject_id)
    return set(await session.scalars(select(Evidence.id).where(*about)))


async def next_received(session: AsyncSession, after: UUID | None, *, at: datetime) -> Evidence | None:
    """The next evidence after this id that has arrived and may be cleaned now. What waits for a person is left out."""
    due = or_(Evidence.next_try_at.is_(None), Evidence.next_try_at <= at)
    waiting = (Evidence.state == EvidenceState.RECEIVED, Evidence.stalled_at.is_(None), due)
    wanted = select(Evidence).where(*waiting).order_by(Evidence.id).limit(1)
    if after is not None:
        wanted = wanted.where(Evidence.id > after)
    found: Evidence | None = await session.scalar(wanted)
    return found


async def chain(session: AsyncSession, case_id: UUID) -> Sequence[Exhibit]:
    return (await session.scalars(select(Exhibit).where(Exhibit.case_id == case_id).order_by(Exhibit.number))).all()
