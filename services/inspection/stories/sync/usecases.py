"""Take a batch from a phone, release what waited, let an officer decide what is left."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.devices import queries as devices
from services.inspection.field.devices.domain import Device
from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits import usecases as of_visits
from services.inspection.rounds.visits.bodies import StartIn, SubmissionIn, VisitIn
from services.inspection.rounds.visits.domain import VisitState
from services.inspection.stories.submissions.usecases import Consequence, count_consequences, submit_visit
from services.inspection.stories.sync import queries
from services.inspection.stories.sync.domain import (
    NEEDS_BASE,
    STILL_WAITING,
    Choice,
    Kind,
    Operation,
    OperationIn,
    PhoneCannotPrevail,
    PhoneClock,
    UnreadableOperation,
    Verdict,
    standings,
    waits_for,
)
from services.inspection.stories.sync.operations import (
    ContentInvalid,
    Effect,
    Perform,
    perform,
    perform_alone,
    read_content,
)
from shared.data.database import new_id
from shared.data.unit_of_work import savepoint
from shared.domain.refusals import Refusal
from shared.facts import journal
from shared.http.batches import Broken
from shared.http.policies import Principal


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on one operation of a batch; `released` ones came with an earlier batch."""

    operation_id: UUID | None
    entity_id: UUID | None
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
        return cls(sent.id, sent.entity_id, Verdict.REFUSED, "operation-id-reused", None, None)

    @classmethod
    def unreadable(cls, broken: Broken) -> "Answer":
        fields: dict[str, object] | None = {"fields": broken.pointers} if broken.pointers else None
        ids = broken.uuid("id"), broken.uuid("entity_id")
        return cls(*ids, Verdict.REFUSED, broken.code, None, fields)


async def take_batch(
    session: AsyncSession,
    device_id: UUID,
    elements: Sequence[OperationIn | Broken],
    *,
    sent_at: datetime,
    caller: Principal,
    at: datetime,
) -> list[Answer]:
    """One verdict per element, in order; then verdicts of operations that waited and now do not.

    Most batches contain no refusal, so everything is first done together, with facts and changed rows written once at
    the end. If something is refused, that is rolled back and each operation is done alone.
    """
    device = await devices.enrolled(session, device_id, caller.subject)
    clock = PhoneClock(sent_at, at, device.enrolled_at)
    sent = [one for one in elements if isinstance(one, OperationIn)]
    verdicts = iter(await _decide(session, device, sent, caller=caller, clock=clock))
    await _keep_unreadable(session, device, elements, caller=caller, at=at)
    in_order = [Answer.unreadable(one) if isinstance(one, Broken) else next(verdicts) for one in elements]
    return [*in_order, *verdicts]


async def _decide(
    session: AsyncSession, device: Device, sent: Sequence[OperationIn], *, caller: Principal, clock: PhoneClock
) -> list[Answer]:
    await queries.queue_for(session, caller.subject)
    await visits.hold_visits(
        session,
        known={one.entity_id for one in sent if one.kind in NEEDS_BASE},
        made={one.entity_id for one in sent if one.kind == Kind.PLAN_VISIT},
        doors=set(_doors(sent)),
    )
    with suppress(Refusal):
        async with savepoint(session), journal.gathering(session):
            return await _Batch(session, device, caller, clock, perform).take(sent)
    return await _Batch(session, device, caller, clock, perform_alone).take(sent)


async def _keep_unreadable(
    session: AsyncSession,
    device: Device,
    elements: Sequence[OperationIn | Broken],
    *,
    caller: Principal,
    at: datetime,
) -> None:
    """Store elements that could not be read; an element sent again is stored once."""
    rows = [
        {
            "id": new_id(),
            "device_id": device.id,
            "subject": caller.subject,
            "team": caller.team,
            "district": device.district,
            "operation_id": one.uuid("id"),
            "code": one.code,
            "pointers": one.pointers,
            "text": one.text,
            "digest": hashlib.sha256(one.text.encode()).hexdigest(),
            "received_at": at,
        }
        for one in elements
        if isinstance(one, Broken)
    ]
    if rows:
        await session.execute(insert(UnreadableOperation).values(rows).on_conflict_do_nothing())


def _doors(sent: Sequence[OperationIn]) -> Iterator[tuple[UUID, UUID]]:
    for one in sent:
        if one.kind == Kind.PLAN_VISIT:
            with suppress(ContentInvalid):
                wish = read_content(VisitIn, one.content)
                if wish.campaign_id is not None and wish.institution_id is not None:
                    yield wish.campaign_id, wish.institution_id


