"""Revoke a permit on an exception."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.licensing.permits.domain import (
    ARTICLES,
    Action,
    Permit,
    RevocationException,
    RevocationNeedsProposal,
)
from services.registry.licensing.permits.usecases import Revocation, locked_with_institution, revoke_permit
from services.registry.supervision.notices.domain import NoticeContent
from services.registry.supervision.notices.usecases import publish_notice
from shared.http.policies import Principal


async def revoke_on_exception(
    session: AsyncSession,
    permit_id: UUID,
    exception: RevocationException | None,
    *,
    cause: str,
    tell: Callable[[Permit, str], NoticeContent],
    caller: Principal,
    at: datetime,
) -> Permit:
    """Revoke a permit and publish the notice; raises `RevocationNeedsProposal` without an exception.

    Locks the entry, the permit, then the notices of the year for the next number.
    """
    permit, institution = await locked_with_institution(session, permit_id, caller)
    if exception is None:
        raise RevocationNeedsProposal(pointer="/exception", exceptions=list(RevocationException))
    permit.check(Action.REVOKE, at)
    legal_basis = ARTICLES[exception]
    notice = await publish_notice(session, tell(permit, legal_basis), subjects=[institution.id], caller=caller, at=at)
    return await revoke_permit(
        session, permit_id, Revocation(cause, legal_basis, exception), notice.id, caller=caller, at=at
    )
