"""Correct an entry."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import Institution
from services.registry.ledger.institutions.usecases import check_place
from services.registry.licensing.permits import queries as permits
from services.registry.licensing.permits.domain import EntryContradictsPermits, contradictions
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.etags import check_version
from shared.http.policies import Principal


async def change_institution(
    session: AsyncSession,
    institution_id: UUID,
    changes: Mapping[str, object],
    *,
    expected: int,
    reason: str | None,
    caller: Principal,
    at: datetime,
) -> Institution:
    """Correct an entry that is still at version `expected`. Locks the entry, not its permits."""
    institution = await institutions.institution_for_update(session, institution_id, caller)
    check_version(institution, expected)
    check_place(caller, changes.get("district", institution.district), changes.get("street", institution.street))
    await _keep_to_permits(session, institution, changes, at=at)
    changed = institution.change(changes, at=at)
    if changed is not None:
        await journal.record(session, changed, subject=institution, reason=reason)
    return institution


async def _keep_to_permits(
    session: AsyncSession, institution: Institution, changes: Mapping[str, object], *, at: datetime
) -> None:
    """A correction may not revive a permit that has ended, nor name one that does not stand."""
    entry = institution.details().model_copy(update=dict(changes))
    if not {"status", "permit_no"} & changes.keys():
        return
    wrong = contradictions(await permits.permits_in_file(session, institution.id), entry, china_date(at)).keys()
    for field in sorted(wrong & changes.keys()):
        if changes[field] != getattr(institution, field):
            raise EntryContradictsPermits(pointer=f"/{field}")
