"""`/v1/permits`: what an institution may teach, where and until when."""

from datetime import date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registry.institutions.domain import Kind, Stage
from services.registry.notices.domain import ConfirmByPast, NoticeContent, Recipients
from services.registry.permits import queries, usecases
from services.registry.permits.domain import (
    EndNotLater,
    Permit,
    PermitEnded,
    PermitNotFound,
    PermitNotInForce,
    PermitNotSuspended,
    PermitStatus,
    SuspensionOver,
)
from services.registry.permits.queries import Filters
from services.registry.permits.usecases import Revocation
from shared.clock import china_date, utc_now
from shared.paging import Page, PageOf, PageParams
from shared.policies import Principal, allow
from shared.web import SessionDep, problems, service_router
from shared.wording import KEY, Day, Document, Name, Paragraph, Reason

router = service_router(prefix="/v1/permits", tags=["permits"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
DeciderDep = Annotated[Principal, allow("bureau")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]

REVOCATION_BASIS = "《中华人民共和国民办教育促进法》第六十二条"
"""The provision under which an approving authority revokes a permit, unless the decision names another."""
DAYS_TO_CONFIRM = timedelta(days=7)


class PermitOut(BaseModel):
    """A permit and what it is today (`status`); `valid_to` null is open-ended."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID
    number: str
    status: PermitStatus
    kind: Kind
    stages: list[Stage]
    subjects: list[str]
    site: str
    district: str | None
    street: str | None
    valid_from: date | None
    valid_to: date | None
    suspended_from: date | None
    suspended_until: date | None
    suspension_cause: str | None
    suspension_basis: str | None
    ended_on: date | None
    ending_cause: str | None
    ending_basis: str | None
    notice_id: UUID | None
    application_id: UUID | None
    recorded_at: datetime

    @classmethod
    def of(cls, permit: Permit, on: date) -> Self:
        return cls.model_validate({name: getattr(permit, name) for name in _STORED} | {"status": permit.status_on(on)})


_STORED = [name for name in PermitOut.model_fields if name != "status"]


class SuspensionIn(BaseModel):
    """`until` is the first day on which the permit is in force again."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph
    legal_basis: Reason
    until: Day


class NoticeIn(BaseModel):
    """The notice of a revocation; what is not said is written for you."""

    model_config = ConfigDict(extra="forbid")

    title: Name | None = None
    body: Document | None = None
    recipients: Recipients = Field(default_factory=Recipients)
    confirm_by: Day | None = None


class RevocationIn(BaseModel):
    """Why the permit is revoked. The notice goes out in the same decision, to everybody unless it says otherwise."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph
    legal_basis: Reason = REVOCATION_BASIS
    notice: NoticeIn = Field(default_factory=NoticeIn)

    def decision(self, number: str, on: date) -> Revocation:
        content = NoticeContent(
            title=self.notice.title or f"关于吊销办学许可证（{number}）的通报",
            body=self.notice.body
            or f"经查，持证机构存在以下问题：{self.reason}。依据{self.legal_basis}，吊销其办学许可证（{number}）。",
            legal_basis=self.legal_basis,
            recipients=self.notice.recipients,
            confirm_by=self.notice.confirm_by or on + DAYS_TO_CONFIRM,
        )
        return Revocation(self.reason, self.legal_basis, content)


class ReasonIn(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph


class RenewalIn(BaseModel):
    """The new last day."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Day
    reason: Paragraph | None = None


@router.get("", response_model=Page[PermitOut])
async def list_permits(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    institution: UUID | None = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    kind: Kind | None = None,
    status: PermitStatus | None = None,
    expiring_before: Day | None = None,
) -> PageOf[PermitOut]:
    """Permits within the caller's reach, with what they are today."""
    today = china_date(utc_now())
    filters = Filters(institution, district, kind, status, expiring_before)
    binding = {
        "institution": institution, "district": district, "kind": kind, "status": status, "before": expiring_before
    }  # fmt: skip
    (after,) = page.position(**binding) or (None,)
    found = await queries.permits(
        session, caller, filters, on=today, after=None if after is None else UUID(after), limit=page.limit + 1
    )
    return page.page([PermitOut.of(one, today) for one in found], "id", **binding)


@router.get("/{permit_id}", response_model=PermitOut, responses=problems(PermitNotFound))
async def get_permit(permit_id: UUID, caller: ReaderDep, session: SessionDep, response: Response) -> PermitOut:
    """One permit, with what it is today."""
    return _shown(await queries.permit(session, permit_id, caller), response)


@router.post(
    "/{permit_id}/suspension",
    response_model=PermitOut,
    responses=problems(PermitNotFound, PermitNotInForce, SuspensionOver),
)
async def suspend_permit(
    permit_id: UUID, body: SuspensionIn, caller: DeciderDep, session: SessionDep, response: Response
) -> PermitOut:
    """Let a permit in force rest; the suspension lifts by itself on the day named."""
    permit = await usecases.suspend_permit(
        session, permit_id, body.until, cause=body.reason, legal_basis=body.legal_basis, caller=caller, at=utc_now()
    )
    return _shown(permit, response)


@router.post(
    "/{permit_id}/reinstatement", response_model=PermitOut, responses=problems(PermitNotFound, PermitNotSuspended)
)
async def reinstate_permit(
    permit_id: UUID, body: ReasonIn, caller: DeciderDep, session: SessionDep, response: Response
) -> PermitOut:
    """Lift a suspension before its end."""
    permit = await usecases.reinstate_permit(session, permit_id, cause=body.reason, caller=caller, at=utc_now())
    return _shown(permit, response)


@router.post(
    "/{permit_id}/revocation",
    response_model=PermitOut,
    responses=problems(PermitNotFound, PermitEnded, ConfirmByPast),
)
async def revoke_permit(
    permit_id: UUID, body: RevocationIn, caller: DeciderDep, session: SessionDep, response: Response
) -> PermitOut:
    """Revoke a permit and publish the notice about it: one decision."""
    at = utc_now()
    number = (await queries.permit(session, permit_id, caller)).number
    decision = body.decision(number, china_date(at))
    return _shown(await usecases.revoke_permit(session, permit_id, decision, caller=caller, at=at), response)


@router.post(
    "/{permit_id}/renewal", response_model=PermitOut, responses=problems(PermitNotFound, PermitNotInForce, EndNotLater)
)
async def renew_permit(
    permit_id: UUID, body: RenewalIn, caller: DeciderDep, session: SessionDep, response: Response
) -> PermitOut:
    """Let a permit in force run longer; one that has lapsed is applied for anew."""
    permit = await usecases.renew_permit(
        session, permit_id, body.valid_to, reason=body.reason, caller=caller, at=utc_now()
    )
    return _shown(permit, response)


@router.post("/{permit_id}/cancellation", response_model=PermitOut, responses=problems(PermitNotFound, PermitEnded))
async def cancel_permit(
    permit_id: UUID, body: ReasonIn, caller: KeeperDep, session: SessionDep, response: Response
) -> PermitOut:
    """End a permit that was given up, replaced or never renewed."""
    return _shown(
        await usecases.cancel_permit(session, permit_id, cause=body.reason, caller=caller, at=utc_now()), response
    )


def _shown(permit: Permit, response: Response) -> PermitOut:
    return PermitOut.of(permit, china_date(utc_now()))
