"""What people do to the ledger: enter an institution, correct its entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries
from services.registry.ledger.institutions.domain import (
    Details,
    EntryContradictsPermits,
    Institution,
    OutsideYourDistrict,
)
from services.registry.licensing.permits import queries as permits
from services.registry.licensing.permits.domain import contradictions
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.etags import check_version
from shared.http.policies import Principal


async def register_institution(
    session: AsyncSession, details: Details, *, caller: Principal, at: datetime
) -> Institution:
    """Enter an institution; two entries for one USCC or one external reference are refused by the database."""
    _keep_in_reach(caller, details.district, details.street)
    institution, registered = Institution.register(details, at=at)
    session.add(institution)
    await journal.record(session, registered, subject=institution)
    return institution


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
    """Correct an entry that is still at version `expected`."""
    institution = await queries.institution_for_update(session, institution_id, caller)
    check_version(institution, expected)
    _keep_in_reach(caller, changes.get("district", institution.district), changes.get("street", institution.street))
    await _keep_to_permits(session, institution, changes, at=at)
    changed = institution.change(changes, at=at)
    if changed is not None:
        await journal.record(session, changed, subject=institution, reason=reason)
    return institution


async def _keep_to_permits(
    session: AsyncSession, institution: Institution, changes: Mapping[str, object], *, at: datetime
) -> None:
    """A correction may not bring a permit back that has ended, nor name another than those that stand."""
    entry = institution.details().model_copy(update=dict(changes))
    if not {"status", "permit_no"} & changes.keys():
        return
    wrong = contradictions(await permits.permits_in_file(session, institution.id), entry, china_date(at)).keys()
    for field in sorted(wrong & changes.keys()):
        if changes[field] != getattr(institution, field):
            raise EntryContradictsPermits(pointer=f"/{field}")


def _keep_in_reach(caller: Principal, district: Any, street: Any) -> None:
    """An entry may not be put where its keeper could not see it again: another district, or another street."""
    if not caller.covers(district=district, street=street):
        raise OutsideYourDistrict(pointer="/district")
