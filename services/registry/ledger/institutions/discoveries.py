"""What inspection found on the street enters the ledger: unlicensed, once, with its source."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Details, Institution, Kind, Status
from shared.events.inspection.campaigns import CampaignDiscovery
from shared.events.inspection.targets import InstitutionDiscovered
from shared.facts import journal


async def enter_discovery(
    session: AsyncSession, found: CampaignDiscovery | InstitutionDiscovered, *, at: datetime
) -> Institution | None:
    """Enter a discovery under the ledger id that inspection gave it; None if nobody described it, or it is entered
    already.

    If the institution is in the ledger under another name, that is left to the quality findings: no program decides
    that two institutions are one.
    """
    if found.ledger_id is None or found.name is None or found.address is None or found.kind is None:
        return None
    if await session.get(Institution, found.ledger_id) is not None:
        return None
    details = Details(
        name=found.name,
        kind=Kind(found.kind),
        status=Status.UNLICENSED,
        district=found.district,
        street=found.street,
        address=found.address,
        lon=found.lon,
        lat=found.lat,
    )
    institution, registered = Institution.register(details, institution_id=found.ledger_id, at=at)
    session.add(institution)
    reason = f"检查新发现（检查 {found.visit_id}）"
    await journal.record(session, registered, subject=institution, reason=reason)
    return institution
