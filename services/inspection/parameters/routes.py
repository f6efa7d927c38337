"""`/v1/parameters`."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.parameters import queries, usecases
from services.inspection.parameters.domain import Name, Parameter, ParameterDecided, ParameterDetails
from shared.clock import utc_now
from shared.etags import set_etag
from shared.policies import Principal, allow
from shared.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/parameters", tags=["parameters"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class ParameterIn(ParameterDetails):
    """A number to decide."""


class ParameterOut(BaseModel):
    """A number, from its day on until a later row of the same name."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    name: Name
    valid_from: date
    value: int
    source: str
    to_be_confirmed: bool


@router.get("", response_model=list[ParameterOut])
async def list_parameters(caller: ReaderDep, session: SessionDep) -> Sequence[Parameter]:
    """Every number ever decided, by name and day."""
    return await queries.parameters(session)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=ParameterOut, responses=problems(ParameterDecided))
async def decide_parameter(
    body: ParameterIn, caller: Annotated[Principal, allow("bureau")], session: SessionDep, response: Response
) -> Parameter:
    """Let a number hold from a day on, with its source."""
    parameter = await usecases.decide_parameter(session, body, at=utc_now())
    set_etag(response, parameter)
    return parameter
