"""Open a case, take its steps, decide it. What lies outside its file is gathered here; the case itself decides."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.teams import queries as teams
from services.inspection.findings.evidence import queries as proofs
from services.inspection.findings.evidence.exhibits import enter_exhibits
from services.inspection.findings.violations import queries as violations
from services.inspection.findings.violations.domain import Violation, ViolationState
from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.law import HEARING, Ground
from services.inspection.penalties.cases.papers import (
    Decision,
    Filing,
    Inquiry,
    Notice,
    Party,
    Review,
    SpotDecision,
    Statement,
)
from services.inspection.penalties.cases.refusals import CaseNotFound, NoPenaltyBasis
from services.inspection.rulebook.calendars.domain import WorkingCalendar
from services.inspection.rulebook.calendars.queries import working_calendar
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.norms.domain import NormName
from services.inspection.rulebook.offences import queries as offences
from services.inspection.rulebook.offences.domain import Offence, OffenceUnknown
from shared.domain.clock import china_date
from shared.events import Event
from shared.events.registry.proposals import ProposalAccepted, ProposalDismissed
from shared.facts import journal
from shared.http.policies import Principal


async def file_case(
    session: AsyncSession, violation_id: UUID, filing: Filing, *, caller: Principal, at: datetime
) -> Case:
    """Open a case on a violation: by the version of the offence it keeps, or by that of the day of the acts."""
    violation = await violations.violation_for_update(session, violation_id, caller)
    violation.check_pursuable()
    offence = await _offence(session, violation, filing)
    case, filed = Case.file(
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
    """Name the officers anew; who is recused takes no further part."""
    certified = await teams.certified(session, officers, on=china_date(at))
    return await _take(
        session,
        case_id,
        lambda case: case.assign(officers, recused, certified=certified, at=at),
        caller=caller,
        reason=reason,
    )


async def record_inquiry(
    session: AsyncSession, case_id: UUID, inquiry: Inquiry, *, caller: Principal, at: datetime
) -> Case:
    """Put an inquiry on file."""
    certified = await teams.certified(session, inquiry.officers, on=china_date(at))
    await _exhibit(session, case_id, inquiry.evidence, caller=caller, at=at)
    return await _take(session, case_id, lambda case: case.inquire(inquiry, certified=certified, at=at), caller=caller)


async def preserve_items(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    return await _take(session, case_id, lambda case: case.preserve(at=at), caller=caller)


async def settle_items(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    return await _take(session, case_id, lambda case: case.settle(at=at), caller=caller)


async def add_exhibits(
    session: AsyncSession, case_id: UUID, evidence: Sequence[UUID], *, caller: Principal, at: datetime
) -> Case:
    """Put evidence on file."""
    await _exhibit(session, case_id, evidence, caller=caller, at=at)
    return await _take(session, case_id, lambda case: case.exhibit(evidence, at=at), caller=caller)


async def _exhibit(
    session: AsyncSession, case_id: UUID, evidence: Sequence[UUID], *, caller: Principal, at: datetime
) -> None:
    """Chain what is new to the exhibits of the case; only what was verified and kept can be one."""
    case = await queries.case_for_update(session, case_id, caller)
    new = [one for one in dict.fromkeys(evidence) if one not in case.exhibits]
    subjects = await queries.subjects_of(session, case)
    await proofs.check_fit(session, new, caller, subjects=subjects, institution_id=case.institution_id)
    await enter_exhibits(session, case.id, new, caller=caller, at=at)


async def give_review(session: AsyncSession, case_id: UUID, review: Review, *, caller: Principal, at: datetime) -> Case:
    """Take the legal opinion of the caller."""
    return await _take(session, case_id, lambda case: case.give_review(review, by=caller.subject, at=at), caller=caller)


async def notify_party(
    session: AsyncSession, case_id: UUID, notice: Notice, *, caller: Principal, at: datetime
) -> Case:
    """Tell the party what is proposed, and its rights."""
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at))
    await journal.record(session, case.notify(notice, ground.offence, ground, at=at), subject=case)
    return case


async def take_statement(
    session: AsyncSession, case_id: UUID, statement: Statement, *, caller: Principal, at: datetime
) -> Case:
    """What the party says to the notice."""
    return await _take(
        session, case_id, lambda case: case.state_defence(statement, by=caller.subject, at=at), caller=caller
    )


async def ask_hearing(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    """The party asks to be heard."""
    case = await queries.case_for_update(session, case_id, caller)
    calendar = await calendar_of(session, case)
    await journal.record(session, case.ask_hearing(calendar, at=at), subject=case)
    return case


async def call_hearing(
    session: AsyncSession, case_id: UUID, *, on: date, chair: str, caller: Principal, at: datetime
) -> Case:
    """Tell the party when it is heard."""
    case = await queries.case_for_update(session, case_id, caller)
    calendar = await calendar_of(session, case)
    await journal.record(session, case.call_hearing(on, chair, calendar, at=at), subject=case)
    return case


async def record_hearing(
    session: AsyncSession, case_id: UUID, *, attended: bool, record: str, caller: Principal, at: datetime
) -> Case:
    """What was said at the hearing."""
    return await _take(
        session, case_id, lambda case: case.hold_hearing(attended=attended, record=record, at=at), caller=caller
    )


async def extend_case(
    session: AsyncSession, case_id: UUID, *, until: date, reason: str, caller: Principal, at: datetime
) -> Case:
    """Approve more time for the decision."""
    most = await norms.norm(session, NormName.CASE_EXTENSION, on=china_date(at))
    return await _take(
        session,
        case_id,
        lambda case: case.extend(until, reason, most=most, by=caller.subject, at=at),
        caller=caller,
        reason=reason,
    )


async def decide_case(
    session: AsyncSession, case_id: UUID, decision: Decision, *, caller: Principal, at: datetime
) -> Case:
    """Decide the penalty; two cases of one party are decided one after the other."""
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at), deciding=True)
    decided = case.decide(decision, ground, by=caller.subject, at=at)
    await journal.record(session, decided, subject=case, reason=decision.grounds)
    return case


async def decide_on_the_spot(
    session: AsyncSession, case_id: UUID, decision: SpotDecision, *, caller: Principal, at: datetime
) -> Case:
    """Decide a warning or a small fine, and hand it over at once."""
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at), deciding=True)
    decided = case.decide_on_the_spot(decision, ground, by=caller.subject, at=at)
    await journal.record(session, decided, subject=case, reason=decision.grounds)
    return case


async def spare_case(session: AsyncSession, case_id: UUID, grounds: str, *, caller: Principal, at: datetime) -> Case:
    """Leave a first offence unpunished."""
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at), deciding=True)
    spared = case.spare(grounds, ground, by=caller.subject, at=at)
    await journal.record(session, spared, subject=case, reason=grounds)
    return case


async def dismiss_case(session: AsyncSession, case_id: UUID, grounds: str, *, caller: Principal, at: datetime) -> Case:
    """Decide not to punish."""
    return await _take(
        session,
        case_id,
        lambda case: case.dismiss(grounds, by=caller.subject, at=at),
        caller=caller,
        reason=grounds,
    )


async def withdraw_case(session: AsyncSession, case_id: UUID, grounds: str, *, caller: Principal, at: datetime) -> Case:
    """Take it off file; the violation may get another case."""
    return await _take(
        session,
        case_id,
        lambda case: case.withdraw(grounds, by=caller.subject, at=at),
        caller=caller,
        reason=grounds,
    )


async def serve_decision(session: AsyncSession, case_id: UUID, method: str, *, caller: Principal, at: datetime) -> Case:
    """Record that the decision was handed over."""
    case = await queries.case_for_update(session, case_id, caller)
    calendar = await calendar_of(session, case)
    await journal.record(session, case.serve(method, calendar, at=at), subject=case)
    return case


async def take_payment(
    session: AsyncSession, case_id: UUID, amount_fen: int, *, caller: Principal, at: datetime
) -> Case:
    """Record a payment."""
    return await _take(session, case_id, lambda case: case.pay(amount_fen, at=at), caller=caller)


async def enforce_decision(
    session: AsyncSession, case_id: UUID, means: str, *, caller: Principal, at: datetime
) -> Case:
    """Record that it was enforced."""
    return await _take(session, case_id, lambda case: case.enforce(means, at=at), caller=caller, reason=means)


async def hear_registry(session: AsyncSession, answer: ProposalAccepted | ProposalDismissed) -> None:
    """The registry followed a proposal of a decision, or did not."""
    case = await session.get(Case, answer.case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise CaseNotFound
    accepted = isinstance(answer, ProposalAccepted)
    heard = case.hear_answer(answer.kind, accepted=accepted, proposal_id=answer.proposal_id, at=answer.at)
    if heard is not None:
        await journal.record(session, heard, subject=case)


async def close_case(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    """Put the file away."""
    return await _take(session, case_id, lambda case: case.close(at=at), caller=caller)


async def calendar_of(session: AsyncSession, case: Case) -> WorkingCalendar:
    """The calendar from the year the case was filed in."""
    return await working_calendar(session, case.filed_on)


async def ground_of(session: AsyncSession, case: Case, *, on: date, deciding: bool = False) -> Ground:
    """What a decision stands on besides the file: the offence, the violation, other cases of the party."""
    if deciding:
        party = f"case {case.institution_id or case.party_name}"
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(party, 0))))
    violation = await session.get(Violation, case.violation_id)
    assert violation is not None
    return Ground(
        offence=await offences.offence(session, case.offence_id),
        calendar=await calendar_of(session, case),
        certified=await teams.certified(session, case.officers, on=on),
        hearing_fen=await norms.norm(session, HEARING[Party(case.party)], on=on),
        rectification_ordered=violation.state != ViolationState.REPORTED,
        corrected=violation.state == ViolationState.CLOSED,
        first=await queries.is_first_offence(session, case),
        fined=await queries.fined_windows(session, case),
    )


async def _offence(session: AsyncSession, violation: Violation, filing: Filing) -> Offence:
    """The law at the time of the act (art. 37)."""
    if filing.offence is None:
        if violation.offence_id is None:
            raise NoPenaltyBasis
        return await offences.offence(session, violation.offence_id)
    acts_until = filing.acts_until or filing.acts_from
    offence = (await offences.in_force(session, [filing.offence], on=acts_until)).get(filing.offence)
    if offence is None:
        raise OffenceUnknown(pointer="/offence")
    return offence


async def _take(
    session: AsyncSession,
    case_id: UUID,
    step: Callable[[Case], Event],
    *,
    caller: Principal,
    reason: str | None = None,
) -> Case:
    """A step that needs nothing but the file."""
    case = await queries.case_for_update(session, case_id, caller)
    await journal.record(session, step(case), subject=case, reason=reason)
    return case
