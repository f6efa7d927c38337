"""`/v1/violations`."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict, computed_field

from services.inspection.field.grids.domain import GridOutsideYourDistrict, GridUnknown
from services.inspection.field.targets.domain import TargetMerged, TargetNotFound
from services.inspection.findings.violations import queries, usecases
from services.inspection.findings.violations.domain import (
    DeadlineExtended,
    DeadlinePassed,
    DeadlineUnknown,
    DueOnPast,
    ExtensionTooEarly,
    FoundInFuture,
    LooseFinding,
    PlaceMissing,
    Severity,
    Violation,
    ViolationNotAwaitingOrder,
    ViolationNotFound,
    ViolationNotUnderOrder,
    ViolationState,
    is_overdue,
)
from services.inspection.findings.violations.queries import ViolationFilters
from services.inspection.rulebook.offences.domain import OffenceUnknown
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, Day, Paragraph, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/violations", tags=["violations"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
ReporterDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]


class ViolationIn(LooseFinding):
    """A violation to report."""


class RectificationOrderIn(BaseModel):
    """What to rectify, and by when. Without a day, the offence's deadline applies, else the default for the
    severity."""

    model_config = ConfigDict(extra="forbid")

    requirement: Paragraph
    due_on: Day | None = None


class ExtensionIn(BaseModel):
    """The new deadline, and why."""

    model_config = ConfigDict(extra="forbid")

    due_on: Day
    reason: Reason


class ViolationOut(BaseModel):
    """A violation. `version` counts its facts and is its ETag; `offence_id` is the version of the offence that applies
    to it; `overdue` is as of today."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    visit_id: UUID | None
    institution_id: UUID | None
    grid: str | None
    district: str | None
    street: str | None
    team: str | None
    offence: str | None
    offence_id: UUID | None
    severity: Severity
    description: str
    clause: str | None
    found_on: date
    state: ViolationState
    due_on: date | None
    requirement: str | None
    extended_at: datetime | None
    extended_by: str | None
    extension_reason: str | None
    statement: str | None
    rectified_at: datetime | None
    evidence: list[UUID]
    verification_visit_id: UUID | None
    verified_by: str | None
    verification_note: str | None
    withdrawn_by: str | None
    withdrawal_reason: str | None
    external_ref: str | None
    reported_at: datetime
    closed_at: datetime | None

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def overdue(self) -> bool:
        """Whether the deadline has passed without a report of the rectification."""
        return is_overdue(self.state, self.due_on, on=china_date(utc_now()))


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ViolationOut,
    responses=problems(
        TargetNotFound,
        TargetMerged,
        PlaceMissing,
        FoundInFuture,
        OffenceUnknown,
        GridUnknown,
        GridOutsideYourDistrict,
    ),
)
async def report_violation(
    body: ViolationIn, caller: ReporterDep, session: SessionDep, response: Response
) -> Violation:
    """Report a violation found outside a visit."""
    violation = await usecases.report_violation(
        session,
        body.finding,
        institution_id=body.institution_id,
        grid=body.grid,
        found_on=body.found_on,
        caller=caller,
        at=utc_now(),
    )
    response.headers["Location"] = f"/v1/violations/{violation.id}"
    return violation


@router.get("", response_model=Page[ViolationOut])
async def list_violations(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    institution: UUID | None = None,
    visit: UUID | None = None,
    state: ViolationState | None = None,
    severity: Severity | None = None,
    grid: Annotated[str | None, KEY, Query(max_length=100)] = None,
    offence: Annotated[str | None, KEY, Query(max_length=100)] = None,
    overdue: Annotated[bool, Query(description="Only overdue violations.")] = False,
) -> PageOf[Violation]:
    """Violations within the caller's reach, in the order of their reports."""
    filters = ViolationFilters(institution, visit, state, severity, grid, offence)
    binding = {**asdict(filters), "overdue": overdue}
    (after,) = page.position(**binding) or (None,)
    found = await queries.violations(
        session,
        caller,
        filters,
        overdue_on=china_date(utc_now()) if overdue else None,
        after=after,
        limit=page.limit + 1,
    )
    return page.page(found, "id", **binding)


@router.get(
    "/{violation_id}",
    response_model=ViolationOut,
    responses=problems(ViolationNotFound),
)
async def get_violation(violation_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One violation, with its version as ETag."""
    return await queries.violation(session, violation_id, caller)


@router.post(
    "/{violation_id}/rectification-order",
    response_model=ViolationOut,
    responses=problems(ViolationNotFound, ViolationNotAwaitingOrder, DueOnPast, DeadlineUnknown),
)
async def order_rectification(
    violation_id: UUID, body: RectificationOrderIn, caller: ReporterDep, session: SessionDep
) -> Violation:
    """Order the institution to rectify the violation by a day."""
    return await usecases.order_rectification(
        session, violation_id, due_on=body.due_on, requirement=body.requirement, caller=caller, at=utc_now()
    )


@router.post(
    "/{violation_id}/extension",
    response_model=ViolationOut,
    responses=problems(ViolationNotFound, ViolationNotUnderOrder, DeadlineExtended, DeadlinePassed, ExtensionTooEarly),
)
async def extend_rectification(
    violation_id: UUID,
    body: ExtensionIn,
    caller: Annotated[Principal, allow("bureau", "district_officer")],
    session: SessionDep,
) -> Violation:
    """Extend the deadline: once, and before it has passed."""
    return await usecases.extend_deadline(
        session, violation_id, due_on=body.due_on, reason=body.reason, caller=caller, at=utc_now()
    )
