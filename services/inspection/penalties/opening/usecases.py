"""Open a case and investigate it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.teams import queries as teams
from services.inspection.findings.evidence import queries as proofs
from services.inspection.findings.evidence.exhibits import enter_exhibits
from services.inspection.findings.violations import queries as violations
from services.inspection.findings.violations.domain import Violation
from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Filing, Inquiry, Review
from services.inspection.penalties.cases.refusals import NoPenaltyBasis
from services.inspection.penalties.cases.usecases import take_step
from services.inspection.penalties.opening import domain
from services.inspection.rulebook.offences import queries as offences
from services.inspection.rulebook.offences.domain import Offence, OffenceUnknown
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def file_case(
    session: AsyncSession, violation_id: UUID, filing: Filing, *, caller: Principal, at: datetime
) -> Case:
    """Open a case on a violation: by the version of the offence it keeps, or by that of the day of the acts."""
    violation = await violations.violation_for_update(session, violation_id, caller)
    violation.check_pursuable()
    offence = await _offence(session, violation, filing)
    case, filed = domain.file(
        filing,
        violation.place,
        offence,
        violation_id=violation.id,
        found_on=violation.found_on,
        certified=await teams.certified(session, filing.officers, on=china_date(at)),
        by=caller.subject,
        at=at,
    )
    session.add(case)
    await journal.record(session, filed, subject=case, reason=filing.grounds)
    return case


async def assign_officers(
    session: AsyncSession,
    case_id: UUID,
    officers: Sequence[str],
    *,
    recused: Sequence[str],
    reason: str,
    caller: Principal,
    at: datetime,
) -> Case:
    certified = await teams.certified(session, officers, on=china_date(at))
    return await take_step(
        session,
        case_id,
        lambda case: domain.assign(case, officers, recused, certified=certified, at=at),
        caller=caller,
        reason=reason,
    )


async def record_inquiry(
    session: AsyncSession, case_id: UUID, inquiry: Inquiry, *, caller: Principal, at: datetime
) -> Case:
    certified = await teams.certified(session, inquiry.officers, on=china_date(at))
    await _exhibit(session, case_id, inquiry.evidence, caller=caller, at=at)
    return await take_step(
        session, case_id, lambda case: domain.inquire(case, inquiry, certified=certified, at=at), caller=caller
    )


async def preserve_items(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    return await take_step(session, case_id, lambda case: domain.preserve(case, at=at), caller=caller)


async def settle_items(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    return await take_step(session, case_id, lambda case: domain.dispose(case, at=at), caller=caller)


async def add_exhibits(
    session: AsyncSession, case_id: UUID, evidence: Sequence[UUID], *, caller: Principal, at: datetime
) -> Case:
    await _exhibit(session, case_id, evidence, caller=caller, at=at)
    return await take_step(session, case_id, lambda case: domain.exhibit(case, evidence, at=at), caller=caller)


async def _exhibit(
    session: AsyncSession, case_id: UUID, evidence: Sequence[UUID], *, caller: Principal, at: datetime
) -> None:
    """Add new evidence to the exhibits of the case, once each; only verified and kept evidence is accepted."""
    case = await queries.case_for_update(session, case_id, caller)
    new = [one for one in dict.fromkeys(evidence) if one not in case.exhibits]
    subjects = await queries.subjects_of(session, case)
    await proofs.check_fit(session, new, caller, subjects=subjects, institution_id=case.institution_id)
    await enter_exhibits(session, case.id, new, caller=caller, at=at)


async def give_review(session: AsyncSession, case_id: UUID, review: Review, *, caller: Principal, at: datetime) -> Case:
    return await take_step(
        session, case_id, lambda case: domain.give_review(case, review, by=caller.subject, at=at), caller=caller
    )


async def _offence(session: AsyncSession, violation: Violation, filing: Filing) -> Offence:
    """The version of the offence at the time of the act (art. 37)."""
    if filing.offence is None:
        if violation.offence_id is None:
            raise NoPenaltyBasis
        return await offences.offence(session, violation.offence_id)
    acts_until = filing.acts_until or filing.acts_from
    offence = (await offences.in_force(session, [filing.offence], on=acts_until)).get(filing.offence)
    if offence is None:
        raise OffenceUnknown(pointer="/offence")
    return offence
