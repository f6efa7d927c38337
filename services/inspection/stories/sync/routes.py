"""`/v1/sync`: changes for a team's phones, and the operations that phones made offline."""

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
    Operation,
    OperationIdTaken,
    OperationIn,
    OperationKind,
    OperationNotFound,
    OperationNotOpen,
    PhoneCannotPrevail,
    UnreadableOperation,
    Verdict,
)
from services.inspection.stories.sync.feed import ChangesOut, Mark
from services.inspection.stories.sync.operations import ContentInvalid
from services.inspection.stories.sync.resolutions import resolve
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
    """The operations of a phone, in order. `sent_at` is the phone's clock at the moment of sending and shows how far it
    is off.

    A malformed element of `operations` gets the verdict `refused`; the others are processed."""

    model_config = ConfigDict(extra="forbid")

    device_id: UUID
    sent_at: PhoneTime
    operations: Annotated[list[Annotated[OperationIn, one_by_one]], Field(min_length=1, max_length=MAX_OPERATIONS)]

    @property
    def elements(self) -> Sequence[OperationIn | Broken]:
        """The operations; in place of an element that could not be read, its damage."""
        return self.operations


class OperationAnswerOut(BaseModel):
    """The verdict on one operation. In a conflict, `theirs` is the server's version.

    A malformed element is `refused`, with the ids that could be read from it."""

    model_config = ConfigDict(from_attributes=True)

    operation_id: UUID | None
    entity_id: UUID | None
    verdict: Verdict
    code: str | None
    entity_version: int | None
    theirs: dict[str, Any] | None
    released: bool


class VerdictsOut(BaseModel):
    """One verdict per operation of the batch, in order; then verdicts on operations that earlier batches left `held`.

    Add `skew_seconds` to the phone's clock to get the server's time."""

    received_at: datetime
    skew_seconds: float
    verdicts: list[OperationAnswerOut]


class OperationOut(BaseModel):
    """An operation as the phone sent it, with both versions if there is a conflict."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    device_id: UUID
    subject: str
    team: str | None
    district: str | None
    street: str | None
    kind: OperationKind
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
    """A malformed element of a batch: the reason, the place of the fault, and its text."""

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
    """The version that holds, and why."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    reason: Reason


@router.get("", response_model=ChangesOut, responses=problems(DeviceNotEnrolled))
async def pull_changes(
    request: Request,
    caller: PhoneDep,
    device: Annotated[UUID, Query(description="The id of the enrolled phone.")],
    cursor: Annotated[str | None, Query(max_length=1024, description="`next_cursor` of the previous answer.")] = None,
    limit: Annotated[int, NUMBER, Query(ge=1, le=2000)] = 1000,
) -> Response:
    """Changes for the caller's team since the cursor. Apply them and keep `next_cursor`; ask again while `more` is
    true.

    An item may come twice, but none is left out. With `reset`, the phone first deletes what it has: it is new, its team
    has other grids now, or the server was restored.
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
    """Send the operations that a phone made offline. Each operation gets a verdict.

    A batch can be sent again at any time without effect: applied operations are `already_applied`, and other verdicts
    stay.
    """
    at = utc_now()
    answers = await usecases.take_batch(
        session, body.device_id, body.elements, sent_at=body.sent_at, caller=caller, at=at
    )
    return VerdictsOut(
        received_at=at,
        skew_seconds=(at - body.sent_at).total_seconds(),
        verdicts=[OperationAnswerOut.model_validate(answer) for answer in answers],
    )


@router.get("/operations", response_model=Page[OperationOut])
async def list_operations(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    verdict: Verdict | None = None,
    unresolved: Annotated[bool, Query(description="Only operations that await a decision.")] = False,
) -> PageOf[Operation]:
    """Operations of phones, with both versions of each conflict."""
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
    """Malformed elements that phones sent. The phone was told; the work may have to be repeated."""
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
    """Resolve a hard conflict, or an operation that waits for another that never came. Both versions stay on record.

    If the phone's version holds, the operations that waited for it are applied too. A waiting operation that then
    meets a newer version becomes a hard conflict and must be resolved."""
    return await resolve(session, operation_id, body.choice, reason=body.reason, caller=caller, at=utc_now())
