"""`/v1/settlements`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.afterschool.finance.settlements import queries
from services.afterschool.programme.providers.domain import ProviderNotFound
from shared.domain.wording import Day
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/settlements", tags=["finance"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]


class SettlementLineOut(BaseModel):
    """Sessions of one offering that a provider delivered, by one of its people, or by nobody named (null)."""

    model_config = ConfigDict(from_attributes=True)

    offering_id: UUID
    school_id: UUID
    outside_person_id: UUID | None
    sessions: int
    minutes: int


class SettlementOut(BaseModel):
    """What is to be settled with a provider: the sessions held from `first` to `last`, and their sums.

    A session that a substitute took, that was cancelled, or of which the person from outside is not recorded as
    present, does not count.
    """

    institution_id: UUID
    first: date
    last: date
    lines: list[SettlementLineOut]
    sessions: int
    minutes: int


@router.get("/{institution_id}", response_model=SettlementOut, responses=problems(ProviderNotFound))
async def get_settlement(
    institution_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    first: Annotated[Day, Query()],
    last: Annotated[Day, Query()],
) -> SettlementOut:
    """The sessions that a provider delivered. Officers see those in their district, staff those of their school."""
    found = await queries.delivered_by(session, institution_id, first=first, last=last, caller=caller)
    return SettlementOut(
        institution_id=institution_id,
        first=first,
        last=last,
        lines=[SettlementLineOut.model_validate(line) for line in found],
        sessions=sum(line.sessions for line in found),
        minutes=sum(line.minutes for line in found),
    )
