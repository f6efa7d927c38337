"""Withdrawal of campaigns, violations and offences; repeal of offences."""

from typing import Annotated
from uuid import UUID

from services.inspection.findings.violations.domain import Violation, ViolationNotFound, ViolationNotWithdrawable
from services.inspection.findings.violations.routes import ViolationOut
from services.inspection.rounds.campaigns.domain import (
    Campaign,
    CampaignChanged,
    CampaignNotFound,
    CampaignOutsideYourDistrict,
    CampaignUnderWay,
)
from services.inspection.rounds.campaigns.routes import CampaignOut, KeeperDep
from services.inspection.rulebook.offences.domain import (
    Offence,
    OffenceAskedFor,
    OffenceEndPast,
    OffenceEndsAlready,
    OffenceNotFound,
)
from services.inspection.rulebook.offences.routes import BureauDep, OffenceOut, OffenceRepealIn
from services.inspection.stories.withdrawals import usecases
from shared.domain.clock import utc_now
from shared.domain.dated import LaterVersionStands, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

campaigns = service_router(prefix="/v1/campaigns", tags=["campaigns"])
violations = service_router(prefix="/v1/violations", tags=["violations"])
offences = service_router(prefix="/v1/offences", tags=["offences"])


@campaigns.post(
    "/{campaign_id}/withdrawal",
    response_model=CampaignOut,
    responses=problems(
        CampaignNotFound, CampaignChanged, CampaignUnderWay, CampaignOutsideYourDistrict, Withdrawn, WithdrawalTooLate
    ),
)
async def withdraw_campaign(campaign_id: UUID, body: WithdrawalIn, caller: KeeperDep, session: SessionDep) -> Campaign:
    """Withdraw a draft, or a launched campaign before its first day or on the day of its launch.

    Its planned visits are cancelled. Refused once one of its visits has started."""
    return await usecases.withdraw_campaign(session, campaign_id, reason=body.reason, caller=caller, at=utc_now())


@violations.post(
    "/{violation_id}/withdrawal",
    response_model=ViolationOut,
    responses=problems(ViolationNotFound, ViolationNotWithdrawable),
)
async def withdraw_violation(
    violation_id: UUID,
    body: WithdrawalIn,
    caller: Annotated[Principal, allow("bureau", "district_officer")],
    session: SessionDep,
) -> Violation:
    """Withdraw a violation that was reported by mistake, before rectification is ordered or a case is filed. It stays
    on record."""
    return await usecases.withdraw_violation(session, violation_id, body.reason, caller=caller, at=utc_now())


@offences.post(
    "/{offence_id}/repeal",
    response_model=OffenceOut,
    responses=problems(OffenceNotFound, OffenceEndPast, OffenceEndsAlready, OffenceAskedFor, Withdrawn),
)
async def repeal_offence(offence_id: UUID, body: OffenceRepealIn, caller: BureauDep, session: SessionDep) -> Offence:
    """Give a version its last day. Violations found until then keep it. End the checklists that need it first."""
    return await usecases.repeal_offence(session, offence_id, valid_to=body.valid_to, reason=body.reason, at=utc_now())


@offences.post(
    "/{offence_id}/withdrawal",
    response_model=OffenceOut,
    responses=problems(OffenceNotFound, Withdrawn, WithdrawalTooLate, LaterVersionStands, OffenceAskedFor),
)
async def withdraw_offence(offence_id: UUID, body: WithdrawalIn, caller: BureauDep, session: SessionDep) -> Offence:
    """Withdraw a version before its first day, or on it if it was enacted that day. The one before stays in force."""
    return await usecases.withdraw_offence(session, offence_id, reason=body.reason, by=caller.subject, at=utc_now())
