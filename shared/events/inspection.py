"""What inspection publishes: grids, teams, where each institution was placed, campaigns, visits and violations."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class GridSetActivated(Event):
    """A version of the street grid came into force and replaced the one before; `codes` are its grids."""

    type: ClassVar[str] = "inspection.grid_set.activated.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    codes: list[str]
    valid_from: date
    at: datetime


class GridSetScheduled(Event):
    """A version of the street grid was imported that begins on a day to come."""

    type: ClassVar[str] = "inspection.grid_set.scheduled.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    codes: list[str]
    valid_from: date
    at: datetime


class TeamFormed(Event):
    """A street team was formed, or changed; `grids` are grid codes, `leader` and `members` subjects of tokens."""

    type: ClassVar[str] = "inspection.team.formed.v1"
    topic: ClassVar[str] = "inspection.teams.v1"

    team_id: UUID
    code: str
    name: str
    district: str | None
    grids: list[str]
    at: datetime
    street: str | None = None
    leader: str | None = None
    members: tuple[str, ...] = ()


class RotaEvent(Event):
    """Every fact about the rota names the entry, the team and the person."""

    topic: ClassVar[str] = "inspection.teams.v1"

    entry_id: UUID
    team_id: UUID
    subject: str
    at: datetime


class DutyAssigned(RotaEvent):
    """A member is on duty from one day to another, on these weekdays (1 is Monday), or on all if none is named."""

    type: ClassVar[str] = "inspection.duty.assigned.v1"

    first_day: date
    last_day: date
    weekdays: list[int]


class DutyCancelled(RotaEvent):
    """A duty was taken back."""

    type: ClassVar[str] = "inspection.duty.cancelled.v1"


class AbsenceNoted(RotaEvent):
    """A member is away from one day to another; why is not told."""

    type: ClassVar[str] = "inspection.absence.noted.v1"

    first_day: date
    last_day: date


class AbsenceCancelled(RotaEvent):
    """An absence was taken back."""

    type: ClassVar[str] = "inspection.absence.cancelled.v1"


class DeviceEnrolled(Event):
    """A phone was enrolled to the person who holds it; `key_fingerprint` is the SHA-256 of the key it signs with."""

    type: ClassVar[str] = "inspection.device.enrolled.v1"
    topic: ClassVar[str] = "inspection.devices.v1"

    device_id: UUID
    subject: str
    team: str | None
    district: str | None
    key_fingerprint: str
    at: datetime


class DeviceRevoked(Event):
    """A phone records nothing any more."""

    type: ClassVar[str] = "inspection.device.revoked.v1"
    topic: ClassVar[str] = "inspection.devices.v1"

    device_id: UUID
    subject: str
    by: str
    at: datetime


class TargetPlaced(Event):
    """An institution was placed in the grid, or found to lie in none (`grid` null, `blind_spot` says why).

    `cause` is registered, relocated (its entry changed), grids_changed (a new set, by its coordinates) or succeeded (a
    new set, by what became of its grid); `moved_from` the grid it was in. Older facts say neither.
    """

    type: ClassVar[str] = "inspection.target.placed.v1"
    topic: ClassVar[str] = "inspection.targets.v1"

    institution_id: UUID
    grid: str | None
    blind_spot: str | None
    at: datetime
    moved_from: str | None = None
    cause: str | None = None


class CampaignLaunched(Event):
    """A campaign froze its target list and began; `targets` is the length of the list."""

    type: ClassVar[str] = "inspection.campaign.launched.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    name: str
    targets: int
    at: datetime


class ListedTarget(BaseModel):
    model_config = ConfigDict(frozen=True)

    target_id: UUID
    institution_id: UUID
    grid: str | None
    district: str | None
    street: str | None


class CampaignTargetsListed(Event):
    """A part (at most 1,000) of a launched campaign's frozen list."""

    type: ClassVar[str] = "inspection.campaign.targets_listed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[ListedTarget]
    at: datetime


class CampaignTargetClosed(Event):
    """A target of the frozen list ended with a reason: `inspected`, `moved`, `duplicate`, `refused`, `closed_door`."""

    type: ClassVar[str] = "inspection.campaign.target_closed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    target_id: UUID
    institution_id: UUID
    visit_id: UUID | None
    reason: str
    at: datetime


class CampaignDiscovery(Event):
    """A visit found an institution that no list knew; it counts beside the frozen list, never in it.

    Told with its name it is entered in the ledger, under `ledger_id`. Told again with the same id it is the same one.
    """

    type: ClassVar[str] = "inspection.campaign.discovery.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    discovery_id: UUID
    visit_id: UUID
    grid: str | None
    at: datetime
    team: str | None = None
    district: str | None = None
    street: str | None = None
    name: str | None = None
    address: str | None = None
    kind: str | None = None
    lon: float | None = None
    lat: float | None = None
    ledger_id: UUID | None = None


class CampaignClosed(Event):
    """A campaign ended: every target of its list has a reason."""

    type: ClassVar[str] = "inspection.campaign.closed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: int
    closed: int
    discoveries: int
    at: datetime


class InstitutionDiscovered(Event):
    """A visit of no campaign found an institution that no list knew; the ledger enters it under `ledger_id`."""

    type: ClassVar[str] = "inspection.institution.discovered.v1"
    topic: ClassVar[str] = "inspection.discoveries.v1"

    discovery_id: UUID
    visit_id: UUID
    grid: str | None
    team: str | None
    district: str | None
    street: str | None
    name: str | None
    address: str | None
    kind: str | None
    lon: float | None
    lat: float | None
    ledger_id: UUID
    at: datetime


