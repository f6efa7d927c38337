"""`/v1/cases`: the notice to the party, its statement and its hearing."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Notice, Statement
from services.inspection.penalties.cases.refusals import (
    CaseNotFound,
    CaseStateRefuses,
    ChairInvolved,
    FineOutOfRange,
    HarsherThanNotified,
    HearingAskedLate,
    HearingHeld,
    HearingNoticeShort,
    HearingRightUntold,
    NoHearingRight,
    NoticeMissing,
    OfficerRecused,
    OfficersMissing,
    PenaltyUnfounded,
    SuspensionOver,
)
from services.inspection.penalties.cases.shapes import CaseOut, PartyCaseOut, as_read_by
from services.inspection.penalties.hearing import usecases
from services.inspection.rulebook.norms.domain import NormUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import Day, Line, Paragraph
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

OfficialDep = Annotated[Principal, allow("bureau", "district_officer")]
PartyDep = Annotated[Principal, allow("bureau", "district_officer", "operator")]


class PenaltyNoticeIn(Notice):
    """The facts, reasons, basis and proposed penalties, and whether the party was told its rights."""


class StatementIn(Statement):
    """The party's statement on the notice."""


class HearingIn(BaseModel):
    """The day of the hearing, and who chairs it."""

    model_config = ConfigDict(extra="forbid")

    on: Day
    chair: Line


class HearingRecordIn(BaseModel):
    """The record of the hearing, and whether the party attended."""

    model_config = ConfigDict(extra="forbid")

    attended: bool
    record: Paragraph


@router.post(
    "/{case_id}/penalty-notice",
    response_model=CaseOut,
    responses=problems(
        CaseNotFound,
        CaseStateRefuses,
        NoticeMissing,
        HearingRightUntold,
        HarsherThanNotified,
        PenaltyUnfounded,
        FineOutOfRange,
        SuspensionOver,
        OfficersMissing,
        OfficerRecused,
        NormUnknown,
    ),
)
async def notify_party(case_id: UUID, body: PenaltyNoticeIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Notify the party of the proposed penalties, their facts and basis, and its rights. Until the decision, a new
    notice replaces the earlier one."""
    return await usecases.notify_party(session, case_id, body, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/statement", response_model=CaseOut | PartyCaseOut, responses=problems(CaseNotFound, CaseStateRefuses)
)
async def take_statement(
    case_id: UUID, body: StatementIn, caller: PartyDep, session: SessionDep
) -> CaseOut | PartyCaseOut:
    """Record the party's statement, as the party or as an official who writes it down."""
    case = await usecases.take_statement(session, case_id, body, caller=caller, at=utc_now())
    return as_read_by(caller, case)


@router.post(
    "/{case_id}/hearing-request",
    response_model=CaseOut | PartyCaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, NoHearingRight, HearingAskedLate),
)
async def ask_hearing(case_id: UUID, caller: PartyDep, session: SessionDep) -> CaseOut | PartyCaseOut:
    """Ask for a hearing, within five working days of the notice."""
    case = await usecases.ask_hearing(session, case_id, caller=caller, at=utc_now())
    return as_read_by(caller, case)


@router.post(
    "/{case_id}/hearing",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused, ChairInvolved, HearingNoticeShort, HearingHeld),
)
async def call_hearing(case_id: UUID, body: HearingIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Set the day of the hearing, and tell the party at least seven working days before it."""
    return await usecases.call_hearing(session, case_id, on=body.on, chair=body.chair, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/hearing-record",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused, ChairInvolved, HearingNoticeShort, HearingHeld),
)
async def record_hearing(case_id: UUID, body: HearingRecordIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record the hearing, on its day or later."""
    return await usecases.record_hearing(
        session, case_id, attended=body.attended, record=body.record, caller=caller, at=utc_now()
    )
