"""`/v1/institutions/{id}/merger`: two entries become one."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions.domain import Institution, InstitutionEnded, InstitutionNotFound
from services.registry.ledger.institutions.routes import InstitutionOut
from services.registry.overview.quality.routes import KeeperDep
from services.registry.stories.mergers import usecases
from services.registry.stories.mergers.domain import MergedHasPermit, MergeIntoItself
from shared.domain.clock import utc_now
from shared.domain.wording import Reason
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/institutions", tags=["ledger quality"])


class MergerIn(BaseModel):
    """The institution that ends, and why it is a duplicate of this one."""

    model_config = ConfigDict(extra="forbid")

    duplicate_id: UUID
    reason: Reason


@router.post(
    "/{institution_id}/merger",
    response_model=InstitutionOut,
    responses=problems(InstitutionNotFound, InstitutionEnded, MergeIntoItself, MergedHasPermit),
)
async def merge_institutions(
    institution_id: UUID, body: MergerIn, caller: KeeperDep, session: SessionDep
) -> Institution:
    """Merge another institution into this one. The other ends as `merged`; this one's file contains both histories."""
    return await usecases.merge_institutions(
        session, institution_id, body.duplicate_id, reason=body.reason, caller=caller, at=utc_now()
    )
