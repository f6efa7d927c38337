"""Take a batch from a phone, release what waited, let an officer decide what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.devices import queries as devices
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
from services.inspection.sync.operations import Effect, apply, submit
from services.inspection.visits import queries as visits
from services.inspection.visits import usecases as of_visits
from services.inspection.visits.bodies import SubmissionIn
from services.inspection.visits.domain import VisitState
from shared import journal
from shared.policies import Principal


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
    """One verdict per operation, in their order; then those that were held and no longer are."""
    device = await devices.enrolled(session, device_id, caller.subject)
    clock = PhoneClock(sent_at, at, device.enrolled_at)
    await queries.queue_for(session, device.id)
    batch = _Batch(session, caller, at)
    await batch.remember(device.id, sent)
    await visits.lock_visits(session, [one.entity_id for one in sent if one.kind in NEEDS_BASE])
    await batch.settle()
    answers = []
    for one in sent:
        stored = batch.known.get(one.id)
        if stored is not None:
            same = stored.device_id == device.id and stored.fingerprint == one.fingerprint
            answers.append(Answer.of(stored, stored.answer) if same else Answer.reused(one))
            continue
        operation = Operation.take(
            one, clock, device_id=device.id, subject=caller.subject, team=caller.team, district=device.district
        )
        await batch.decide(operation)
        answers.append(Answer.of(operation, Verdict(operation.verdict)))
        await batch.release(operation)
    session.add_all(batch.new)
    await session.flush()
    return answers + [Answer.of(one, Verdict(one.verdict), released=True) for one in batch.released]


class _Batch:
    """What a batch knows of a phone's operations: those it names, and those that wait.

    New ones are written at the end, all at once."""

    def __init__(self, session: AsyncSession, caller: Principal, at: datetime) -> None:
        self._session, self._caller, self._at = session, caller, at
        self.known: dict[UUID, Operation] = {}
        self.new: list[Operation] = []
        self.released: list[Operation] = []
        self._verdicts: dict[UUID, Verdict] = {}
        self._held: list[Operation] = []

    async def remember(self, device_id: UUID, sent: Sequence[OperationIn]) -> None:
        self._held = list(await queries.held(self._session, device_id))
        named = [one.after for one in sent] + [one.after for one in self._held]
        mentioned = {one.id for one in sent}.union(*named)
        self.known = await queries.operations(self._session, mentioned)
        # Another phone's operation is nobody's predecessor here.
        self._verdicts = {one.id: Verdict(one.verdict) for one in self.known.values() if one.device_id == device_id}

    async def settle(self) -> None:
        """Decide what no longer waits, because an officer decided meanwhile what it waited for."""
        for one in sorted(self._held, key=_when):
            if one in self._held and waits_for(one.after, self._verdicts) != STILL_WAITING:
                await self._let_go(one)

    async def decide(self, operation: Operation) -> None:
        """Give a new operation its verdict."""
        self.known[operation.id] = operation
        self.new.append(operation)
        await self._judge(operation)
        if operation.verdict == Verdict.HELD:
            self._held.append(operation)

    async def release(self, decided: Operation) -> None:
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
            self.released.append(one)
            await self.release(one)

    async def _judge(self, operation: Operation) -> None:
        imposed = waits_for(operation.after, self._verdicts)
        effect = Effect(*imposed) if imposed is not None else await apply(self._session, operation, self._caller)
        await _note(self._session, operation, effect, self._at)
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
        effect = await apply(session, operation, owner)
        await _note(session, operation, effect, at)
        return
    if operation.kind != Kind.SUBMIT_VISIT:
        raise PhoneCannotPrevail
    visit = await visits.visit_for_update(session, operation.entity_id, caller)
    if visit.state != VisitState.DONE:
        raise PhoneCannotPrevail(state=str(visit.state))
    await of_visits.review_visit(session, visit.id, accepted=False, note=reason, caller=caller, at=at)
    visit = await submit(session, operation, SubmissionIn.model_validate(operation.content), owner)
    operation.entity_version = visit.version


async def _note(session: AsyncSession, operation: Operation, effect: Effect, at: datetime) -> None:
    conflict = operation.decide(
        effect.verdict, code=effect.code, entity_version=effect.entity_version, theirs=effect.theirs, at=at
    )
    if conflict is not None:
        await journal.record(session, conflict, subject=operation)
