"""Take a batch from a phone, release what waited, let an officer decide what is left."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.devices import queries as devices
from services.inspection.devices.domain import Device
from services.inspection.sync import queries
from services.inspection.sync.domain import (
    NEEDS_BASE,
    STILL_WAITING,
    Choice,
    Kind,
    Operation,
    OperationIn,
    PhoneCannotPrevail,
    PhoneClock,
    Verdict,
    waits_for,
)
from services.inspection.sync.operations import Effect, Perform, perform, perform_alone
from services.inspection.visits import queries as visits
from services.inspection.visits import usecases as of_visits
from services.inspection.visits.bodies import SubmissionIn
from services.inspection.visits.domain import VisitState
from services.inspection.visits.usecases import Consequence, draw_consequences
from shared import journal
from shared.policies import Principal
from shared.refusals import Refusal
from shared.unit_of_work import savepoint


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on one operation of a batch; `released` ones came with an earlier batch."""

    operation_id: UUID
    entity_id: UUID
    verdict: Verdict
    code: str | None
    entity_version: int | None
    theirs: dict[str, object] | None
    released: bool = False

    @classmethod
    def of(cls, operation: Operation, verdict: Verdict, *, released: bool = False) -> "Answer":
        return cls(
            operation.id,
            operation.entity_id,
            verdict,
            operation.code,
            operation.entity_version,
            operation.theirs,
            released,
        )

    @classmethod
    def reused(cls, sent: OperationIn) -> "Answer":
        """The id is another operation's, whose verdict stands."""
        return cls(sent.id, sent.entity_id, Verdict.REFUSED, "operation-id-reused", None, None)


async def take_batch(
    session: AsyncSession,
    device_id: UUID,
    sent: Sequence[OperationIn],
    *,
    sent_at: datetime,
    caller: Principal,
    at: datetime,
) -> list[Answer]:
    """One verdict per operation, in their order; then those that were held and no longer are.

    Most batches hold nothing that is refused, so all is done together first: facts, changed rows and what many visits
    share are written once, at the end. Where something is refused that is undone, and each operation is done alone.
    """
    device = await devices.enrolled(session, device_id, caller.subject)
    clock = PhoneClock(sent_at, at, device.enrolled_at)
    await queries.queue_for(session, device.id)
    await visits.hold_visits(
        session,
        known={one.entity_id for one in sent if one.kind in NEEDS_BASE},
        made={one.entity_id for one in sent if one.kind == Kind.PLAN_VISIT},
    )
    with suppress(Refusal):
        async with savepoint(session), journal.gathering(session):
            return await _Batch(session, device, caller, clock, perform).take(sent)
    return await _Batch(session, device, caller, clock, perform_alone).take(sent)


