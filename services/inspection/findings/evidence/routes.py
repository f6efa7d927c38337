"""`/v1/evidence`: announce evidence, upload it in parts, read it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Header, Query, Request, Response, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from services.inspection.field.devices.domain import DeviceNotEnrolled
from services.inspection.findings.evidence import queries, usecases
from services.inspection.findings.evidence.domain import (
    MAX_PART,
    Capture,
    Evidence,
    EvidenceIdTaken,
    EvidenceNotFound,
    EvidenceNotKept,
    EvidenceNotStalled,
    EvidenceNotYours,
    EvidenceState,
    EvidenceTooLarge,
    MediaTypeNotKept,
    Position,
    SignatureInvalid,
    SubjectKind,
    UploadComplete,
    UploadEmpty,
    UploadOffsetWrong,
    UploadTooLong,
)
from services.inspection.findings.evidence.seal import Seal
from services.inspection.findings.evidence.store import EvidenceStore
from services.inspection.findings.violations.domain import ViolationNotFound
from services.inspection.rounds.visits.domain import VisitNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import NUMBER, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow, public
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/evidence", tags=["evidence"])
key = service_router(prefix="/v1/public", tags=["public"])

RecorderDep = Annotated[Principal, allow("inspector", "operator", "district_officer", "bureau")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
OfficerDep = Annotated[Principal, allow("bureau", "district_officer")]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
SHOWN = ("image/jpeg", "audio/ogg", "video/mp4")
OCTETS = {"application/octet-stream": _BYTES}


@asynccontextmanager
async def open_evidence(app: FastAPI) -> AsyncIterator[None]:
    """`app.state.evidence` and `app.state.seal`, as long as the application lives."""
    app.state.evidence = EvidenceStore(app.state.settings.evidence_store)
    app.state.seal = Seal(app.state.settings.seal_key.get_secret_value())
    yield


class CaptureIn(Capture):
    """A photo or recording to announce."""


class EvidenceOut(BaseModel):
    """A piece of evidence. An upload continues at `received_bytes`; evidence that is kept has a signed receipt.

    `tries` and `fault` describe failed attempts to clean the file whose cause was not the file itself. From
    `stalled_at` on, a person must decide.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    subject_kind: SubjectKind
    subject_id: UUID
    institution_id: UUID | None
    media_type: str
    size: int
    sha256: str
    captured_at: datetime
    position: Position | None
    device_id: UUID | None
    state: EvidenceState
    received_bytes: int
    refusal: str | None
    clean_type: str | None
    clean_size: int | None
    clean_sha256: str | None
    receipt: dict[str, Any] | None
    signature: str | None
    announced_by: str
    announced_at: datetime
    received_at: datetime | None
    decided_at: datetime | None
    tries: int
    fault: str | None
    stalled_at: datetime | None


class DecisionIn(BaseModel):
    """Why the person decided so."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class EvidenceKeyOut(BaseModel):
    """The Ed25519 key with which receipts and bundles are signed, 32 bytes in hexadecimal."""

    public_key: str


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=EvidenceOut,
    responses=problems(
        VisitNotFound,
        ViolationNotFound,
        DeviceNotEnrolled,
        SignatureInvalid,
        EvidenceIdTaken,
        MediaTypeNotKept,
        EvidenceTooLarge,
    )
    | {200: {"model": EvidenceOut, "description": "The evidence with this id was already announced."}},
)
async def announce_evidence(body: CaptureIn, caller: RecorderDep, session: SessionDep, response: Response) -> Evidence:
    """Announce a photo or recording, with its SHA-256, before you upload it."""
    evidence, new = await usecases.announce(session, body, caller=caller, at=utc_now())
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/evidence/{evidence.id}"
    return evidence


@router.get("", response_model=Page[EvidenceOut])
async def list_evidence(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    subject_kind: SubjectKind | None = None,
    subject: UUID | None = None,
    stalled: Annotated[bool, Query(description="Only evidence that awaits a person's decision.")] = False,
) -> PageOf[Evidence]:
    """Evidence within the caller's reach, in the order in which it was announced."""
    binding = {"kind": subject_kind, "subject": subject, "stalled": stalled}
    (after,) = page.position(**binding) or (None,)
    found = await queries.evidence_about(
        session,
        caller,
        kind=subject_kind,
        subject_id=subject,
        stalled=stalled,
        after=after,
        limit=page.limit + 1,
    )
    return page.page(found, "id", **binding)


