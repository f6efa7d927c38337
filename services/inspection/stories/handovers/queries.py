"""A team's open work, locked in the order in which visits lock it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.findings.complaints import queries as complaints
from services.inspection.findings.violations.domain import ENDED, Violation
from services.inspection.rounds.campaigns.domain import Campaign, CampaignState, CampaignTarget, TargetState
from services.inspection.rounds.visits.domain import Visit, VisitState


def _visits_of(team: str) -> ColumnElement[bool]:
    return and_(Visit.team == team, Visit.state.not_in((VisitState.REVIEWED, VisitState.CALLED_OFF)))


def _targets_of(team: str) -> ColumnElement[bool]:
    return and_(
        CampaignTarget.team == team,
        CampaignTarget.state == TargetState.OPEN,
        Campaign.state == CampaignState.OPEN,
    )


def _violations_of(team: str) -> ColumnElement[bool]:
    return and_(Violation.team == team, Violation.state.not_in(ENDED))


async def visits_for_update(session: AsyncSession, team: str) -> Sequence[Visit]:
    wanted = select(Visit).where(_visits_of(team)).order_by(Visit.id).with_for_update()
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def violations_for_update(session: AsyncSession, team: str) -> Sequence[Violation]:
    wanted = select(Violation).where(_violations_of(team)).order_by(Violation.id).with_for_update()
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def pass_targets(
    session: AsyncSession, team: str, successor: str
) -> Mapping[Campaign, Mapping[UUID, str | None]]:
    """Give the open targets of open campaigns to another team. Returns, by campaign (locked), the grid of each
    target."""
    wanted = (
        select(CampaignTarget.id, CampaignTarget.campaign_id, CampaignTarget.grid)
        .join(Campaign, Campaign.id == CampaignTarget.campaign_id)
        .where(_targets_of(team))
        .order_by(CampaignTarget.id)
        .with_for_update(of=CampaignTarget)
    )
    found = (await session.execute(wanted)).all()
    grids: dict[UUID, dict[UUID, str | None]] = defaultdict(dict)
    for one in found:
        grids[one.campaign_id][one.id] = one.grid
    held = select(Campaign).where(Campaign.id.in_(grids)).order_by(Campaign.id).with_for_update(key_share=True)
    campaigns = (await session.scalars(held.execution_options(populate_existing=True))).all()
    ids = [one.id for one in found]
    await session.execute(update(CampaignTarget).where(CampaignTarget.id.in_(ids)).values(team=successor))
    return {campaign: grids[campaign.id] for campaign in campaigns}


async def open_work(session: AsyncSession, team: str) -> dict[str, int]:
    visits = select(func.count()).where(_visits_of(team))
    targets = (
        select(func.count())
        .select_from(CampaignTarget)
        .join(Campaign, Campaign.id == CampaignTarget.campaign_id)
        .where(_targets_of(team))
    )
    violations = select(func.count()).where(_violations_of(team))
    counts = {"visits": visits, "targets": targets, "violations": violations}
    work = {name: await session.scalar(count) or 0 for name, count in counts.items()}
    return work | {"complaints": await complaints.unanswered(session, team)}
