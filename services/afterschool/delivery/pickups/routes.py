"""Pick-ups: `/v1/sessions/{session_id}/pickups`, and `/v1/pickups` of one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.delivery.attendance.domain import NoSeat, SessionInFuture
from services.afterschool.delivery.pickups import queries, usecases
from services.afterschool.delivery.pickups.domain import (
    AlreadyPickedUp,
    Pickup,
    PickupIdReused,
    PickupIn,
    PickupNotFound,
)
from services.afterschool.delivery.sessions import queries as sessions
from services.afterschool.delivery.sessions.domain import SessionIsCancelled, SessionNotFound
from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.gate.domain import ApprovalMissing, ConsentMissing, Purpose, PurposeNotYours
from services.afterschool.roster.guardianships.domain import GuardianBarred, GuardianshipNotFound
from shared.domain.clock import utc_now
from shared.http.idempotency import PersonalData
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

of_session = service_router(prefix="/v1/sessions", tags=["attendance"])
router = service_router(prefix="/v1/pickups", tags=["attendance"])

TakerDep = Annotated[Principal, allow("school_staff")]
StaffDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor")]


class PickupOut(BaseModel):
    """A pick-up without a name. Without a guardianship, the name of the person is sealed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    session_id: UUID
    student_id: UUID
    guardianship_id: UUID | None
    picked_up_at: datetime
    recorded_at: datetime


class PickupsOut(BaseModel):
    """The pick-ups after a session."""

    model_config = ConfigDict(from_attributes=True)

    items: list[PickupOut]


class NamedPickupOut(PersonalData):
    """A pick-up with the name of the person; null if a guardian picked up the child, or the name was erased."""

    id: UUID
    session_id: UUID
    student_id: UUID
    guardianship_id: UUID | None
    picked_up_at: datetime
    name: str | None

    @classmethod
    def of(cls, pickup: Pickup, name: str | None) -> Self:
        stored = {field: getattr(pickup, field) for field in cls.model_fields if field != "name"}
        return cls(**stored, name=name)


@of_session.post(
    "/{session_id}/pickups",
    status_code=status.HTTP_201_CREATED,
    response_model=PickupOut,
    responses=problems(
        SessionNotFound,
        SessionIsCancelled,
        SessionInFuture,
        NoSeat,
        AlreadyPickedUp,
        PickupIdReused,
        GuardianshipNotFound,
        GuardianBarred,
    ),
)
async def record_pickup(
    session_id: UUID, body: PickupIn, caller: TakerDep, session: SessionDep, sealer: SealerDep, response: Response
) -> Pickup:
    """Record who picked up a child after a session. A name is stored encrypted. A barred guardian is refused."""
    pickup = await usecases.record_pickup(session, session_id, body, sealer=sealer, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/pickups/{pickup.id}"
    return pickup


@of_session.get("/{session_id}/pickups", response_model=PickupsOut, responses=problems(SessionNotFound))
async def list_pickups(session_id: UUID, caller: StaffDep, session: SessionDep) -> dict[str, Sequence[Pickup]]:
    """The pickups after a session, without names."""
    await sessions.session_to_keep(session, session_id, caller, for_update=False)
    return {"items": await queries.pickups_of(session, session_id)}


@router.get(
    "/{pickup_id}",
    response_model=NamedPickupOut,
    responses=problems(PickupNotFound, PurposeNotYours, ApprovalMissing, ConsentMissing),
)
async def read_pickup(
    pickup_id: UUID, purpose: Purpose, caller: ReaderDep, session: SessionDep, sealer: SealerDep
) -> NamedPickupOut:
    """One pick-up with the name of the person. The read is logged for the child's guardians."""
    pickup, name = await usecases.read_pickup(
        session, pickup_id, purpose=purpose, sealer=sealer, caller=caller, at=utc_now()
    )
    return NamedPickupOut.of(pickup, name)
