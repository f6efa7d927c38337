"""A case, and its deadlines, as they are answered."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Aggravation, Party, Penalty, Proposal
from services.inspection.penalties.cases.states import CaseState
from services.inspection.rulebook.offences.domain import Gravity
from shared.http.policies import Principal
from shared.http.reach import own_institution


class InquiryOut(BaseModel):
    """An inquiry on file."""

    on: date
    officers: list[str]
    identity_shown: bool
    record: str
    evidence: list[UUID]


class ReviewOut(BaseModel):
    """The legal review. A later hearing or notice sets it aside."""

    on: date
    by: str
    agreed: bool
    opinion: str
    set_aside_on: date | None = None


class NoticeOut(BaseModel):
    """The notice to the party."""

    facts: str
    reasons: str
    basis: str
    penalties: list[Penalty]
    rights_told: bool
    hearing_told: bool
    public_notice: bool = False
    aggravations: list[Aggravation] = Field(default_factory=list)


class StatementOut(BaseModel):
    """A statement of the party."""

    on: date
    by: str
    text: str


class HearingOut(BaseModel):
    """The hearing. `held` is false if the party stayed away, and null until the hearing."""

    chair: str
    held: bool | None
    record: str | None = None
    on: date | None = None


class SupersededOut(BaseModel):
    """A notice that was replaced, and its hearing."""

    notice: NoticeOut
    notified_on: date
    replaced_on: date
    hearing: HearingOut | None


class PartyDecisionOut(BaseModel):
    """The decision, and how it was handed over and enforced."""

    penalties: list[Penalty]
    grounds: str
    aggravations: list[Aggravation] = Field(default_factory=list)
    answer: str | None = None
    collective: bool = False
    on_the_spot: bool = False
    notice: bool = False
    service: str | None = None
    served_late: bool | None = None
    enforcement: str | None = None


class DecisionOut(PartyDecisionOut):
    """The decision, and who made it."""

    by: str


class ProposalAnswerOut(BaseModel):
    """The registry's answer to a proposal of the decision."""

    proposal_id: UUID
    kind: Proposal
    accepted: bool
    on: date


class _OfEveryCase(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    violation_id: UUID
    institution_id: UUID | None
    party: Party
    party_name: str | None
    offence: str
    offence_id: UUID
    state: CaseState
    acts_from: date
    acts_until: date
    found_on: date
    officers: list[str]
    preserved_on: date | None
    settled_on: date | None
    notice: NoticeOut | None
    superseded: list[SupersededOut]
    statements: list[StatementOut]
    hearing_waived: bool
    hearing_asked_on: date | None
    hearing_on: date | None
    hearing: HearingOut | None
    answers: list[ProposalAnswerOut]
    owed_fen: int
    fine_fen: int
    paid_fen: int
    outcome: str | None
    due_on: date
    notified_on: date | None
    decided_on: date | None
    served_on: date | None
    paid_on: date | None
    enforced_on: date | None
    closed_on: date | None


class PartyCaseOut(_OfEveryCase):
    """A penalty case as its party sees it: notices, statements and obligations. The inquiries and the legal review are
    left out: inquiries name witnesses, and the review is internal."""

    decision: PartyDecisionOut | None


class CaseOut(_OfEveryCase):
    """A penalty case. `version` counts its facts and is its ETag; money is in fen."""

    grid: str | None
    district: str | None
    street: str | None
    team: str | None
    grounds: str
    harmful: bool
    gravity: Gravity
    illegal_income_fen: int
    aggravations: list[Aggravation]
    recused: list[str]
    inquiries: list[InquiryOut]
    exhibits: list[UUID]
    review: ReviewOut | None
    decision: DecisionOut | None
    filed_by: str
    filed_at: datetime
    extended_by: str | None
    extension_reason: str | None


def as_read_by(caller: Principal, case: Case) -> CaseOut | PartyCaseOut:
    shape = CaseOut if own_institution(caller) is None else PartyCaseOut
    return shape.model_validate(case)
