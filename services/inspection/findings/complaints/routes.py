"""`/v1/complaints` for officials, `/v1/public/complaints` for anybody."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Response, status
from pydantic import BaseModel, ConfigDict, computed_field

from services.inspection.field.grids.domain import GridOutsideYourDistrict, GridUnknown
from services.inspection.field.targets.domain import TargetMerged, TargetNotFound
from services.inspection.findings.complaints import queries, usecases
from services.inspection.findings.complaints.domain import (
    Complaint,
    ComplaintContact,
    ComplaintContent,
    ComplaintLookedInto,
    ComplaintNotFound,
    ComplaintOutcome,
    ComplaintOutsideYourDistrict,
    ComplaintState,
    ComplaintStateRefuses,
    ComplaintUnmatched,
    ComplaintUnseen,
    ComplaintVisitOpen,
    Contact,
    ContactMissing,
    HotlineNumberTaken,
    MatchOneThing,
    Receipt,
    ReceiptUnknown,
    Source,
    Subject,
)
from services.inspection.findings.complaints.matching import Candidate
from services.inspection.findings.complaints.queries import ComplaintFilters
from services.inspection.rulebook.norms.domain import NormUnknown
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Key, Paragraph, Reason
from shared.http.idempotency import PersonalData
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow, public
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/complaints", tags=["complaints"])
public_router = service_router(prefix="/v1/public/complaints", tags=["public"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]
ClerkDep = Annotated[Principal, allow("bureau", "district_officer")]
HotlineDep = Annotated[Principal, allow("bureau", "district_officer", "service")]


class PublicComplaintIn(ComplaintContent):
    """A complaint from the public. With a contact, an official can ask back."""

    contact: Contact | None = None


class HotlineComplaintIn(PublicComplaintIn):
    """A complaint from the 12345 hotline, with its hotline number."""

    hotline_no: Key


class ReceiptOut(BaseModel):
    """The receipt. Keep its number: without it the answer cannot be read. `state` has three values for the public."""

    receipt: str
    state: Literal["received", "in_progress", "answered"]
    subject: Subject
    received_on: date
    due_on: date
    outcome: ComplaintOutcome | None
    answer: str | None
    answered_on: date | None


class ComplaintOut(BaseModel):
    """A complaint without its complainant. `version` counts its facts and is its ETag; `overdue` is as of today;
    `hotline_no` is hidden from inspectors."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    source: Source
    hotline_no: str | None
    subject: Subject
    text: str
    institution_name: str | None
    uscc: str | None
    address: str | None
    institution_id: UUID | None
    grid: str | None
    district: str | None
    street: str | None
    team: str | None
    state: ComplaintState
    lead_id: UUID | None
    visit_id: UUID | None
    outcome: ComplaintOutcome | None
    answer: str | None
    received_at: datetime
    due_on: date
    matched_by: str | None
    answered_by: str | None
    answered_at: datetime | None

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def overdue(self) -> bool:
        """Whether the answer is overdue."""
        return self.answered_at is None and self.due_on < china_date(utc_now())


class CandidateOut(BaseModel):
    """An institution that the complaint may be about; `score` is its likeness, up to 100."""

    model_config = ConfigDict(from_attributes=True)

    institution_id: UUID
    name: str
    address: str
    score: int


class CandidatesOut(BaseModel):
    """The likeliest institutions, best first."""

    items: list[CandidateOut]


class MatchIn(BaseModel):
    """The institution that the complaint is about, or the grid."""

    model_config = ConfigDict(extra="forbid")

    institution_id: UUID | None = None
    grid: Key | None = None


class ComplaintVisitIn(BaseModel):
    """Instructions for the team."""

    model_config = ConfigDict(extra="forbid")

    note: Paragraph | None = None


class AnswerIn(BaseModel):
    """What was found, and the answer to the complainant."""

    model_config = ConfigDict(extra="forbid")

    outcome: ComplaintOutcome
    answer: Paragraph


class ContactReadingIn(BaseModel):
    """Why the contact is read."""

    model_config = ConfigDict(extra="forbid")

    purpose: Reason


class ContactOut(PersonalData):
    """The complainant's contact."""

    model_config = ConfigDict(from_attributes=True)

    name: str | None
    phone: str


def _shown(complaint: Complaint, caller: Principal) -> ComplaintOut:
    """A caller who only visits does not get the hotline number: it could identify the complainant."""
    shown = ComplaintOut.model_validate(complaint)
    return shown.model_copy(update={"hotline_no": None}) if queries.only_walks(caller) else shown


@public_router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ReceiptOut,
    responses=problems(NormUnknown),
    dependencies=[public()],
)
async def complain(body: PublicComplaintIn, session: SessionDep, response: Response) -> ReceiptOut:
    """Send a complaint, without a name if you like. Use the receipt number to read the answer."""
    content = ComplaintContent.model_validate(body.model_dump(exclude={"contact"}))
    complaint = await usecases.receive_complaint(session, content, body.contact, at=utc_now())
    response.headers["Location"] = f"/v1/public/complaints/{complaint.receipt}"
    return _receipt(complaint)


@public_router.get("/{receipt}", response_model=ReceiptOut, responses=problems(ReceiptUnknown), dependencies=[public()])
async def get_receipt(receipt: Annotated[Receipt, Path()], session: SessionDep) -> ReceiptOut:
    """The state of a complaint and its answer, for anybody with its receipt number."""
    return _receipt(await queries.by_receipt(session, receipt))


