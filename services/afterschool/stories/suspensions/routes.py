"""`/unfreezing`, `/affected` and `/substitutes` of an offering."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.afterschool.placement.enrolments.domain import State
from services.afterschool.programme.offerings.domain import NotFrozen, OfferingNotFound
from services.afterschool.programme.offerings.routes import OfferingOut, WriterDep
from services.afterschool.stories.suspensions import usecases
from shared.domain.clock import utc_now
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/offerings", tags=["offerings"])


class AffectedChildOut(BaseModel):
    """A child who has or wants a seat."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    student_id: UUID
    state: State


class AffectedOut(BaseModel):
    """The children of an offering, and the courses that they could take instead."""

    children: list[AffectedChildOut]
    substitutes: list[UUID]


@router.post("/{offering_id}/unfreezing", response_model=OfferingOut, responses=problems(OfferingNotFound, NotFrozen))
async def unfreeze_offering(offering_id: UUID, caller: WriterDep, session: SessionDep) -> OfferingOut:
    """Open a frozen offering again. Waiting children get its free seats."""
    at = utc_now()
    offering = await usecases.unfreeze_offering(session, offering_id, caller=caller, at=at)
    return await OfferingOut.of(session, offering, at=at)


@router.get("/{offering_id}/affected", response_model=AffectedOut, responses=problems(OfferingNotFound))
async def list_affected(offering_id: UUID, caller: WriterDep, session: SessionDep) -> AffectedOut:
    """The children of an offering, and courses of the school with free seats at the same time."""
    children, found = await usecases.affected(session, offering_id, caller)
    return AffectedOut(children=[AffectedChildOut.model_validate(one) for one in children], substitutes=list(found))