class _Batch:
    """What a batch knows of a phone's operations: those it names, and those that wait.

    New ones are written at the end, all at once."""

    def __init__(
        self, session: AsyncSession, device: Device, caller: Principal, clock: PhoneClock, perform: Perform
    ) -> None:
        self._session, self._device, self._caller, self._clock = session, device, caller, clock
        self._perform = perform
        self._known: dict[UUID, Operation] = {}
        self._new: list[Operation] = []
        self._released: list[Operation] = []
        self._verdicts: dict[UUID, Verdict] = {}
        self._held: list[Operation] = []
        self._consequences: list[Consequence] = []

    async def take(self, sent: Sequence[OperationIn]) -> list[Answer]:
        """Decide everything, and write it down."""
        await self._remember(sent)
        await self._settle()
        answers = [await self._answer(one) for one in sent]
        await draw_consequences(self._session, self._consequences)
        self._session.add_all(self._new)
        await self._session.flush()
        return answers + [Answer.of(one, Verdict(one.verdict), released=True) for one in self._released]

    async def _remember(self, sent: Sequence[OperationIn]) -> None:
        self._held = list(await queries.held(self._session, self._device.id))
        named = [one.after for one in sent] + [one.after for one in self._held]
        mentioned = {one.id for one in sent}.union(*named)
        self._known = await queries.operations(self._session, mentioned)
        # Another phone's operation is nobody's predecessor here.
        self._verdicts = {
            one.id: Verdict(one.verdict) for one in self._known.values() if one.device_id == self._device.id
        }

    async def _settle(self) -> None:
        """Decide what no longer waits, because an officer decided meanwhile what it waited for."""
        for one in sorted(self._held, key=_when):
            if one in self._held and waits_for(one.after, self._verdicts) != STILL_WAITING:
                await self._let_go(one)

    async def _answer(self, sent: OperationIn) -> Answer:
        stored = self._known.get(sent.id)
        if stored is not None:
            same = stored.device_id == self._device.id and stored.fingerprint == sent.fingerprint
            return Answer.of(stored, stored.answer) if same else Answer.reused(sent)
        caller = self._caller
        operation = Operation.take(
            sent,
            self._clock,
            device_id=self._device.id,
            subject=caller.subject,
            team=caller.team,
            district=self._device.district,
        )
        self._known[operation.id] = operation
        self._new.append(operation)
        await self._judge(operation)
        if operation.verdict == Verdict.HELD:
            self._held.append(operation)
        answer = Answer.of(operation, Verdict(operation.verdict))
        await self._release(operation)
        return answer

    async def _release(self, decided: Operation) -> None:
        """Decide what waited for this one, in the order in which it was done, and what waited for that."""
        if decided.verdict == Verdict.HELD:
            return
        waiting = [one for one in self._held if decided.id in one.after]
        for one in sorted(waiting, key=_when):
            if one in self._held:
                await self._let_go(one)

    async def _let_go(self, one: Operation) -> None:
        await self._judge(one)
        if one.verdict != Verdict.HELD:
            self._held.remove(one)
            self._released.append(one)
            await self._release(one)

    async def _judge(self, operation: Operation) -> None:
        imposed = waits_for(operation.after, self._verdicts)
        effect = Effect(*imposed) if imposed else await self._perform(self._session, operation, self._caller)
        self._consequences += effect.consequences
        await _note(self._session, operation, effect, self._clock.received_at)
        self._verdicts[operation.id] = effect.verdict


def _when(operation: Operation) -> tuple[datetime, UUID]:
    return operation.done_at, operation.id


async def resolve(
    session: AsyncSession, operation_id: UUID, choice: Choice, *, reason: str, caller: Principal, at: datetime
) -> Operation:
    """Say whose version holds. The phone's is then made to hold, in the words it sent; the other stays on record."""
    operation = await queries.operation_for_update(session, operation_id, caller)
    resolved = operation.resolve(choice, reason=reason, by=caller.subject, at=at)
    if choice is Choice.PHONE:
        await _prevail(session, operation, reason, caller, at)
    elif operation.verdict == Verdict.HELD:
        operation.decide(Verdict.REFUSED, code="discarded", at=at)
    await journal.record(session, resolved, subject=operation, reason=reason)
    return operation


async def _prevail(session: AsyncSession, operation: Operation, reason: str, caller: Principal, at: datetime) -> None:
    """A held operation is done without what it waited for; a submission replaces the one that awaits its review."""
    owner = Principal(operation.subject, frozenset({"inspector"}), district=operation.district, team=operation.team)
    if operation.verdict == Verdict.HELD:
        effect = await perform_alone(session, operation, owner)
        await _note(session, operation, effect, at)
        return
    if operation.kind != Kind.SUBMIT_VISIT:
        raise PhoneCannotPrevail
    visit = await visits.visit_for_update(session, operation.entity_id, caller)
    if visit.state != VisitState.DONE:
        raise PhoneCannotPrevail(state=str(visit.state))
    await of_visits.review_visit(session, visit.id, accepted=False, note=reason, caller=caller, at=at)
    said = SubmissionIn.model_validate(operation.content)
    visit = await of_visits.submit_visit(session, visit.id, said, caller=owner, at=operation.done_at)
    operation.entity_version = visit.version


async def _note(session: AsyncSession, operation: Operation, effect: Effect, at: datetime) -> None:
    conflict = operation.decide(
        effect.verdict, code=effect.code, entity_version=effect.entity_version, theirs=effect.theirs, at=at
    )
    if conflict is not None:
        await journal.record(session, conflict, subject=operation)
