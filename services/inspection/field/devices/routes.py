"""`/v1/devices`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.field.devices import queries, usecases
from services.inspection.field.devices.domain import (
    Device,
    DeviceDetails,
    DeviceIdTaken,
    DeviceNotFound,
    DeviceRevokedAlready,
    DeviceState,
)
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/devices", tags=["devices"])

HolderDep = Annotated[Principal, allow("inspector")]
RevokerDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class DeviceIn(DeviceDetails):
    """The phone to enrol."""


class RevocationIn(BaseModel):
    """Why the phone is revoked."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class DeviceKeyOut(BaseModel):
    """A JWK."""

    kty: str
    crv: str
    x: str


class DeviceOut(BaseModel):
    """A phone. `version` counts its facts and is its ETag; `key_fingerprint` is the SHA-256 of the raw key."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    subject: str
    district: str | None
    team: str | None
    label: str
    public_key: DeviceKeyOut
    key_fingerprint: str
    state: DeviceState
    enrolled_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    revocation_reason: str | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=DeviceOut,
    responses=problems(DeviceIdTaken, DeviceRevokedAlready)
    | {200: {"model": DeviceOut, "description": "You have already enrolled this phone."}},
)
async def enrol_device(body: DeviceIn, caller: HolderDep, session: SessionDep, response: Response) -> Device:
    """Enrol your phone. Nobody else can enrol the same id."""
    device, new = await usecases.enrol_device(session, body, caller=caller, at=utc_now())
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/devices/{device.id}"
    return device


@router.get("", response_model=Page[DeviceOut])
async def list_devices(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    subject: Annotated[str | None, KEY, Query(max_length=200)] = None,
    state: DeviceState | None = None,
) -> PageOf[Device]:
    """Phones. An inspector sees their own, an officer those of the district."""
    binding = {"subject": subject, "state": state}
    (after,) = page.position(**binding) or (None,)
    found = await queries.devices(session, caller, subject=subject, state=state, after=after, limit=page.limit + 1)
    return page.page(found, "id", **binding)


@router.get("/{device_id}", response_model=DeviceOut, responses=problems(DeviceNotFound))
async def get_device(device_id: UUID, caller: ReaderDep, session: SessionDep) -> Device:
    """One phone, with its version as ETag."""
    return await queries.device(session, device_id, caller)


@router.post(
    "/{device_id}/revocation",
    response_model=DeviceOut,
    responses=problems(DeviceNotFound, DeviceRevokedAlready),
)
async def revoke_device(device_id: UUID, body: RevocationIn, caller: RevokerDep, session: SessionDep) -> Device:
    """Revoke a phone for good. What it recorded before stays valid."""
    return await usecases.revoke_device(session, device_id, body.reason, caller=caller, at=utc_now())
