"""Take a batch of operations from a phone, and release those that waited for one of them."""

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
from services.inspection.rounds.visits.bodies import VisitIn
from services.inspection.stories.submissions.usecases import Consequence, count_consequences
from services.inspection.stories.sync import queries
from services.inspection.stories.sync.domain import (
    NEEDS_BASE,
    STILL_WAITING,
    Operation,
    OperationIn,
    OperationKind,
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
    note_effect,
    read_content,
    together_or_each,
    when_done,
)
from shared.data.database import new_id
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
    """One verdict per element, in their order; then the verdicts of operations that were held and no longer are."""
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
        made={one.entity_id for one in sent if one.kind == OperationKind.PLAN_VISIT},
        doors=set(_doors(sent)),
    )
    return await together_or_each(session, lambda perform: _Batch(session, device, caller, clock, perform).take(sent))


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
        if one.kind == OperationKind.PLAN_VISIT:
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
        await note_effect(self._session, operation, effect, self._clock.received_at)
        self._standing[operation.id] = effect.verdict


def _latest_first(operations: Sequence[Operation]) -> list[Operation]:
    return sorted(operations, key=when_done, reverse=True)
