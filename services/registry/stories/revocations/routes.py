"""`/v1/permits/{id}/revocation`: a permit is taken back on an exception."""

from datetime import date, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.registry.licensing.permits.domain import (
    Permit,
    PermitEnded,
    PermitNotFound,
    RevocationException,
    RevocationNeedsProposal,
)
from services.registry.licensing.permits.routes import DeciderDep, PermitOut
from services.registry.stories.revocations.usecases import revoke_on_exception
from services.registry.supervision.notices.domain import ConfirmByPast, NoticeContent, Recipients
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Day, Document, Name, Paragraph
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/permits", tags=["permits"])

DAYS_TO_CONFIRM = timedelta(days=7)


class RevocationNoticeIn(BaseModel):
    """The notice of a revocation; what is not said is written for you."""

    model_config = ConfigDict(extra="forbid")

    title: Name | None = None
    body: Document | None = None
    recipients: Recipients = Field(default_factory=Recipients)
    confirm_by: Day | None = None


class RevocationIn(BaseModel):
    """A revocation on a named exception, and why it applies. The notice is published in the same transaction, to all
    institutions unless its recipients are restricted."""

    model_config = ConfigDict(extra="forbid")

    exception: RevocationException | None = None
    cause: Paragraph
    notice: RevocationNoticeIn = Field(default_factory=RevocationNoticeIn)

    def told(self, permit: Permit, legal_basis: str, on: date) -> NoticeContent:
        number = permit.number
        return NoticeContent(
            title=self.notice.title or f"关于撤销办学许可证（{number}）的通报",
            body=self.notice.body or f"经查，{self.cause}。依据{legal_basis}，撤销办学许可证（{number}）。",
            legal_basis=legal_basis,
            recipients=self.notice.recipients,
            confirm_by=self.notice.confirm_by or on + DAYS_TO_CONFIRM,
        )


@router.post(
    "/{permit_id}/revocation",
    response_model=PermitOut,
    responses=problems(PermitNotFound, RevocationNeedsProposal, PermitEnded, ConfirmByPast),
)
async def revoke_permit(permit_id: UUID, body: RevocationIn, caller: DeciderDep, session: SessionDep) -> PermitOut:
    """Revoke a permit on a named exception and publish the notice about it, in one transaction.

    To revoke a permit as a penalty, accept the proposal of the penalty decision (`/v1/proposals`).
    """
    at = utc_now()
    permit = await revoke_on_exception(
        session,
        permit_id,
        body.exception,
        cause=body.cause,
        tell=lambda permit, basis: body.told(permit, basis, china_date(at)),
        caller=caller,
        at=at,
    )
    return PermitOut.of(permit, china_date(at))
