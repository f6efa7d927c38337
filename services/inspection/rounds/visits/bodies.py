"""What people and phones say of a visit: the same words on a route and in an offline operation."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.inspection.rounds.discoveries.domain import DiscoveryDetails
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits.domain import Score
from services.inspection.rulebook.checklists.domain import Answers
from services.inspection.rulebook.offences.domain import Finding
from shared.domain.wording import Line, Paragraph


class VisitIn(BaseModel):
    """A visit to plan. Without an institution, it searches the `grid` for an unknown one.

    The client may choose the `id`; a request with the same `id` and content returns the same visit.
    """

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    institution_id: UUID | None = None
    campaign_id: UUID | None = None
    team: Line | None = None
    grid: Line | None = None
    visit_type: Line | None = None
    note: Paragraph | None = None


class StartIn(BaseModel):
    """The colleagues who are there too, by the subject of their tokens."""

    model_config = ConfigDict(extra="forbid")

    inspectors: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    checklist_id: UUID | None = None


class SubmissionIn(BaseModel):
    """The outcome of the visit and the violations found. `passed` is the conclusion, if somebody requested the visit.

    `answers` are the answers to the visit's checklist, by question key; some of them are violations. A visit with the
    outcome `newly_found` may describe its `discovery`, which the ledger then enters as unlicensed.
    """

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    score: Score | None = None
    note: Paragraph | None = None
    passed: bool | None = None
    violations: Annotated[list[Finding], Field(max_length=200)] = Field(default_factory=list)
    answers: Answers | None = None
    discovery: DiscoveryDetails | None = None
