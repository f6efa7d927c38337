"""Where a phone reads on: the cursor of the feed, and what an answer holds.

A reading goes through everything that was written in transaction `floor` or later, page by page. When it is through,
the next one begins at the oldest transaction that was open when this one began: what that one commits late is not
missed, and what was seen already comes again, which does a phone no harm.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import orjson
from pydantic import BaseModel

from services.inspection.findings.violations.domain import ViolationState
from services.inspection.rounds.campaigns.domain import TargetState
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits.domain import Purpose, VisitState
from services.inspection.rulebook.offences.domain import Severity
from services.inspection.stories.sync.domain import Choice, OperationKind, Verdict
from shared.http.paging import Cursors

FIRST = (0, 0, UUID(int=0))
"""Before everything."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a phone has read in this history of the database, while its team had this version."""

    epoch: str
    team_version: int
    floor: int
    next_floor: int
    position: tuple[int, int, UUID]

    @classmethod
    def read(cls, cursors: Cursors, cursor: str, **binding: object) -> Self:
        epoch, team_version, floor, next_floor, changed_in, kind, last = cursors.decode(cursor, feed=True, **binding)
        return cls(epoch, team_version, floor, next_floor, (changed_in, kind, UUID(last)))

    @classmethod
    def to_read_on(cls, known: Self | None, at: Any) -> tuple[Self, bool]:
        """Where to read from, and whether the phone must discard what it has."""
        here = (at["epoch"], at["team_version"])
        # A mark ahead of what was ever open: an older copy of the same disk came back.
        if known is None or (known.epoch, known.team_version) != here or known.next_floor > at["horizon"]:
            return cls(at["epoch"], at["team_version"], 0, at["horizon"], FIRST), True
        if known.position == FIRST:
            return replace(known, next_floor=at["horizon"]), False
        return known, False

    def after_page(self, last: str | None, *, more: bool) -> Self:
        """The mark after this page, or the start of the next pull."""
        if not more or last is None:
            return replace(self, floor=self.next_floor, position=FIRST)
        changed_in, kind, one = orjson.loads(last)
        return replace(self, position=(changed_in, kind, UUID(one)))

    def write(self, cursors: Cursors, **binding: object) -> str:
        changed_in, kind, last = self.position
        position = [self.epoch, self.team_version, self.floor, self.next_floor, changed_in, kind, str(last)]
        return cursors.encode(position, feed=True, **binding)


class ChangedInstitution(BaseModel):
    """An institution in the team's grids."""

    institution_id: UUID
    version: int
    name: str
    address: str
    kind: str
    status: str
    district: str | None
    street: str | None
    grid: str | None
    lon: float | None
    lat: float | None
    last_visited_on: date | None


class Door(BaseModel):
    """Where to go, as the ledger knew it when this was told: the institution may lie in another team's grids."""

    name: str | None
    address: str | None
    lon: float | None
    lat: float | None


class ChangedAssignment(Door):
    """An assignment: a target of a campaign's frozen list that is assigned to the team."""

    target_id: UUID
    campaign_id: UUID
    institution_id: UUID
    grid: str | None
    state: TargetState
    reason: str | None
    visit_id: UUID | None
    attempts: int


class ChangedVisit(Door):
    """A visit of the team. `version` is the base version for the phone's operations on it."""

    visit_id: UUID
    version: int
    institution_id: UUID | None
    campaign_id: UUID | None
    grid: str | None
    state: VisitState
    outcome: Outcome | None
    visited_on: date | None
    inspectors: list[str]
    visit_type: str | None
    note: str | None
    review_note: str | None
    purpose: Purpose | None
    checklist_id: UUID | None


class ChangedViolation(BaseModel):
    """A violation assigned to the team."""

    violation_id: UUID
    version: int
    institution_id: UUID | None
    visit_id: UUID | None
    offence: str | None
    severity: Severity
    description: str
    state: ViolationState
    due_on: date | None
    requirement: str | None
    statement: str | None


class ChangedOperation(BaseModel):
    """A verdict on an operation of this phone that changed after its batch was answered."""

    operation_id: UUID
    kind: OperationKind
    entity_id: UUID
    verdict: Verdict
    code: str | None
    entity_version: int | None
    theirs: dict[str, Any] | None
    resolution: Choice | None
    resolution_reason: str | None


class Departure(BaseModel):
    """An institution that left the team's grids. Work already assigned stays with the team."""

    institution_id: UUID
    grid: str | None


class ChangesOut(BaseModel):
    """The changed records, as they are now. With `reset`, a phone deletes what it has before it applies them."""

    reset: bool
    more: bool
    next_cursor: str
    server_time: datetime
    institutions: list[ChangedInstitution]
    assignments: list[ChangedAssignment]
    visits: list[ChangedVisit]
    violations: list[ChangedViolation]
    operations: list[ChangedOperation]
    departures: list[Departure]