def _receipt(complaint: Complaint) -> ReceiptOut:
    state: Literal["received", "in_progress", "answered"] = "in_progress"
    if complaint.state == ComplaintState.RECEIVED:
        state = "received"
    if complaint.state == ComplaintState.ANSWERED:
        state = "answered"
    return ReceiptOut(
        receipt=complaint.receipt,
        state=state,
        subject=Subject(complaint.subject),
        received_on=china_date(complaint.received_at),
        due_on=complaint.due_on,
        outcome=None if complaint.outcome is None else ComplaintOutcome(complaint.outcome),
        answer=complaint.answer,
        answered_on=None if complaint.answered_at is None else china_date(complaint.answered_at),
    )


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ComplaintOut,
    responses=problems(HotlineNumberTaken, ComplaintOutsideYourDistrict, NormUnknown),
)
async def enter_complaint(
    body: HotlineComplaintIn, caller: HotlineDep, session: SessionDep, response: Response
) -> Complaint:
    """Enter a complaint from the hotline, with its hotline number."""
    content = ComplaintContent.model_validate(body.model_dump(exclude={"contact", "hotline_no"}))
    complaint = await usecases.receive_complaint(
        session, content, body.contact, hotline_no=body.hotline_no, caller=caller, at=utc_now()
    )
    response.headers["Location"] = f"/v1/complaints/{complaint.id}"
    return complaint


@router.get("", response_model=Page[ComplaintOut])
async def list_complaints(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    institution: UUID | None = None,
    state: ComplaintState | None = None,
    subject: Subject | None = None,
    source: Source | None = None,
) -> PageOf[ComplaintOut]:
    """Complaints within the caller's reach, in the order in which they came, without the complainants. Inspectors see
    only those matched to a team."""
    filters = ComplaintFilters(institution, state, subject, source)
    (after,) = page.position(**asdict(filters)) or (None,)
    found = await queries.complaints(session, caller, filters, after=after, limit=page.limit + 1)
    return page.page([_shown(one, caller) for one in found], "id", **asdict(filters))


@router.get(
    "/{complaint_id}",
    response_model=ComplaintOut,
    responses=problems(ComplaintNotFound),
)
async def get_complaint(complaint_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One complaint, with its version as ETag."""
    complaint = await queries.complaint(session, complaint_id, caller)
    return _shown(complaint, caller)


@router.get("/{complaint_id}/candidates", response_model=CandidatesOut, responses=problems(ComplaintNotFound))
async def list_complaint_candidates(
    complaint_id: UUID, caller: ClerkDep, session: SessionDep
) -> dict[str, list[Candidate]]:
    """Institutions that the complaint may be about: by code or permit in the whole city, else by likeness. An official
    decides."""
    return {"items": list(await usecases.candidates_for(session, complaint_id, caller))}


@router.post(
    "/{complaint_id}/match",
    response_model=ComplaintOut,
    responses=problems(
        ComplaintNotFound,
        ComplaintStateRefuses,
        MatchOneThing,
        TargetNotFound,
        TargetMerged,
        GridUnknown,
        GridOutsideYourDistrict,
    ),
)
async def match_complaint(complaint_id: UUID, body: MatchIn, caller: ClerkDep, session: SessionDep) -> Complaint:
    """Match a complaint to an institution or grid. If the same matter is already open, the complaint joins it and gets
    the same answer."""
    return await usecases.match_complaint(
        session, complaint_id, institution_id=body.institution_id, grid=body.grid, caller=caller, at=utc_now()
    )


@router.post(
    "/{complaint_id}/visit",
    response_model=ComplaintOut,
    responses=problems(ComplaintNotFound, ComplaintStateRefuses, ComplaintVisitOpen, ComplaintLookedInto),
)
async def send_team(complaint_id: UUID, body: ComplaintVisitIn, caller: ClerkDep, session: SessionDep) -> Complaint:
    """Plan a visit about the complaint for the team of the grid. After a closed door the next visit is planned
    automatically."""
    return await usecases.send_team(session, complaint_id, note=body.note, caller=caller, at=utc_now())


@router.post(
    "/{complaint_id}/answer",
    response_model=ComplaintOut,
    responses=problems(
        ComplaintNotFound, ComplaintStateRefuses, ComplaintUnmatched, ComplaintVisitOpen, ComplaintUnseen
    ),
)
async def answer_complaint(complaint_id: UUID, body: AnswerIn, caller: ClerkDep, session: SessionDep) -> Complaint:
    """Answer a complaint and every complaint that joined it."""
    return await usecases.answer_complaint(
        session, complaint_id, body.outcome, body.answer, caller=caller, at=utc_now()
    )


@router.post(
    "/{complaint_id}/contact-readings",
    response_model=ContactOut,
    responses=problems(ComplaintNotFound, ContactMissing),
)
async def read_complaint_contact(
    complaint_id: UUID, body: ContactReadingIn, caller: ClerkDep, session: SessionDep
) -> ComplaintContact:
    """Read the complainant's contact. The access is logged with caller, time and reason."""
    return await usecases.read_contact(session, complaint_id, purpose=body.purpose, caller=caller, at=utc_now())
