"""`/v1/cases`: the exhibits of a case, and the bundle that contains them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from services.inspection.findings.evidence import queries
from services.inspection.findings.evidence.domain import Exhibit
from services.inspection.findings.evidence.exhibits import bundle
from services.inspection.penalties.cases import queries as cases
from services.inspection.penalties.cases.refusals import CaseNotFound
from shared.domain.clock import utc_now
from shared.http.policies import Principal, allow
from shared.http.transactions import end_transaction
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

FileReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]
ARCHIVE = {"schema": {"type": "string", "format": "binary"}}


class ExhibitOut(BaseModel):
    """An exhibit in its case's chain: `hash` is the SHA-256 of the canonical `entry`, which contains the previous
    hash."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    evidence_id: UUID
    entry: dict[str, Any]
    hash: str
    entered_at: datetime


@router.get("/{case_id}/exhibits", response_model=list[ExhibitOut], responses=problems(CaseNotFound))
async def list_exhibits(case_id: UUID, caller: FileReaderDep, session: SessionDep) -> Sequence[Exhibit]:
    """The exhibits of a case, each chained to the one before it."""
    case = await cases.case(session, case_id, caller)
    return await queries.chain(session, case.id)


@router.get(
    "/{case_id}/bundle",
    response_class=StreamingResponse,
    responses=problems(CaseNotFound)
    | {200: {"description": "A ZIP archive.", "content": {"application/zip": ARCHIVE}}},
)
async def export_bundle(
    case_id: UUID, request: Request, caller: FileReaderDep, session: SessionDep
) -> StreamingResponse:
    """All evidence of a case with originals and the signed chain. `deploy/verify/bundle.py` verifies it offline."""
    case = await cases.case(session, case_id, caller)
    state = request.app.state
    chain = await queries.chain(session, case.id)
    await end_transaction(request)  # the files of a large case take their time
    return StreamingResponse(
        await bundle(case.id, chain, state.evidence, state.seal, at=utc_now()),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="evidence-{case.id}.zip"',
            "Cache-Control": "private, no-store",
        },
    )
