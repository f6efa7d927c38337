"""`/v1/commitment-texts`, `/v1/institutions/{id}/commitments`, `/v1/commitments/counts`."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import InstitutionEnded, InstitutionNotFound
from services.registry.ledger.institutions.routes import ReaderDep
from services.registry.supervision.commitments import queries, usecases
from services.registry.supervision.commitments.domain import (
    BreachRecordedAlready,
    Commitment,
    CommitmentBreach,
    CommitmentNotFound,
    CommitmentSignedAlready,
    CommitmentText,
    CommitmentTextDiffers,
    CommitmentTextNotFound,
    CommitmentTextNotInForce,
    CommitmentTextNotLater,
    CommitmentTextSigned,
    CommitmentTextSuperseded,
    Signature,
    SignatureFormWrong,
    TextContent,
    ViolationUnknown,
)
from services.registry.supervision.commitments.queries import Dimension
from shared.domain.clock import utc_now
from shared.domain.dated import LaterVersionStands, MayBeWithdrawn, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.domain.wording import Paragraph
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1", tags=["commitments"])


class CommitmentTextIn(TextContent):
    """A version of the commitment text to publish. It never changes afterwards."""


class CommitmentTextOut(MayBeWithdrawn):
    """A version of the commitment; `sha256` (hex) is that of the UTF-8 body."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    title: str
    body: str
    sha256: str
    valid_from: date
    published_at: datetime


class SignatureIn(Signature):
    """A signature on the text with this `sha256`."""


class BreachIn(BaseModel):
    """The violation that broke the commitment."""

    model_config = ConfigDict(extra="forbid")

    violation_id: UUID
    note: Paragraph | None = None


class CommitmentBreachOut(BaseModel):
    """A violation that broke the commitment."""

    model_config = ConfigDict(from_attributes=True)

    violation_id: UUID
    note: str | None
    recorded_by: str
    recorded_at: datetime


class CommitmentOut(BaseModel):
    """A signed commitment. `version` counts its facts."""

    id: UUID
    version: int
    institution_id: UUID
    text_id: UUID
    text_number: int
    sha256: str
    signatory: str
    signed_by: str
    on_paper: bool
    signed_at: datetime
    breached_at: datetime | None
    district: str | None
    street: str | None
    breaches: list[CommitmentBreachOut]


class CommitmentCount(BaseModel):
    """Commitments signed, and broken by a violation, for one value of the grouping. A text's value is its number."""

    model_config = ConfigDict(from_attributes=True)

    value: str | None
    signed: int
    breached: int


@router.get("/commitment-texts", response_model=Page[CommitmentTextOut])
async def list_commitment_texts(caller: ReaderDep, session: SessionDep, page: PageParams) -> PageOf[CommitmentText]:
    """Every version ever published, oldest first."""
    (after,) = page.position() or (None,)
    return page.page(await queries.texts(session, after=after, limit=page.limit + 1), "id")


@router.get("/commitment-texts/{text_id}", response_model=CommitmentTextOut, responses=problems(CommitmentTextNotFound))
async def get_commitment_text(text_id: UUID, caller: ReaderDep, session: SessionDep) -> CommitmentText:
    """One version, word for word."""
    return await queries.text(session, text_id)


@router.post(
    "/commitment-texts",
    status_code=status.HTTP_201_CREATED,
    response_model=CommitmentTextOut,
    responses=problems(CommitmentTextNotLater),
)
async def publish_commitment_text(
    body: CommitmentTextIn, caller: Annotated[Principal, allow("bureau")], session: SessionDep, response: Response
) -> CommitmentText:
    """Publish the next version. From `valid_from` on, it is the one to sign."""
    text = await usecases.publish_text(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/commitment-texts/{text.id}"
    return text


@router.post(
    "/commitment-texts/{text_id}/withdrawal",
    response_model=CommitmentTextOut,
    responses=problems(CommitmentTextNotFound, Withdrawn, WithdrawalTooLate, LaterVersionStands, CommitmentTextSigned),
)
async def withdraw_commitment_text(
    text_id: UUID, body: WithdrawalIn, caller: Annotated[Principal, allow("bureau")], session: SessionDep
) -> CommitmentText:
    """Withdraw a version before its first day, or on it if it was published that day and nobody has signed it."""
    return await usecases.withdraw_text(session, text_id, reason=body.reason, by=caller.subject, at=utc_now())


@router.post(
    "/institutions/{institution_id}/commitments",
    status_code=status.HTTP_201_CREATED,
    response_model=CommitmentOut,
    responses=problems(
        InstitutionNotFound,
        CommitmentTextNotFound,
        CommitmentTextDiffers,
        SignatureFormWrong,
        InstitutionEnded,
        Withdrawn,
        CommitmentTextNotInForce,
        CommitmentTextSuperseded,
        CommitmentSignedAlready,
    ),
)
async def sign_commitment(
    institution_id: UUID,
    body: SignatureIn,
    caller: Annotated[Principal, allow("operator", "district_officer", "bureau")],
    session: SessionDep,
) -> CommitmentOut:
    """Sign the text in force, as its operator; or record a signature on paper, as an official."""
    commitment = await usecases.sign_commitment(session, institution_id, body, caller=caller, at=utc_now())
    return _shown(commitment, [])


@router.get(
    "/institutions/{institution_id}/commitments",
    response_model=list[CommitmentOut],
    responses=problems(InstitutionNotFound),
)
async def list_commitments(institution_id: UUID, caller: ReaderDep, session: SessionDep) -> list[CommitmentOut]:
    """The commitments of an institution, oldest first, with their breaches."""
    await institutions.institution(session, institution_id, caller)
    signed = await queries.commitments_of(session, institution_id)
    breaches = defaultdict(list)
    for breach in await queries.breaches_of(session, [commitment.id for commitment in signed]):
        breaches[breach.commitment_id].append(breach)
    return [_shown(commitment, breaches[commitment.id]) for commitment in signed]


@router.post(
    "/institutions/{institution_id}/commitments/{commitment_id}/breaches",
    status_code=status.HTTP_201_CREATED,
    response_model=CommitmentBreachOut,
    responses=problems(InstitutionNotFound, CommitmentNotFound, ViolationUnknown, BreachRecordedAlready),
)
async def record_commitment_breach(
    institution_id: UUID,
    commitment_id: UUID,
    body: BreachIn,
    caller: Annotated[Principal, allow("bureau", "district_officer")],
    session: SessionDep,
) -> CommitmentBreach:
    """Record that a violation in the institution's file broke its commitment."""
    _, breach = await usecases.record_breach(
        session, institution_id, commitment_id, body.violation_id, note=body.note, caller=caller, at=utc_now()
    )
    return breach


@router.get("/commitments/counts", response_model=list[CommitmentCount])
async def count_commitments(caller: ReaderDep, session: SessionDep, by: Dimension) -> object:
    """Commitments signed and broken within the caller's reach, by text, district or street."""
    return await queries.counts(session, caller, by)


def _shown(commitment: Commitment, breaches: Sequence[CommitmentBreach]) -> CommitmentOut:
    fields = {name: getattr(commitment, name) for name in CommitmentOut.model_fields if name != "breaches"}
    return CommitmentOut(**fields, breaches=[CommitmentBreachOut.model_validate(breach) for breach in breaches])