@router.get("/{evidence_id}", response_model=EvidenceOut, responses=problems(EvidenceNotFound))
async def get_evidence(evidence_id: UUID, caller: ReaderDep, session: SessionDep) -> Evidence:
    """One piece of evidence. After a broken connection, continue the upload at `received_bytes`."""
    return await queries.evidence(session, evidence_id, caller)


@router.patch(
    "/{evidence_id}/content",
    response_model=EvidenceOut,
    responses=problems(
        EvidenceNotFound, EvidenceNotYours, UploadComplete, UploadOffsetWrong, UploadTooLong, UploadEmpty
    ),
    max_body_size=MAX_PART,
    openapi_extra={"requestBody": {"required": True, "content": OCTETS}},
)
async def send_part(
    evidence_id: UUID,
    request: Request,
    upload_offset: Annotated[
        int, NUMBER, Header(ge=0, le=2**40, description="The offset of this part: the current `received_bytes`.")
    ],
    caller: RecorderDep,
    session: SessionDep,
) -> Evidence:
    """Upload the next part, at most 8 MiB; the last part completes the upload. A part sent twice is refused with the
    offset at which to continue."""
    return await usecases.receive_part(
        session,
        request.app.state.evidence,
        evidence_id,
        offset=upload_offset,
        content=await request.body(),
        caller=caller,
        at=utc_now(),
    )


@router.get(
    "/{evidence_id}/content",
    response_class=StreamingResponse,
    responses=problems(EvidenceNotFound, EvidenceNotKept)
    | {200: {"description": "The clean copy.", "content": dict.fromkeys(SHOWN, _BYTES)}},
)
async def get_clean_copy(
    evidence_id: UUID, request: Request, caller: ReaderDep, session: SessionDep
) -> StreamingResponse:
    """The clean copy: re-encoded, without the camera's metadata. The original is never served here."""
    evidence = await queries.evidence(session, evidence_id, caller)
    evidence.check_kept()
    assert evidence.clean_type is not None
    suffix = evidence.clean_type.partition("/")[2]
    return StreamingResponse(
        await request.app.state.evidence.clean(evidence.id),
        media_type=evidence.clean_type,
        headers={
            "Content-Disposition": f'attachment; filename="{evidence.id}.{suffix}"',
            "Content-Length": str(evidence.clean_size),
            "Cache-Control": "private, no-store",
        },
    )


@router.post(
    "/{evidence_id}/retry", response_model=EvidenceOut, responses=problems(EvidenceNotFound, EvidenceNotStalled)
)
async def retry_evidence(evidence_id: UUID, body: DecisionIn, caller: OfficerDep, session: SessionDep) -> Evidence:
    """Retry the cleaning of stalled evidence after its cause was fixed."""
    return await usecases.resume(session, evidence_id, reason=body.reason, caller=caller, at=utc_now())


@router.post(
    "/{evidence_id}/refusal", response_model=EvidenceOut, responses=problems(EvidenceNotFound, EvidenceNotStalled)
)
async def refuse_evidence(evidence_id: UUID, body: DecisionIn, caller: OfficerDep, session: SessionDep) -> Evidence:
    """Refuse stalled evidence that cannot be cleaned. Its bytes stay in the store."""
    return await usecases.give_up(session, evidence_id, reason=body.reason, caller=caller, at=utc_now())


@key.get("/evidence-key", response_model=EvidenceKeyOut, dependencies=[public()])
async def get_evidence_key(request: Request) -> EvidenceKeyOut:
    """The service's public key, to verify receipts and bundles."""
    return EvidenceKeyOut(public_key=request.app.state.seal.public_key)