class DrawEvent(Event):
    """Every fact about a draw names it."""

    topic: ClassVar[str] = "inspection.draws.v1"

    draw_id: UUID
    at: datetime


class DrawCommitted(DrawEvent):
    """A random inspection was promised: hashes of the secret seed, of the terms and of both lists."""

    type: ClassVar[str] = "inspection.draw.committed.v1"

    name: str
    district: str | None
    targets: int
    inspectors: int
    seed_sha256: str
    terms_sha256: str
    targets_sha256: str
    inspectors_sha256: str


class DrawRevealed(DrawEvent):
    """The seed was published, and so many targets were drawn with it."""

    type: ClassVar[str] = "inspection.draw.revealed.v1"

    seed: str
    result_sha256: str
    drawn: int


class DrawAssignment(BaseModel):
    """An institution that was drawn, and the certificates of those who visit it (null has none)."""

    model_config = ConfigDict(frozen=True)

    institution_id: UUID
    stratum: str
    certificates: list[str | None]


class DrawResultListed(DrawEvent):
    """A part (at most 500) of a revealed draw's result."""

    type: ClassVar[str] = "inspection.draw.result_listed.v1"

    assignments: list[DrawAssignment]


class DrawCancelled(DrawEvent):
    """A draw was given up before it was revealed."""

    type: ClassVar[str] = "inspection.draw.cancelled.v1"

    reason: str


class RechecksDrawn(Event):
    """A share of a team's finished visits was drawn for a second look by `by_team`, or by an officer if null."""

    type: ClassVar[str] = "inspection.recheck_round.drawn.v1"
    topic: ClassVar[str] = "inspection.rechecks.v1"

    round_id: UUID
    team: str
    by_team: str | None
    first_day: date
    last_day: date
    share_bp: int
    population: int
    drawn: int
    seed: str
    at: datetime


class RecheckConcluded(Event):
    """A second look agrees with the visit or differs: in its outcome, or by violations that the visit missed."""

    type: ClassVar[str] = "inspection.recheck.concluded.v1"
    topic: ClassVar[str] = "inspection.rechecks.v1"

    recheck_id: UUID
    round_id: UUID
    visit_id: UUID
    institution_id: UUID | None
    team: str
    by_team: str | None
    agrees: bool
    differences: list[str]
    outcome_before: str
    outcome_found: str
    missed: list[str]
    at: datetime


class ParameterSet(Event):
    """An office decided a number, from a day on until a later decision of the same name."""

    type: ClassVar[str] = "inspection.parameter.set.v1"
    topic: ClassVar[str] = "inspection.parameters.v1"

    parameter_id: UUID
    name: str
    valid_from: date
    value: int
    source: str
    at: datetime


class VisitEvent(Event):
    """Every fact of a visit carries where it took place; `visited_on` is the day in China.

    A visit that another service asked for says so: `purpose` is site_visit (of an application) or stop_order (its
    verification), `reference_id` what it is about. Both are null for inspection's own visits.
    """

    topic: ClassVar[str] = "inspection.visits.v1"

    visit_id: UUID
    institution_id: UUID | None
    campaign_id: UUID | None
    team: str | None
    grid: str | None
    district: str | None
    street: str | None
    at: datetime
    purpose: str | None = None
    reference_id: UUID | None = None


class VisitPlanned(VisitEvent):
    """A visit was put on a team's list."""

    type: ClassVar[str] = "inspection.visit.planned.v1"


class VisitStarted(VisitEvent):
    """Inspectors are at the door."""

    type: ClassVar[str] = "inspection.visit.started.v1"

    visited_on: date


class VisitSubmitted(VisitEvent):
    """A visit ended with its outcome: inspected, closed_door, moved, duplicate, refused or newly_found.

    `passed` answers who asked for it: the premises are fit, or the order is kept; null where nobody could tell.
    """

    type: ClassVar[str] = "inspection.visit.submitted.v1"

    outcome: str
    visited_on: date
    score: int | None
    violations: int
    passed: bool | None = None


class VisitRecorded(VisitEvent):
    """A visit made before this platform existed was imported."""

    type: ClassVar[str] = "inspection.visit.recorded.v1"

    outcome: str
    visited_on: date
    score: int | None
    visit_type: str | None
    external_ref: str


class VisitReviewed(VisitEvent):
    """A district officer accepted a submitted visit or sent it back."""

    type: ClassVar[str] = "inspection.visit.reviewed.v1"

    accepted: bool
    note: str | None


class VisitCalledOff(VisitEvent):
    """A planned visit is no longer wanted; `cause` says why."""

    type: ClassVar[str] = "inspection.visit.called_off.v1"

    cause: str


class ViolationEvent(Event):
    """Every fact of a violation carries its severity and place; `found_on` is the day in China."""

    topic: ClassVar[str] = "inspection.violations.v1"

    violation_id: UUID
    institution_id: UUID | None
    visit_id: UUID | None
    grid: str | None
    district: str | None
    street: str | None
    severity: str
    found_on: date
    state: str
    at: datetime


class ViolationReported(ViolationEvent):
    """A breach was found."""

    type: ClassVar[str] = "inspection.violation.reported.v1"

    description: str
    external_ref: str | None


class RectificationOrdered(ViolationEvent):
    """The institution was told to put it right by a day."""

    type: ClassVar[str] = "inspection.violation.rectification_ordered.v1"

    due_on: date
    requirement: str


class ViolationRectified(ViolationEvent):
    """The institution says it has put it right."""

    type: ClassVar[str] = "inspection.violation.rectified.v1"

    statement: str


class ViolationVerified(ViolationEvent):
    """An inspector looked again: closed if it holds, back under order if not."""

    type: ClassVar[str] = "inspection.violation.verified.v1"

    holds: bool
    note: str | None
