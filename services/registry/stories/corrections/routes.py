"""`PATCH /v1/institutions/{id}`: an entry is corrected."""

from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict

from services.registry.ledger.institutions.domain import (
    Capacity,
    CoordinatesIncomplete,
    ExternalRefTaken,
    Institution,
    InstitutionNotFound,
    Kind,
    Latitude,
    Longitude,
    Mode,
    OutsideYourDistrict,
    Profit,
    Stage,
    Status,
    Uscc,
    UsccTaken,
)
from services.registry.ledger.institutions.routes import InstitutionOut, KeeperDep
from services.registry.licensing.permits.domain import EntryContradictsPermits
from services.registry.stories.corrections import usecases
from shared.domain.clock import utc_now
from shared.domain.wording import Address, Code, Key, Line, Name, Phone, Reason
from shared.http.etags import IfMatch
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/institutions", tags=["institutions"])


class InstitutionPatch(BaseModel):
    """Fields to correct. An absent field stays as it is; null empties a field that may be empty."""

    model_config = ConfigDict(extra="forbid")

    name: Name | MISSING = MISSING
    uscc: Uscc | MISSING | None = MISSING
    permit_no: Key | MISSING | None = MISSING
    kind: Kind | MISSING = MISSING
    mode: Mode | MISSING = MISSING
    profit: Profit | MISSING = MISSING
    stages: list[Stage] | MISSING = MISSING
    status: Status | MISSING = MISSING
    district: Code | MISSING | None = MISSING
    street: Code | MISSING | None = MISSING
    address: Address | MISSING = MISSING
    lon: Longitude | MISSING | None = MISSING
    lat: Latitude | MISSING | None = MISSING
    legal_representative: Line | MISSING | None = MISSING
    phone: Phone | MISSING | None = MISSING
    capacity: Capacity | MISSING | None = MISSING
    external_ref: Key | MISSING | None = MISSING
    reason: Reason | MISSING = MISSING


@router.patch(
    "/{institution_id}",
    response_model=InstitutionOut,
    responses=problems(
        InstitutionNotFound,
        UsccTaken,
        ExternalRefTaken,
        OutsideYourDistrict,
        CoordinatesIncomplete,
        EntryContradictsPermits,
    ),
)
async def change_institution(
    institution_id: UUID,
    body: InstitutionPatch,
    expected: IfMatch,
    caller: KeeperDep,
    session: SessionDep,
) -> Institution:
    """Correct an institution's entry. Send the ETag that you last read in If-Match."""
    changes = body.model_dump()
    reason = changes.pop("reason", None)
    return await usecases.change_institution(
        session, institution_id, changes, expected=expected, reason=reason, caller=caller, at=utc_now()
    )
