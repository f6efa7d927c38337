"""`/v1/institutions/{id}/transformations`: a change of an institution's kind, or its closure."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import InstitutionEnded, InstitutionNotFound
from services.registry.licensing.transformations import queries, usecases
from services.registry.licensing.transformations.domain import (
    DoneInFuture,
    StepDoneAlready,
    StepNotFound,
    StepsOpen,
    Target,
    Transformation,
    TransformationNotFound,
    TransformationOver,
    TransformationPointless,
    TransformationRunning,
    TransformationState,
)
from services.registry.rulebook.procedures.domain import NoProcedure, PermitFate
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Day, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

_OF_ONE = "/v1/institutions/{institution_id}/transformations"

router = service_router(prefix=_OF_ONE, tags=["transformations"])
overview: APIRouter = service_router(prefix="/v1/transformations", tags=["transformations"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]


class TransformationIn(BaseModel):
    """The target of the transformation."""

    model_config = ConfigDict(extra="forbid")

    target: Target
    reason: Reason | None = None


class StepIn(BaseModel):
    """The day on which the step was done. Default: today."""

    model_config = ConfigDict(extra="forbid")

    done_on: Day | None = None
    note: Reason | None = None


class AbandonmentIn(BaseModel):
    """Why it is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class StepOut(BaseModel):
    code: str
    name: str
    due_on: date
    done_on: date | None
    note: str | None


class TransformationOut(BaseModel):
    """A transformation. `permit` says what happens to the permits. `provisional` means that a due day is in an
    unpublished year."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID
    target: Target
    state: TransformationState
    procedure_id: UUID
    permit: PermitFate
    steps: list[StepOut]
    district: str | None
    street: str | None
    started_on: date
    due_on: date
    provisional: bool
    overdue: bool
    ended_on: date | None

    @classmethod
    def of(cls, transformation: Transformation, on: date) -> Self:
        stored = {name: getattr(transformation, name) for name in cls.model_fields if name != "overdue"}
        return cls.model_validate(stored | {"overdue": transformation.overdue_on(on)})


@overview.get("", response_model=Page[TransformationOut])
async def list_transformations(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    state: TransformationState | None = None,
    target: Target | None = None,
) -> PageOf[TransformationOut]:
    """Transformations within the caller's reach, oldest first."""
    today = china_date(utc_now())
    (after,) = page.position(state=state, target=target) or (None,)
    found = await queries.transformations(
        session,
        caller,
        state=state,
        target=target,
        after=None if after is None else UUID(after),
        limit=page.limit + 1,
    )
    return page.page([TransformationOut.of(one, today) for one in found], "id", state=state, target=target)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=TransformationOut,
    responses=problems(
        InstitutionNotFound, InstitutionEnded, NoProcedure, TransformationPointless, TransformationRunning
    ),
)
async def start_transformation(
    institution_id: UUID, body: TransformationIn, caller: KeeperDep, session: SessionDep, response: Response
) -> TransformationOut:
    """Start a transformation. The procedure in force gives its steps and their due days."""
    transformation = await usecases.start_transformation(
        session, institution_id, body.target, reason=body.reason, caller=caller, at=utc_now()
    )
    return _shown(transformation, response)


@router.get("", response_model=list[TransformationOut], responses=problems(InstitutionNotFound))
async def list_transformations_of(
    institution_id: UUID, caller: ReaderDep, session: SessionDep
) -> list[TransformationOut]:
    """Every transformation of one institution, oldest first."""
    await institutions.institution(session, institution_id, caller)
    today = china_date(utc_now())
    return [TransformationOut.of(one, today) for one in await queries.transformations_of(session, institution_id)]


@router.post(
    "/{transformation_id}/steps/{step}/completion",
    response_model=TransformationOut,
    responses=problems(
        InstitutionNotFound, TransformationNotFound, StepNotFound, StepDoneAlready, TransformationOver, DoneInFuture
    ),
)
async def finish_step(
    institution_id: UUID,
    transformation_id: UUID,
    step: str,
    body: StepIn,
    caller: KeeperDep,
    session: SessionDep,
    response: Response,
) -> TransformationOut:
    """Record that a step is done."""
    at = utc_now()
    transformation = await usecases.finish_step(
        session,
        institution_id,
        transformation_id,
        step,
        done_on=body.done_on or china_date(at),
        note=body.note,
        caller=caller,
        at=at,
    )
    return _shown(transformation, response)


@router.post(
    "/{transformation_id}/completion",
    response_model=TransformationOut,
    responses=problems(InstitutionNotFound, TransformationNotFound, TransformationOver, StepsOpen),
)
async def complete_transformation(
    institution_id: UUID, transformation_id: UUID, caller: KeeperDep, session: SessionDep, response: Response
) -> TransformationOut:
    """Complete a transformation whose steps are all done. The institution changes, and its permits are kept or
    cancelled."""
    transformation = await usecases.complete_transformation(
        session, institution_id, transformation_id, caller=caller, at=utc_now()
    )
    return _shown(transformation, response)


@router.post(
    "/{transformation_id}/abandonment",
    response_model=TransformationOut,
    responses=problems(InstitutionNotFound, TransformationNotFound, TransformationOver),
)
async def abandon_transformation(
    institution_id: UUID,
    transformation_id: UUID,
    body: AbandonmentIn,
    caller: KeeperDep,
    session: SessionDep,
    response: Response,
) -> TransformationOut:
    """Abandon a transformation. The institution stays as it was."""
    transformation = await usecases.abandon_transformation(
        session, institution_id, transformation_id, reason=body.reason, caller=caller, at=utc_now()
    )
    return _shown(transformation, response)


def _shown(transformation: Transformation, response: Response) -> TransformationOut:
    return TransformationOut.of(transformation, china_date(utc_now()))
