"""`/v1/permit-applications`: apply for a permit, examine the application, decide it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Body, Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.registry.ledger.institutions.domain import (
    ExternalRefTaken,
    InstitutionEnded,
    InstitutionNotFound,
    Kind,
    OutsideYourDistrict,
    Stage,
    UsccTaken,
)
from services.registry.licensing.applications import queries, usecases
from services.registry.licensing.applications.domain import (
    AcceptedByLaw,
    ApplicantUnclear,
    Application,
    ApplicationNotFound,
    ApplicationNotReady,
    ApplicationState,
    ApprovalClosed,
    Document,
    DocumentsMissing,
    DocumentUnknown,
    ExtendedAlready,
    MissingNotToldAtOnce,
    NotYourDecision,
    PlaceUnknown,
    RequiredNotNamed,
    SiteVisitFailed,
    SiteVisitMissing,
    Wish,
)
from services.registry.licensing.applications.queries import Filters
from services.registry.licensing.applications.usecases import Grant
from services.registry.licensing.permits.domain import (
    EndNotLater,
    PermitInForceAlready,
    PermitNumberTaken,
    Validity,
    ValidityReversed,
)
from services.registry.rulebook.procedures.domain import Matter, NoProcedure, Slug
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, Day, Key, Paragraph, Reason
from shared.http.etags import IfMatch
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/permit-applications", tags=["permit applications"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "operator", "auditor", "service")]
ApplicantDep = Annotated[Principal, allow("operator", "bureau", "district_officer")]
OfficeDep = Annotated[Principal, allow("bureau", "district_officer")]


class ApplicationIn(Wish):
    """The permit applied for. Name `institution_id`, or describe a `newcomer` that is not in the ledger yet."""


class ClockOut(BaseModel):
    """A statutory clock. `provisional` means that it runs into a year whose calendar is not published yet."""

    model_config = ConfigDict(from_attributes=True)

    due_on: date
    provisional: bool
    overdue: bool


class ApplicationOut(BaseModel):
    """An application with its two clocks: that of the present state, and that from acceptance to decision."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    matter: Matter
    state: ApplicationState
    state_clock: ClockOut | None
    overall_clock: ClockOut | None
    applicant: str
    institution_id: UUID | None
    newcomer: dict[str, Any] | None
    kind: Kind
    stages: list[Stage]
    subjects: list[str]
    site: str
    district: str | None
    street: str | None
    documents: list[Document]
    procedure_id: UUID | None
    drafted_at: datetime
    changed_at: datetime
    state_since: date
    submitted_on: date | None
    accepted_on: date | None
    extended_because: str | None
    received_on: date | None
    told_missing: list[str] | None
    told_late: list[str] | None
    untold: list[str] | None
    return_note: str | None
    site_visit_id: UUID | None
    site_visit_outcome: str | None
    site_visit_passed: bool | None
    decided_at: datetime | None
    permit_id: UUID | None
    grounds: str | None
    legal_basis: str | None

    @classmethod
    def of(cls, application: Application, on: date) -> Self:
        clocks = {"state_clock": application.state_clock(on), "overall_clock": application.overall_clock(on)}
        return cls.model_validate({name: getattr(application, name) for name in _STORED} | clocks)


_STORED = [name for name in ApplicationOut.model_fields if not name.endswith("_clock")]


class ReturnIn(BaseModel):
    """All documents that are missing, as codes of the procedure.

    With `acknowledged`, the office confirms that required documents stay unlisted, or that some are listed too late.
    """

    model_config = ConfigDict(extra="forbid")

    missing: Annotated[list[Slug], Field(min_length=1, max_length=50)]
    note: Reason | None = None
    acknowledged: bool = False


class ApplicationWithdrawalIn(BaseModel):
    """Why it is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason | None = None


class ExtensionIn(BaseModel):
    """Why the decision needs more time."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class GrantIn(BaseModel):
    """Grant the permit. Without `number`, it gets the district's next number."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["granted"]
    valid_from: Day
    valid_to: Day
    number: Key | None = None


class RefusalIn(BaseModel):
    """Refuse the permit, with the grounds and the legal provision."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["refused"]
    grounds: Paragraph
    legal_basis: Reason


