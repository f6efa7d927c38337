"""`/v1/sync`: what changed for a team, and what its phones did meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.inspection.field.devices.domain import DeviceNotEnrolled, PhoneTime
from services.inspection.rounds.visits.domain import VisitNotFound
from services.inspection.stories.sync import queries, usecases
from services.inspection.stories.sync.domain import (
    MAX_OPERATIONS,
    Choice,
    Kind,
    Operation,
    OperationIdTaken,
    OperationIn,
    OperationNotFound,
    OperationNotOpen,
    PhoneCannotPrevail,
    UnreadableOperation,
    Verdict,
)
from services.inspection.stories.sync.feed import ChangesOut, Mark
from services.inspection.stories.sync.operations import ContentInvalid
from shared.domain.clock import instant, utc_now
from shared.domain.wording import NUMBER, Reason
from shared.http.batches import Broken, one_by_one
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/sync", tags=["sync"])

PhoneDep = Annotated[Principal, allow("inspector")]
OfficerDep = Annotated[Principal, allow("bureau", "district_officer")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class BatchIn(BaseModel):
    """What a phone did, in order. `sent_at` is its clock at the moment of sending: how far it is off is then known.

    An element of `operations` that is no operation gets the verdict `refused` and hinders no other."""

    model_config = ConfigDict(extra="forbid")

    device_id: UUID
    sent_at: PhoneTime
    operations: Annotated[list[Annotated[OperationIn, one_by_one]], Field(min_length=1, max_length=MAX_OPERATIONS)]

    @property
    def elements(self) -> Sequence[OperationIn | Broken]:
        """The operations, and in their places the elements that could not be read."""
        return self.operations


class AnswerOut(BaseModel):
    """The verdict on one operation. `theirs` is the server's version, where there is a conflict.

    An element that is no operation is `refused`, with the ids that it names legibly, if any."""

    model_config = ConfigDict(from_attributes=True)

    operation_id: UUID | None
    entity_id: UUID | None
    verdict: Verdict
    code: str | None
    entity_version: int | None
    theirs: dict[str, Any] | None
    released: bool


class VerdictsOut(BaseModel):
    """One verdict per operation sent, in their order; then those that an earlier batch left held.

    `skew_seconds` is what must be added to the phone's clock."""

    received_at: datetime
    skew_seconds: float
    verdicts: list[AnswerOut]


class OperationOut(BaseModel):
    """An operation as the phone sent it, and what was in its way: both versions of a conflict."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    device_id: UUID
    subject: str
    team: str | None
    district: str | None
    street: str | None
    kind: Kind
    entity_id: UUID
    base_version: int | None
    after: list[UUID]
    content: dict[str, Any]
    claimed_at: datetime
    skew_seconds: float
    done_at: datetime
    received_at: datetime
    verdict: Verdict
    code: str | None
    entity_version: int | None
    theirs: dict[str, Any] | None
    decided_at: datetime
    resolution: Choice | None
    resolution_reason: str | None
    resolved_by: str | None
    resolved_at: datetime | None


class UnreadableOperationOut(BaseModel):
    """An element of a batch that is no operation: why, where it is wrong, and its text."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    device_id: UUID
    subject: str
    team: str | None
    district: str | None
    operation_id: UUID | None
    code: str
    pointers: list[str]
    text: str
    received_at: datetime


class ResolutionIn(BaseModel):
    """Whose version holds, and why."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    reason: Reason


@router.get("", response_model=ChangesOut, responses=problems(DeviceNotEnrolled))
async def pull_changes(
    request: Request,
    caller: PhoneDep,
    device: Annotated[UUID, Query(description="The enrolled phone that asks.")],
    cursor: Annotated[str | None, Query(max_length=1024, description="`next_cursor` of the last answer.")] = None,
    limit: Annotated[int, NUMBER, Query(ge=1, le=2000)] = 1000,
) -> Response:
    """What changed for the caller's team since the cursor. Apply it and keep `next_cursor`; ask again while `more`.

    An item may come twice, none is left out. With `reset` the phone forgets what it has first: it is new, its team
    walks other grids now, or the server was restored.
    """
    team, cursors, reads = caller.team or "", request.app.state.cursors, request.app.state.reads
    at = await queries.now(reads, team, device, caller.subject)
    known = Mark.read(cursors, cursor, team=team, device=device) if cursor is not None else None
    mark, reset = Mark.to_read_on(known, at)
    found = await queries.changed(reads, team, caller.subject, floor=mark.floor, position=mark.position, limit=limit)
    more = found["found"] == limit
    ahead = mark.after_page(found["last"], more=more).write(cursors, team=team, device=device)
    changes = ",".join(f'"{kind}":{found[kind]}' for kind in queries.KINDS)
    told = orjson.dumps(
        {"reset": reset, "more": more, "next_cursor": ahead, "server_time": instant(utc_now())}
    ).decode()
    return Response(f"{told[:-1]},{changes}}}", media_type="application/json")


@router.post(
    "",
    response_model=VerdictsOut,
    responses=problems(DeviceNotEnrolled, OperationIdTaken),
    max_body_size=8 * 1024**2,
)
async def push_operations(body: BatchIn, caller: PhoneDep, session: SessionDep) -> VerdictsOut:
    """Take what a phone did while it was away: one verdict per operation, and nothing silently marked done.

    Sent again, any number of times, it changes nothing: what was done is `already_applied`, other verdicts stand.
    """
    at = utc_now()
    answers = await usecases.take_batch(
        session, body.device_id, body.elements, sent_at=body.sent_at, caller=caller, at=at
    )
    return VerdictsOut(
        received_at=at,
        skew_seconds=(at - body.sent_at).total_seconds(),
        verdicts=[AnswerOut.model_validate(answer) for answer in answers],
    )


@router.get("/operations", response_model=Page[OperationOut])
async def list_operations(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    verdict: Verdict | None = None,
    unresolved: Annotated[bool, Query(description="Only what nobody has decided.")] = False,
) -> PageOf[Operation]:
    """What phones did, with both versions where they met others' work."""
    binding = {"verdict": verdict, "unresolved": unresolved}
    (after,) = page.position(**binding) or (None,)
    found: Sequence[Operation] = await queries.operations_with(
        session, caller, verdict=verdict, open_only=unresolved, after=after, limit=page.limit + 1
    )
    return page.page(found, "id", **binding)


@router.get("/unreadable-operations", response_model=Page[UnreadableOperationOut])
async def list_unreadable_operations(
    caller: ReaderDep, session: SessionDep, page: PageParams
) -> PageOf[UnreadableOperation]:
    """Unreadable operations of phones, as they came. The phone was told; the work may have to be done again."""
    (after,) = page.position() or (None,)
    found = await queries.unreadable_operations(session, caller, after=after, limit=page.limit + 1)
    return page.page(found, "id")


@router.post(
    "/operations/{operation_id}/resolution",
    response_model=OperationOut,
    responses=problems(OperationNotFound, OperationNotOpen, PhoneCannotPrevail, ContentInvalid, VisitNotFound),
)
async def resolve_operation(
    operation_id: UUID, body: ResolutionIn, caller: OfficerDep, session: SessionDep
) -> Operation:
    """Decide a hard conflict, or an operation that waits for one that never came. Both versions stay on record.

    What came after a version that is made to hold follows it. A waiting operation that meets another version when it
    is let go is a hard conflict then, and still to be decided."""
    return await usecases.resolve(session, operation_id, body.choice, reason=body.reason, caller=caller, at=utc_now())
