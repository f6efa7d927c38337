"""What people do to the ledger: enter an institution, correct its entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.institutions import queries
from services.registry.institutions.domain import Details, Institution, OutsideYourDistrict
from shared import journal
from shared.etags import check_version
from shared.policies import Principal


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
    changed = institution.change(changes, at=at)
    if changed is not None:
        await journal.record(session, changed, subject=institution, reason=reason)
    return institution


def _keep_in_reach(caller: Principal, district: Any, street: Any) -> None:
    """An entry may not be put where its keeper could not see it again: another district, or another street."""
    if not caller.covers(district=district, street=street):
        raise OutsideYourDistrict(pointer="/district")
