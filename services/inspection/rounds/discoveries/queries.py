"""Discoveries by visit and by campaign."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rounds.discoveries.domain import Discovery
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def discovery_of(session: AsyncSession, visit_id: UUID) -> Discovery | None:
    """The discovery of a visit, if any. The caller holds the lock of the visit."""
    found: Discovery | None = await session.scalar(select(Discovery).where(Discovery.visit_id == visit_id))
    return found


async def discoveries(
    session: AsyncSession, caller: Principal, *, campaign_id: UUID | None, after: str | None, limit: int
) -> Sequence[Discovery]:
    reach = within_reach(caller, district=Discovery.district, street=Discovery.street, team=Discovery.team)
    wanted = select(Discovery).where(reach).order_by(Discovery.id).limit(limit)
    if campaign_id is not None:
        wanted = wanted.where(Discovery.campaign_id == campaign_id)
    if after is not None:
        wanted = wanted.where(Discovery.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def note_entries(session: AsyncSession, institution_ids: Sequence[UUID]) -> None:
    ids = bindparam("ids", list(institution_ids), type_=ARRAY(Uuid))
    await session.execute(
        update(Discovery)
        .where(Discovery.ledger_id == any_(ids), Discovery.institution_id.is_(None))
        .values(institution_id=Discovery.ledger_id)
        .execution_options(synchronize_session=False)
    )
