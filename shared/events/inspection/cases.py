"""Penalty cases, from filing to closure."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events import Event


class CaseProposal(BaseModel):
    """A proposal of a decision to the registry: `notice`, `suspension` (until a day) or `revocation`.

    `legal_basis` is the article of the penalty; `breached` is the legal norm that the act violated.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    cause: str
    legal_basis: str
    until: date | None = None
    breached: str | None = None


class CaseEvent(Event):
    """Every fact of a penalty case carries its violation, offence and place, and the state after the fact."""

    topic: ClassVar[str] = "inspection.cases.v1"

    case_id: UUID
    violation_id: UUID
    institution_id: UUID | None
    offence: str
    grid: str | None
    district: str | None
    street: str | None
    state: str
    at: datetime


class CaseFiled(CaseEvent):
    """A case was filed. It must be decided by `due_on` (Administrative Penalty Law, article 60)."""

    type: ClassVar[str] = "inspection.case.filed.v1"

    found_on: date
    due_on: date


class CaseStepTaken(CaseEvent):
    """A step was recorded: officers, inquiry, preservation, legal_review, statement, hearing_asked, extension …
    For a hearing that was held, `attended` says whether the party came."""

    type: ClassVar[str] = "inspection.case.step_taken.v1"

    step: str
    attended: bool | None = None


class CaseNotified(CaseEvent):
    """The party was notified of the proposed kinds of penalty and of its rights."""

    type: ClassVar[str] = "inspection.case.notified.v1"

    penalties: list[str]


class CaseDecided(CaseEvent):
    """A penalty was decided. `proposals` are addressed to the registry; money is in fen. `aggravations` lists
    aggravating circumstances: serving_teacher, repeat, obstruction."""

    type: ClassVar[str] = "inspection.case.decided.v1"

    penalties: list[str]
    fine_fen: int
    on_the_spot: bool
    proposals: list[CaseProposal]
    aggravations: list[str] = Field(default_factory=list)


class CaseDropped(CaseEvent):
    """A case ended without a penalty: `withdrawn`, `not_punished` or `leniency`."""

    type: ClassVar[str] = "inspection.case.dropped.v1"

    outcome: str
    grounds: str


class CaseServed(CaseEvent):
    """The decision was served; `late` means after the seven working days of article 61."""

    type: ClassVar[str] = "inspection.case.served.v1"

    late: bool


class CasePaid(CaseEvent):
    """A payment was recorded; `late_fen` is the surcharge for late payment."""

    type: ClassVar[str] = "inspection.case.paid.v1"

    amount_fen: int
    paid_fen: int
    late_fen: int


class CaseClosed(CaseEvent):
    """A case was closed: its fine was paid or enforced, or there was nothing to pay."""

    type: ClassVar[str] = "inspection.case.closed.v1"

    outcome: str
    fine_fen: int
