"""What people and phones say of a visit: the same words on a route and in an offline operation."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.inspection.field.places import Outcome
from services.inspection.rounds.discoveries.domain import DiscoveryDetails
from services.inspection.rounds.visits.domain import Score
from services.inspection.rulebook.checklists.domain import Answers
from services.inspection.rulebook.offences.domain import Finding
from shared.domain.wording import Line, Paragraph


class VisitIn(BaseModel):
    """A visit to plan. Without an institution it looks for an unknown one, in `grid`.

    `id` may be made by the client: sent again with the same content it is the same visit.
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
    """Who is there besides the caller: subjects of their tokens."""

    model_config = ConfigDict(extra="forbid")

    inspectors: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    checklist_id: UUID | None = None


class SubmissionIn(BaseModel):
    """How the visit ended, and what was found wrong. `passed` is the answer to whoever asked for the visit.

    `answers` are those to the checklist it was started with, by the keys of its questions; some are violations. A visit
    that ends as newly_found may describe its `discovery`: the ledger then enters it as unlicensed.
    """

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    score: Score | None = None
    note: Paragraph | None = None
    passed: bool | None = None
    violations: Annotated[list[Finding], Field(max_length=200)] = Field(default_factory=list)
    answers: Answers | None = None
    discovery: DiscoveryDetails | None = None