DecisionIn = Annotated[GrantIn | RefusalIn, Body(discriminator="outcome")]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ApplicationOut,
    responses=problems(InstitutionNotFound, InstitutionEnded, ApplicantUnclear, PlaceUnknown, OutsideYourDistrict),
)
async def draft_application(
    body: ApplicationIn, caller: ApplicantDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Draft an application."""
    application = await usecases.draft_application(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/permit-applications/{application.id}"
    return _shown(application, response)


@router.get("", response_model=Page[ApplicationOut])
async def list_applications(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    state: ApplicationState | None = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    institution: UUID | None = None,
    overdue: bool | None = None,
) -> PageOf[ApplicationOut]:
    """Applications within the caller's reach, oldest first. `overdue` selects those with an expired clock."""
    today = china_date(utc_now())
    binding = {"state": state, "district": district, "institution": institution, "overdue": overdue}
    (after,) = page.position(**binding) or (None,)
    found = await queries.applications(
        session,
        caller,
        Filters(state, district, institution, overdue),
        on=today,
        after=None if after is None else UUID(after),
        limit=page.limit + 1,
    )
    return page.page([ApplicationOut.of(one, today) for one in found], "id", **binding)


@router.get("/{application_id}", response_model=ApplicationOut, responses=problems(ApplicationNotFound))
async def get_application(
    application_id: UUID, caller: ReaderDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """One application with its clocks."""
    return _shown(await queries.application(session, application_id, caller), response)


@router.put(
    "/{application_id}",
    response_model=ApplicationOut,
    responses=problems(
        ApplicationNotFound,
        ApplicationNotReady,
        InstitutionNotFound,
        InstitutionEnded,
        ApplicantUnclear,
        PlaceUnknown,
        OutsideYourDistrict,
    ),
)
async def change_application(
    application_id: UUID,
    body: ApplicationIn,
    expected: IfMatch,
    caller: ApplicantDep,
    session: SessionDep,
    response: Response,
) -> ApplicationOut:
    """Replace the content of a draft or of a returned application."""
    application = await usecases.change_application(
        session, application_id, body, expected=expected, caller=caller, at=utc_now()
    )
    return _shown(application, response)


@router.post(
    "/{application_id}/submission",
    response_model=ApplicationOut,
    responses=problems(
        ApplicationNotFound,
        ApplicationNotReady,
        ApprovalClosed,
        DocumentUnknown,
        NoProcedure,
        UsccTaken,
        ExternalRefTaken,
    ),
)
async def submit_application(
    application_id: UUID, caller: ApplicantDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Submit an application. A newcomer is entered in the ledger as `applying`."""
    return _shown(await usecases.submit_application(session, application_id, caller=caller, at=utc_now()), response)


@router.post(
    "/{application_id}/return",
    response_model=ApplicationOut,
    responses=problems(
        ApplicationNotFound,
        ApplicationNotReady,
        AcceptedByLaw,
        DocumentUnknown,
        MissingNotToldAtOnce,
        RequiredNotNamed,
        NoProcedure,
    ),
)
async def return_application(
    application_id: UUID, body: ReturnIn, caller: OfficeDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Return an application to its applicant with the list of all missing documents.

    If required documents are missing and not listed, the request is refused and names them. If documents are listed
    after the legal time limit, the application counts as accepted on the day of its receipt.
    """
    application = await usecases.return_application(
        session,
        application_id,
        body.missing,
        note=body.note,
        acknowledged=body.acknowledged,
        caller=caller,
        at=utc_now(),
    )
    return _shown(application, response)


@router.post(
    "/{application_id}/acceptance",
    response_model=ApplicationOut,
    responses=problems(ApplicationNotFound, ApplicationNotReady, DocumentsMissing, NoProcedure),
)
async def accept_application(
    application_id: UUID, caller: OfficeDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Accept an application as complete. Its overall clock starts."""
    return _shown(await usecases.accept_application(session, application_id, caller=caller, at=utc_now()), response)


@router.post(
    "/{application_id}/site-visit-request",
    response_model=ApplicationOut,
    responses=problems(ApplicationNotFound, ApplicationNotReady, NoProcedure),
)
async def request_site_visit(
    application_id: UUID, caller: OfficeDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Request a site visit from inspection. Its result arrives by event."""
    return _shown(await usecases.request_site_visit(session, application_id, caller=caller, at=utc_now()), response)


@router.post(
    "/{application_id}/extension",
    response_model=ApplicationOut,
    responses=problems(ApplicationNotFound, ApplicationNotReady, ExtendedAlready, NotYourDecision, NoProcedure),
)
async def extend_application(
    application_id: UUID, body: ExtensionIn, caller: OfficeDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Extend the time for the decision, once, and tell the applicant why."""
    application = await usecases.extend_application(
        session, application_id, cause=body.reason, caller=caller, at=utc_now()
    )
    return _shown(application, response)


@router.post(
    "/{application_id}/decision",
    response_model=ApplicationOut,
    responses=problems(
        ApplicationNotFound,
        ApplicationNotReady,
        NotYourDecision,
        ApprovalClosed,
        SiteVisitMissing,
        SiteVisitFailed,
        InstitutionEnded,
        PermitInForceAlready,
        PermitNumberTaken,
        EndNotLater,
        ValidityReversed,
        NoProcedure,
    ),
)
async def decide_application(
    application_id: UUID, body: DecisionIn, caller: OfficeDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Grant the permit, or refuse it with grounds."""
    at = utc_now()
    if isinstance(body, GrantIn):
        grant = Grant(Validity(body.valid_from, body.valid_to), body.number)
        application = await usecases.grant_application(session, application_id, grant, caller=caller, at=at)
    else:
        application = await usecases.refuse_application(
            session, application_id, grounds=body.grounds, legal_basis=body.legal_basis, caller=caller, at=at
        )
    return _shown(application, response)


@router.post(
    "/{application_id}/withdrawal",
    response_model=ApplicationOut,
    responses=problems(ApplicationNotFound, ApplicationNotReady),
)
async def withdraw_application(
    application_id: UUID, body: ApplicationWithdrawalIn, caller: ApplicantDep, session: SessionDep, response: Response
) -> ApplicationOut:
    """Withdraw an application."""
    application = await usecases.withdraw_application(
        session, application_id, reason=body.reason, caller=caller, at=utc_now()
    )
    return _shown(application, response)


def _shown(application: Application, response: Response) -> ApplicationOut:
    return ApplicationOut.of(application, china_date(utc_now()))
