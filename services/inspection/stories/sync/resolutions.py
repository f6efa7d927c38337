"""An officer decides whose version of a visit holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits import usecases as of_visits
from services.inspection.rounds.visits.bodies import StartIn, SubmissionIn
from services.inspection.rounds.visits.domain import VisitState
from services.inspection.stories.submissions.usecases import submit_visit
from services.inspection.stories.sync import queries
from services.inspection.stories.sync.domain import (
    Choice,
    Operation,
    OperationKind,
    PhoneCannotPrevail,
    Verdict,
    standings,
    waits_for,
)
from services.inspection.stories.sync.operations import (
    note_effect,
    owner_of,
    perform_alone,
    read_content,
    when_done,
)
from shared.facts import journal
from shared.http.policies import Principal


async def resolve(
    session: AsyncSession, operation_id: UUID, choice: Choice, *, reason: str, caller: Principal, at: datetime
) -> Operation:
    """Say whose version holds; the other stays on record.

    The phone's is made to hold in the words it sent, and what is in conflict only because it came after it follows.
    Who decides on a submission has decided on the start before it: one door is one decision.
    A waiting operation that meets another version when it is let go is still to be decided.
    """
    operation = await queries.operation_for_update(session, operation_id, caller)
    resolved = operation.resolve(choice, reason=reason, by=caller.subject, at=at)
    if choice is Choice.PHONE:
        if not await _prevail(session, operation, reason, caller, at):
            operation.reopen()
            return operation
    elif operation.verdict == Verdict.HELD:
        operation.decide(Verdict.REFUSED, code="discarded", at=at)
    await journal.record(session, resolved, subject=operation, reason=reason)
    if operation.kind == OperationKind.SUBMIT_VISIT:
        for start in await queries.starts_of(session, operation):
            settled = start.resolve(choice, reason=reason, by=caller.subject, at=at)
            await journal.record(session, settled, subject=start, reason=reason)
    if choice is Choice.PHONE:
        await _follow(session, operation, at)
    return operation


async def _prevail(session: AsyncSession, operation: Operation, reason: str, caller: Principal, at: datetime) -> bool:
    """A submission replaces the one that awaits its review, or takes up a visit that was cancelled meanwhile; anything
    else is done now, whatever it waited for. Whether it holds: it may meet a version that nobody has seen yet."""
    if operation.verdict == Verdict.HELD or (operation.is_behind and operation.kind != OperationKind.SUBMIT_VISIT):
        await note_effect(session, operation, await perform_alone(session, operation, owner_of(operation)), at)
        return operation.verdict != Verdict.HARD_CONFLICT
    if operation.kind != OperationKind.SUBMIT_VISIT:
        raise PhoneCannotPrevail
    visit = await visits.visit_for_update(session, operation.entity_id, caller)
    said = read_content(SubmissionIn, operation.content)
    match visit.state:
        case VisitState.DONE:
            await of_visits.review_visit(session, visit.id, accepted=False, note=reason, caller=caller, at=at)
        case VisitState.CALLED_OFF:
            await of_visits.plan_again(session, visit.id, reason=reason, caller=caller, at=at)
            await _begin(session, operation)
        case _:
            raise PhoneCannotPrevail(state=str(visit.state))
    visit = await submit_visit(session, visit.id, said, caller=owner_of(operation), at=operation.done_at)
    operation.entity_version = visit.version
    return True


async def _begin(session: AsyncSession, submitted: Operation) -> None:
    """Start the visit as the phone did, or where its start is not at hand when it was submitted."""
    begun = next(iter(await queries.starts_of(session, submitted)), None)
    said = read_content(StartIn, begun.content if begun is not None else {})
    await of_visits.start_visit(
        session,
        submitted.entity_id,
        colleagues=said.inspectors,
        checklist_id=said.checklist_id,
        caller=owner_of(submitted),
        at=(begun or submitted).done_at,
    )


async def _follow(session: AsyncSession, decided: Operation, at: datetime) -> None:
    """Do what was in conflict only because it came after this one, and what came after that."""
    ahead = [decided]
    while ahead:
        for one in sorted(await queries.behind(session, ahead.pop(0)), key=when_done):
            before = await queries.operations(session, one.after)
            if waits_for(one.after, standings(before.values(), one.subject)) is None:
                await note_effect(session, one, await perform_alone(session, one, owner_of(one)), at)
                ahead.append(one)