class _Batch:
    """What a batch knows of a person's operations: those it names, and those that wait.

    New ones are written at the end, all at once."""

    def __init__(
        self, session: AsyncSession, device: Device, caller: Principal, clock: PhoneClock, perform: Perform
    ) -> None:
        self._session, self._device, self._caller, self._clock = session, device, caller, clock
        self._perform = perform
        self._known: dict[UUID, Operation] = {}
        self._new: list[Operation] = []
        self._released: list[Operation] = []
        self._standing: dict[UUID, Verdict] = {}
        self._held: dict[UUID, Operation] = {}
        self._waiting_for: dict[UUID, list[Operation]] = defaultdict(list)
        self._consequences: list[Consequence] = []

    async def take(self, sent: Sequence[OperationIn]) -> list[Answer]:
        await self._remember(sent)
        await self._resume()
        answers = [await self._answer(one) for one in sent]
        await count_consequences(self._session, self._consequences)
        self._session.add_all(self._new)
        await self._session.flush()
        return answers + [Answer.of(one, Verdict(one.verdict), released=True) for one in self._released]

    async def _remember(self, sent: Sequence[OperationIn]) -> None:
        for one in await queries.held(self._session, self._caller.subject):
            self._wait(one)
        named = [one.after for one in sent] + [one.after for one in self._held.values()]
        mentioned = {one.id for one in sent}.union(*named)
        self._known = await queries.operations(self._session, mentioned)
        self._standing = standings(self._known.values(), self._caller.subject)

    def _wait(self, one: Operation) -> None:
        self._held[one.id] = one
        for before in one.after:
            self._waiting_for[before].append(one)

    async def _resume(self) -> None:
        """Decide operations whose predecessors an officer has resolved meanwhile."""
        free = [one for one in self._held.values() if waits_for(one.after, self._standing) != STILL_WAITING]
        await self._let_go(free)

    async def _answer(self, sent: OperationIn) -> Answer:
        stored = self._known.get(sent.id)
        if stored is not None:
            same = stored.is_same_as(sent, self._caller.subject)
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
        answer = Answer.of(operation, Verdict(operation.verdict))
        if operation.verdict == Verdict.HELD:
            self._wait(operation)
        else:
            await self._let_go(self._waiting_for[operation.id])
        return answer

    async def _let_go(self, waiting: Sequence[Operation]) -> None:
        """Decide these in the order in which they were done, and after each the ones that waited for it.

        A phone may have chained everything it did, so there is no recursion.
        """
        ahead = _latest_first(waiting)
        while ahead:
            one = ahead.pop()
            if one.id not in self._held:
                continue
            await self._judge(one)
            if one.verdict != Verdict.HELD:
                del self._held[one.id]
                self._released.append(one)
                ahead += _latest_first(self._waiting_for[one.id])

    async def _judge(self, operation: Operation) -> None:
        imposed = waits_for(operation.after, self._standing)
        effect = Effect(*imposed) if imposed else await self._perform(self._session, operation, self._caller)
        self._consequences += effect.consequences
        await _note(self._session, operation, effect, self._clock.received_at)
        self._standing[operation.id] = effect.verdict


def _owner(operation: Operation) -> Principal:
    """The person who did it, with the team and district of when it was received."""
    return Principal(operation.subject, frozenset({"inspector"}), district=operation.district, team=operation.team)


def _when(operation: Operation) -> tuple[datetime, UUID]:
    return operation.done_at, operation.id


def _latest_first(operations: Sequence[Operation]) -> list[Operation]:
    return sorted(operations, key=_when, reverse=True)


async def resolve(
    session: AsyncSession, operation_id: UUID, choice: Choice, *, reason: str, caller: Principal, at: datetime
) -> Operation:
    """Decide whose version holds; the other stays on record.

    The phone's version is applied as it was sent, and then the operations that were in conflict only because of it.
    Resolving a submission also resolves its start. A waiting operation that meets another version when it is applied
    stays open.
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
    if operation.kind == Kind.SUBMIT_VISIT:
        for start in await queries.starts_of(session, operation):
            settled = start.resolve(choice, reason=reason, by=caller.subject, at=at)
            await journal.record(session, settled, subject=start, reason=reason)
    if choice is Choice.PHONE:
        await _follow(session, operation, at)
    return operation


async def _prevail(session: AsyncSession, operation: Operation, reason: str, caller: Principal, at: datetime) -> bool:
    """Apply the phone's version; returns False if it met yet another version, which somebody must resolve.

    A submission replaces one that awaits review, or revives a visit that was cancelled meanwhile. Any other operation
    is performed now, whatever it waited for.
    """
    if operation.verdict == Verdict.HELD or (operation.is_behind and operation.kind != Kind.SUBMIT_VISIT):
        await _note(session, operation, await perform_alone(session, operation, _owner(operation)), at)
        return operation.verdict != Verdict.HARD_CONFLICT
    if operation.kind != Kind.SUBMIT_VISIT:
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
    visit = await submit_visit(session, visit.id, said, caller=_owner(operation), at=operation.done_at)
    operation.entity_version = visit.version
    return True


async def _begin(session: AsyncSession, submitted: Operation) -> None:
    """Start the visit as the phone did; if its start is unknown, at the time of the submission."""
    begun = next(iter(await queries.starts_of(session, submitted)), None)
    said = read_content(StartIn, begun.content if begun is not None else {})
    await of_visits.start_visit(
        session,
        submitted.entity_id,
        colleagues=said.inspectors,
        checklist_id=said.checklist_id,
        caller=_owner(submitted),
        at=(begun or submitted).done_at,
    )


async def _follow(session: AsyncSession, decided: Operation, at: datetime) -> None:
    """Apply the operations that were in conflict only because of this one, and those that follow from them."""
    ahead = [decided]
    while ahead:
        for one in sorted(await queries.behind(session, ahead.pop(0)), key=_when):
            before = await queries.operations(session, one.after)
            if waits_for(one.after, standings(before.values(), one.subject)) is None:
                await _note(session, one, await perform_alone(session, one, _owner(one)), at)
                ahead.append(one)


async def _note(session: AsyncSession, operation: Operation, effect: Effect, at: datetime) -> None:
    conflict = operation.decide(
        effect.verdict,
        code=effect.code,
        entity_version=effect.entity_version,
        theirs=effect.theirs,
        place=effect.place,
        at=at,
    )
    if conflict is not None:
        await journal.record(session, conflict, subject=operation)
