"""Withdraw a campaign, a violation or an offence; repeal an offence. Each refuses what others depend on."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.findings.violations import queries as violations
from services.inspection.findings.violations.domain import Violation, ViolationNotWithdrawable
from services.inspection.penalties.cases import queries as cases
from services.inspection.rounds.campaigns import queries as campaigns
from services.inspection.rounds.campaigns.domain import Campaign, CampaignChanged, CampaignUnderWay
from services.inspection.rounds.campaigns.usecases import own_campaign_for_update, tell_list
from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits import requests
from services.inspection.rulebook.checklists import queries as checklists
from services.inspection.rulebook.checklists.domain import Checklist
from services.inspection.rulebook.offences import queries as offences
from services.inspection.rulebook.offences.domain import Offence, OffenceAskedFor, unbroken
from shared.events.inspection.campaigns import CampaignTargetsWithdrawn, ListedTarget
from shared.facts import journal
from shared.facts.versions import record_withdrawal, withdraw_newest
from shared.http.policies import Principal


async def withdraw_campaign(
    session: AsyncSession, campaign_id: UUID, *, reason: str, caller: Principal, at: datetime
) -> Campaign:
    """Withdraw a campaign and cancel its planned visits.

    Locks visits, targets, then the campaign; conditions that may have changed before the last lock are checked again.
    """
    campaign = await campaigns.campaign(session, campaign_id, caller)
    campaign.check_withdrawable(at=at)
    seen = campaign.version
    await requests.cancel_for_campaign(session, campaign_id, "campaign-withdrawn", at=at)
    if await visits.wanted_for_campaign(session, campaign_id):
        raise CampaignUnderWay
    await campaigns.withdraw_list(session, campaign_id)
    campaign = await own_campaign_for_update(session, campaign_id, caller)
    if campaign.version != seen:
        raise CampaignChanged
    under_way = await visits.wanted_for_campaign(session, campaign_id)
    withdrawn = campaign.withdraw(reason, under_way=under_way, by=caller.subject, at=at)
    await journal.record(session, withdrawn, subject=campaign, reason=reason)

    def unlisted(part: Sequence[ListedTarget]) -> CampaignTargetsWithdrawn:
        return campaign.unlisted([target.target_id for target in part], at=at)

    await tell_list(session, campaign, unlisted)
    return campaign


async def withdraw_violation(
    session: AsyncSession, violation_id: UUID, reason: str, *, caller: Principal, at: datetime
) -> Violation:
    violation = await violations.violation_for_update(session, violation_id, caller)
    if await cases.pursued(session, [violation.id]):
        raise ViolationNotWithdrawable(state=violation.state)
    withdrawn = violation.withdraw(reason, by=caller.subject, at=at)
    await journal.record(session, withdrawn, subject=violation, reason=reason)
    return violation


MOST_NAMED = 20
"""Checklists that a refusal names."""


async def repeal_offence(
    session: AsyncSession, offence_id: UUID, *, valid_to: date, reason: str, at: datetime
) -> Offence:
    offence = await offences.offence_for_update(session, offence_id)
    repealed = offence.repeal(valid_to, at=at)
    asking = await checklists.pointing_to(session, offence.code, after=valid_to)
    if asking:
        raise OffenceAskedFor(pointer="/valid_to", checklists=_named(asking))
    await journal.record(session, repealed, subject=offence, reason=reason)
    return offence


async def withdraw_offence(session: AsyncSession, offence_id: UUID, *, reason: str, by: str, at: datetime) -> Offence:
    """Withdraw the newest version; its predecessor gets its last day back. Refused while a checklist needs an offence
    that would then be missing."""
    known = await offences.offence(session, offence_id)
    withdrawal = await withdraw_newest(session, known, reason=reason, by=by, at=at)
    offence = withdrawal.version
    asking = [
        one
        for one in await checklists.pointing_to(session, offence.code, after=offence.valid_from - timedelta(days=1))
        if not unbroken(withdrawal.standing, since=max(one.valid_from, offence.valid_from), until=one.valid_to)
    ]
    if asking:
        raise OffenceAskedFor(checklists=_named(asking))
    await record_withdrawal(session, withdrawal, reason=reason)
    return offence


def _named(asking: Sequence[Checklist]) -> list[dict[str, str]]:
    return [{"id": str(one.id), "code": one.code} for one in asking[:MOST_NAMED]]
