"""Look into a doubt."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.overview.quality.domain import Dismissal, Doubt
from shared.facts import journal
from shared.http.policies import Principal


async def dismiss_finding(
    session: AsyncSession,
    doubt: Doubt,
    institution_id: UUID,
    other_id: UUID | None,
    *,
    reason: str,
    caller: Principal,
    at: datetime,
) -> Dismissal:
    for one in (institution_id, other_id):
        if one is not None:
            await institutions.institution(session, one, caller)
    dismissal, dismissed = Dismissal.dismiss(doubt, institution_id, other_id, reason=reason, by=caller.subject, at=at)
    session.add(dismissal)
    await journal.record(session, dismissed, subject=dismissal, reason=reason)
    return dismissal
