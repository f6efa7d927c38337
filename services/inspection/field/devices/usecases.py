"""Enrol a phone, revoke it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.devices import queries
from services.inspection.field.devices.domain import Device, DeviceDetails
from services.inspection.field.teams import queries as teams
from shared.facts import journal
from shared.http.policies import Principal


async def enrol_device(
    session: AsyncSession, details: DeviceDetails, *, caller: Principal, at: datetime
) -> tuple[Device, bool]:
    """Enrol the caller's phone. The flag says whether it is new: the same enrolment may be sent again."""
    known = await queries.device_with_id(session, details.id)
    if known is not None:
        known.check_same(details, subject=caller.subject)
        return known, False
    team = await teams.team_by_code(session, caller.team) if caller.team is not None else None
    district, code = (team.district, team.code) if team is not None else (None, None)
    device, enrolled = Device.enrol(details, subject=caller.subject, district=district, team=code, at=at)
    session.add(device)
    await journal.record(session, enrolled, subject=device)
    return device, True


async def revoke_device(
    session: AsyncSession, device_id: UUID, reason: str, *, caller: Principal, at: datetime
) -> Device:
    """Revoke a phone. Its holder, an officer of its district and the bureau may do this."""
    device = await queries.device_for_update(session, device_id, caller)
    revoked = device.revoke(reason, by=caller.subject, at=at)
    await journal.record(session, revoked, subject=device, reason=reason)
    return device
