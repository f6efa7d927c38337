"""Publishing and freezing offerings: `POST /v1/offerings`, and `/freeze` of one."""

from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.programme.engagements.domain import (
    FeeAbovePrice,
    OutsidePersonNotFound,
    PersonNotChecked,
    PersonOfAnother,
    ProviderMissing,
    ProviderNotEngageable,
    ProviderNotListed,
)
from services.afterschool.programme.occupations.domain import TimeClash
from services.afterschool.programme.offerings.domain import (
    OfferingDetails,
    OfferingNotFound,
    PeriodInconsistent,
    PeriodsMalformed,
    PoolsMalformed,
    WindowEmpty,
)
from services.afterschool.programme.offerings.routes import OfferingIn, OfferingOut, WriterDep
from services.afterschool.programme.providers.domain import ProviderNotFound
from services.afterschool.programme.publications import usecases
from services.afterschool.programme.publications.domain import FeeAboveCeiling, ItemOfAnotherCategory
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.teachers.domain import TeacherNotFound
from services.afterschool.roster.terms.domain import TermNotFound
from services.afterschool.rulebook.catalogue.domain import CatalogueItemUnknown
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import Reason
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/offerings", tags=["offerings"])


class FreezeIn(BaseModel):
    """Why nobody can enrol for now."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=OfferingOut,
    responses=problems(
        SchoolNotFound,
        TermNotFound,
        TeacherNotFound,
        WindowEmpty,
        PoolsMalformed,
        PeriodsMalformed,
        PeriodInconsistent,
        TimeClash,
        CatalogueItemUnknown,
        ItemOfAnotherCategory,
        FeeAboveCeiling,
        NormUnknown,
        ProviderNotFound,
        ProviderMissing,
        ProviderNotEngageable,
        ProviderNotListed,
        FeeAbovePrice,
        OutsidePersonNotFound,
        PersonOfAnother,
        PersonNotChecked,
    ),
)
async def publish_offering(body: OfferingIn, caller: WriterDep, session: SessionDep, response: Response) -> OfferingOut:
    """Publish a course of a school, with its seats and weekly periods."""
    at = utc_now()
    details = OfferingDetails(**body.model_dump(exclude={"school_id"}))
    offering = await usecases.publish_offering(session, body.school_id, details, caller=caller, at=at)
    response.headers["Location"] = f"/v1/offerings/{offering.id}"
    return await OfferingOut.of(session, offering, at=at)


@router.post("/{offering_id}/freeze", response_model=OfferingOut, responses=problems(OfferingNotFound))
async def freeze_offering(offering_id: UUID, body: FreezeIn, caller: WriterDep, session: SessionDep) -> OfferingOut:
    """Stop enrolment in a course. Children who have seats keep them."""
    at = utc_now()
    offering = await usecases.freeze_offering(session, offering_id, body.reason, caller=caller, at=at)
    return await OfferingOut.of(session, offering, at=at)
