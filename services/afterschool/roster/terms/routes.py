"""`/v1/terms`."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.terms import queries
from services.afterschool.roster.terms.domain import Term
from shared.domain.wording import KEY, Day
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, service_router

router = service_router(prefix="/v1/terms", tags=["schools"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]


class TermOut(BaseModel):
    """A school term. A null `district` means the whole city."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    district: str | None
    starts_on: date
    ends_on: date


class TermsOut(BaseModel):
    """Terms in the order of their first days."""

    model_config = ConfigDict(from_attributes=True)

    items: list[TermOut]


@router.get("", response_model=TermsOut)
async def list_terms(
    _: ReaderDep,
    session: SessionDep,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    on: Annotated[Day | None, Query()] = None,
) -> dict[str, Sequence[Term]]:
    """The school terms in force, as the registry's calendar has them."""
    return {"items": await queries.terms(session, district=district, on=on)}
