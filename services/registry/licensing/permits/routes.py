"""`/v1/permits`: permits, their suspension, revocation, renewal and cancellation."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions.domain import Kind, Stage
from services.registry.licensing.permits import queries, usecases
from services.registry.licensing.permits.domain import (
    CancellationGround,
    EndNotLater,
    Permit,
    PermitEnded,
    PermitNotExpired,
    PermitNotFound,
    PermitNotInForce,
    PermitNotSuspended,
    SuspensionException,
    SuspensionNeedsProposal,
    SuspensionOver,
)
from services.registry.licensing.permits.queries import Filters
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, Day, Paragraph
from shared.events.registry.permits import PermitStatus
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/permits", tags=["permits"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
DeciderDep = Annotated[Principal, allow("bureau")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]


class PermitOut(BaseModel):
    """A permit and its `status` today. A null `valid_to` means that it is open-ended."""

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
    """A suspension on a named exception. `until` is the first day on which the permit is in force again."""

    model_config = ConfigDict(extra="forbid")

    exception: SuspensionException | None = None
    cause: Paragraph
    until: Day


class ReinstatementIn(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph


class PermitCancellationIn(BaseModel):
    """Why a permit is cancelled. Misconduct is no ground: see `/revocation`."""

    model_config = ConfigDict(extra="forbid")

    ground: CancellationGround
    reason: Paragraph


class RenewalIn(BaseModel):
    """The new last day of the permit."""

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
    """Permits within the caller's reach, with their status today."""
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
    """One permit, with its status today."""
    return _shown(await queries.permit(session, permit_id, caller), response)


@router.post(
    "/{permit_id}/suspension",
    response_model=PermitOut,
    responses=problems(PermitNotFound, SuspensionNeedsProposal, PermitNotInForce, SuspensionOver),
)
async def suspend_permit(
    permit_id: UUID, body: SuspensionIn, caller: DeciderDep, session: SessionDep, response: Response
) -> PermitOut:
    """Suspend a permit in force on a named exception. The suspension ends automatically on the day `until`.

    To suspend a permit as a penalty, accept the proposal of the penalty decision (`/v1/proposals`).
    """
    permit = await usecases.suspend_on_exception(
        session, permit_id, body.until, body.exception, cause=body.cause, caller=caller, at=utc_now()
    )
    return _shown(permit, response)


@router.post(
    "/{permit_id}/reinstatement", response_model=PermitOut, responses=problems(PermitNotFound, PermitNotSuspended)
)
async def reinstate_permit(
    permit_id: UUID, body: ReinstatementIn, caller: DeciderDep, session: SessionDep, response: Response
) -> PermitOut:
    """Lift a suspension before its end."""
    permit = await usecases.reinstate_permit(session, permit_id, cause=body.reason, caller=caller, at=utc_now())
    return _shown(permit, response)


@router.post(
    "/{permit_id}/renewal", response_model=PermitOut, responses=problems(PermitNotFound, PermitNotInForce, EndNotLater)
)
async def renew_permit(
    permit_id: UUID, body: RenewalIn, caller: DeciderDep, session: SessionDep, response: Response
) -> PermitOut:
    """Renew a permit in force. For an expired permit, apply again."""
    permit = await usecases.renew_permit(
        session, permit_id, body.valid_to, reason=body.reason, caller=caller, at=utc_now()
    )
    return _shown(permit, response)


@router.post(
    "/{permit_id}/cancellation",
    response_model=PermitOut,
    responses=problems(PermitNotFound, PermitEnded, PermitNotExpired),
)
async def cancel_permit(
    permit_id: UUID, body: PermitCancellationIn, caller: KeeperDep, session: SessionDep, response: Response
) -> PermitOut:
    """Cancel a permit without blame (注销), on one of the grounds of 行政许可法 art. 70."""
    permit = await usecases.cancel_permit(
        session, permit_id, body.ground, cause=body.reason, caller=caller, at=utc_now()
    )
    return _shown(permit, response)


def _shown(permit: Permit, response: Response) -> PermitOut:
    return PermitOut.of(permit, china_date(utc_now()))
