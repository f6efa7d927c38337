"""Merge two entries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import Institution
from services.registry.ledger.institutions.usecases import move_file
from services.registry.ledger.responsibilities.usecases import vacate_all
from services.registry.licensing.permits import queries as permits
from services.registry.licensing.permits.domain import STANDING
from services.registry.licensing.permits.usecases import update_entry
from services.registry.stories.mergers.domain import MergedHasPermit, MergeIntoItself
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def merge_institutions(
    session: AsyncSession, survivor_id: UUID, duplicate_id: UUID, *, reason: str, caller: Principal, at: datetime
) -> Institution:
    """End one entry in favour of another, which takes over what it lacks.

    Locks both entries, in the order of their ids.
    """
    if survivor_id == duplicate_id:
        raise MergeIntoItself(pointer="/duplicate_id")
    locked = {
        one: await institutions.institution_for_update(session, one, caller)
        for one in sorted((survivor_id, duplicate_id))
    }
    survivor, duplicate = locked[survivor_id], locked[duplicate_id]
    survivor.check_open()
    held = await permits.permits_of(session, [duplicate_id])
    if any(permit.status_on(china_date(at)) in STANDING for permit in held):
        raise MergedHasPermit
    said = duplicate.details()
    await journal.record(session, duplicate.merge_into(survivor, at=at), subject=duplicate, reason=reason)
    await move_file(session, duplicate_id, survivor_id)
    # After the other's row is written: two may not have one code.
    await update_entry(session, survivor, survivor.missing_from(said), reason=reason, at=at)
    await vacate_all(session, duplicate_id, reason=reason, at=at)
    return survivor
