"""Devices by id and by whose they are."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.devices.domain import Device, DeviceNotEnrolled, DeviceNotFound
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def enrolled(session: AsyncSession, device_id: UUID, subject: str) -> Device:
    """The device, if this person may record with it; raises `DeviceNotEnrolled`.

    Locked against revocation until the transaction ends: a revocation takes effect before a recording or after it,
    never in between.
    """
    lock = {"key_share": True, "read": True}
    found: Device | None = await session.get(Device, device_id, with_for_update=lock, populate_existing=True)
    if found is None:
        raise DeviceNotEnrolled
    found.check_enrolled(subject=subject)
    return found


async def device(session: AsyncSession, device_id: UUID, caller: Principal) -> Device:
    return _reachable(await session.get(Device, device_id), caller)


async def device_for_update(session: AsyncSession, device_id: UUID, caller: Principal) -> Device:
    return _reachable(await session.get(Device, device_id, with_for_update=True, populate_existing=True), caller)


async def device_with_id(session: AsyncSession, device_id: UUID) -> Device | None:
    """The device with this id, within the caller's reach or not: an id can be taken only once."""
    return await session.get(Device, device_id)


def _reachable(found: Device | None, caller: Principal) -> Device:
    """An inspector reaches only their own phone, not those of colleagues; an officer reaches those of the district."""
    if found is None or not (_is_officer(caller, found) or found.subject == caller.subject):
        raise DeviceNotFound
    return found


def _is_officer(caller: Principal, found: Device) -> bool:
    return "inspector" not in caller.roles and caller.covers(district=found.district)


def _reach(caller: Principal) -> ColumnElement[bool]:
    own = Device.subject == caller.subject
    if "inspector" in caller.roles:
        return own
    return or_(own, within_reach(caller, district=Device.district, street=null()))


async def devices(
    session: AsyncSession,
    caller: Principal,
    *,
    subject: str | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Device]:
    wanted = select(Device).where(_reach(caller)).order_by(Device.id).limit(limit)
    if subject is not None:
        wanted = wanted.where(Device.subject == subject)
    if state is not None:
        wanted = wanted.where(Device.state == state)
    if after is not None:
        wanted = wanted.where(Device.id > UUID(after))
    return (await session.scalars(wanted)).all()
