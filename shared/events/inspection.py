"""What inspection publishes: grids, teams, where each institution was placed, campaigns, visits and violations."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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


class GridSetWithdrawn(Event):
    """A version of the street grid was withdrawn before its first day, as if it had never been imported."""

    type: ClassVar[str] = "inspection.grid_set.withdrawn.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    valid_from: date
    at: datetime


class GridSetEndSet(Event):
    """A version of the street grid gives way on `valid_to`; null: the one that would follow it was withdrawn."""

    type: ClassVar[str] = "inspection.grid_set.end_set.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    valid_to: date | None
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


class TeamHandedOver(Event):
    """A team's open work went to another (`to` is its code): so many visits, targets of open campaigns, violations and
    complaints."""

    type: ClassVar[str] = "inspection.team.handed_over.v1"
    topic: ClassVar[str] = "inspection.teams.v1"

    team_id: UUID
    code: str
    to: str
    visits: int
    targets: int
    violations: int
    complaints: int = 0
    at: datetime


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
    """A campaign froze its target list and began; `targets` is the length of the list.

    `district` is whose campaign it is; null is the city's. Older facts do not say.
    """

    type: ClassVar[str] = "inspection.campaign.launched.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    name: str
    targets: int
    at: datetime
    district: str | None = None


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


class CampaignTargetsHandedOver(Event):
    """Open targets (at most 1,000 in one fact) went from one team to another; `team` is the new one."""

    type: ClassVar[str] = "inspection.campaign.targets_handed_over.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[UUID]
    from_team: str
    team: str
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


class CampaignWithdrawn(Event):
    """A campaign was withdrawn before it began, as if it had never been planned. A draft was not told of before."""

    type: ClassVar[str] = "inspection.campaign.withdrawn.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    name: str
    district: str | None
    at: datetime


class CampaignTargetsWithdrawn(Event):
    """Targets (at most 1,000 in one fact) of a withdrawn campaign: nobody visits them for it."""

    type: ClassVar[str] = "inspection.campaign.targets_withdrawn.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[UUID]
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
    """A part (at most 500) of a revealed draw's result.

    `unvisited` says, by institution, why no visit was planned: it closed or was merged after the commitment, or no team
    in service can take it.
    """

    type: ClassVar[str] = "inspection.draw.result_listed.v1"

    assignments: list[DrawAssignment]
    unvisited: dict[UUID, str] = Field(default_factory=dict)


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


class RecheckAttempted(Event):
    """A second look met a closed door, where the visit had not: it says nothing, and is taken again."""

    type: ClassVar[str] = "inspection.recheck.attempted.v1"
    topic: ClassVar[str] = "inspection.rechecks.v1"

    recheck_id: UUID
    round_id: UUID
    visit_id: UUID
    institution_id: UUID | None
    team: str
    by_team: str | None
    attempts: int
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
    """Inspectors are at the door, with this version of a checklist if they use one."""

    type: ClassVar[str] = "inspection.visit.started.v1"

    visited_on: date
    checklist_id: UUID | None = None


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


class VisitHandedOver(VisitEvent):
    """A visit went from one team's list to another's, or from nobody's (`from_team` null); `team` is the new one."""

    type: ClassVar[str] = "inspection.visit.handed_over.v1"

    from_team: str | None


class VisitJoined(VisitEvent):
    """A colleague came to a visit under way; `inspectors` are all who are there."""

    type: ClassVar[str] = "inspection.visit.joined.v1"

    inspectors: list[str]


class SyncConflictRecorded(Event):
    """What a phone did without a line met what others did: `hard` where both cannot stand. Both versions are kept."""

    type: ClassVar[str] = "inspection.sync_conflict.recorded.v1"
    topic: ClassVar[str] = "inspection.sync-conflicts.v1"

    operation_id: UUID
    device_id: UUID
    kind: str
    entity_id: UUID
    team: str | None
    district: str | None
    hard: bool
    code: str
    at: datetime


class SyncConflictResolved(Event):
    """An officer said whose version holds: `phone` or `server`."""

    type: ClassVar[str] = "inspection.sync_conflict.resolved.v1"
    topic: ClassVar[str] = "inspection.sync-conflicts.v1"

    operation_id: UUID
    device_id: UUID
    entity_id: UUID
    team: str | None
    district: str | None
    choice: str
    at: datetime


class ChecklistEnacted(Event):
    """A version of a checklist is in force from a day on; `questions` counts them."""

    type: ClassVar[str] = "inspection.checklist.enacted.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    title: str
    questions: int
    valid_from: date
    at: datetime


class ChecklistRetired(Event):
    """A version of a checklist has its last day."""

    type: ClassVar[str] = "inspection.checklist.retired.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    valid_to: date
    at: datetime


class ChecklistWithdrawn(Event):
    """A version of a checklist was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "inspection.checklist.withdrawn.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    valid_from: date
    at: datetime


class ChecklistContinued(Event):
    """The version after this one was withdrawn; `valid_to` is its last day again, null while none is known."""

    type: ClassVar[str] = "inspection.checklist.continued.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    valid_to: date | None
    at: datetime


class EvidenceEvent(Event):
    """Every fact of a piece of evidence says what it is about and its SHA-256 (as recorded), and shows nothing."""

    topic: ClassVar[str] = "inspection.evidence.v1"

    evidence_id: UUID
    subject_kind: str
    subject_id: UUID
    institution_id: UUID | None
    sha256: str
    at: datetime


class EvidenceAnnounced(EvidenceEvent):
    """A phone said what it recorded; `sha256` is of the bytes as they were recorded."""

    type: ClassVar[str] = "inspection.evidence.announced.v1"


class EvidenceReceived(EvidenceEvent):
    """All bytes arrived; nobody has looked at them yet."""

    type: ClassVar[str] = "inspection.evidence.received.v1"


class EvidenceKept(EvidenceEvent):
    """The bytes are those announced, and a clean copy was made; `signature` is ours, over the receipt."""

    type: ClassVar[str] = "inspection.evidence.kept.v1"

    signature: str


class EvidenceRefused(EvidenceEvent):
    """The bytes are not those announced, or nothing that may be shown; `code` says why."""

    type: ClassVar[str] = "inspection.evidence.refused.v1"

    code: str


class EvidenceStalled(EvidenceEvent):
    """No clean copy could be made, for no fault of the file: a person must look. `fault` is what failed last."""

    type: ClassVar[str] = "inspection.evidence.stalled.v1"

    fault: str


class EvidenceResumed(EvidenceEvent):
    """A person had the cleaning tried again."""

    type: ClassVar[str] = "inspection.evidence.resumed.v1"


class EvidenceExhibited(EvidenceEvent):
    """It became exhibit `number` of a case; `hash` chains it to the exhibits before."""

    type: ClassVar[str] = "inspection.evidence.exhibited.v1"

    case_id: UUID
    number: int
    hash: str


class ViolationEvent(Event):
    """Every fact of a violation carries its severity and place; `found_on` is the day in China, `offence` its code in
    the catalogue."""

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
    offence: str | None = None


class ViolationReported(ViolationEvent):
    """A breach was found."""

    type: ClassVar[str] = "inspection.violation.reported.v1"

    description: str
    external_ref: str | None


class ViolationHandedOver(ViolationEvent):
    """The work on a violation went from one team to another; `team` is the new one."""

    type: ClassVar[str] = "inspection.violation.handed_over.v1"

    from_team: str
    team: str


class RectificationOrdered(ViolationEvent):
    """The institution was told to put it right by a day."""

    type: ClassVar[str] = "inspection.violation.rectification_ordered.v1"

    due_on: date
    requirement: str


class ViolationRectified(ViolationEvent):
    """The institution says it has put it right; `evidence` are ids of what it shows for it."""

    type: ClassVar[str] = "inspection.violation.rectified.v1"

    statement: str
    evidence: list[UUID] = Field(default_factory=list)


class ViolationWithdrawn(ViolationEvent):
    """It was reported by mistake, and counts nowhere."""

    type: ClassVar[str] = "inspection.violation.withdrawn.v1"


class ViolationVerified(ViolationEvent):
    """An inspector looked again: closed if it holds, back under order if not."""

    type: ClassVar[str] = "inspection.violation.verified.v1"

    holds: bool
    note: str | None


class ViolationExtended(ViolationEvent):
    """The day by which to put it right was moved, once."""

    type: ClassVar[str] = "inspection.violation.extended.v1"

    due_on: date
    reason: str


class OffenceEnacted(Event):
    """A version of an offence is in force from a day on: its clause, its severity, the days to put it right."""

    type: ClassVar[str] = "inspection.offence.enacted.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    title: str
    clause: str
    severity: str
    days: int
    valid_from: date
    at: datetime


class OffenceRepealed(Event):
    """A version of an offence ends with `valid_to`."""

    type: ClassVar[str] = "inspection.offence.repealed.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    valid_to: date
    at: datetime


class OffenceWithdrawn(Event):
    """A version of an offence was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "inspection.offence.withdrawn.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    valid_from: date
    at: datetime


class OffenceContinued(Event):
    """The version after this one was withdrawn; `valid_to` is its last day again, null while none is known."""

    type: ClassVar[str] = "inspection.offence.continued.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    valid_to: date | None
    at: datetime


class CaseProposal(BaseModel):
    """What a decision asks of the registry: `notice`, `suspension` (until a day) or `revocation`.

    `legal_basis` is the article of the penalty decided; `breached` is the norm that the act broke.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    cause: str
    legal_basis: str
    until: date | None = None
    breached: str | None = None


class CaseEvent(Event):
    """Every fact of a penalty case carries the violation and offence it is about, where, and the state after it."""

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
    """A case was opened; by `due_on` it is decided (Administrative Penalty Law, article 60)."""

    type: ClassVar[str] = "inspection.case.filed.v1"

    found_on: date
    due_on: date


class CaseStepTaken(CaseEvent):
    """A step was put on file: officers, inquiry, preservation, legal_review, statement, hearing_asked, extension …
    `attended` says of a hearing that was held whether the party came."""

    type: ClassVar[str] = "inspection.case.step_taken.v1"

    step: str
    attended: bool | None = None


class CaseNotified(CaseEvent):
    """The party was told which kinds of penalty are proposed, and its rights."""

    type: ClassVar[str] = "inspection.case.notified.v1"

    penalties: list[str]


class CaseDecided(CaseEvent):
    """A penalty was decided. `proposals` are what it asks of the registry; money is in fen. `aggravations` weighed
    against the party: serving_teacher, repeat, obstruction."""

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
    """The decision was handed over; `late` after the seven working days of article 61."""

    type: ClassVar[str] = "inspection.case.served.v1"

    late: bool


class CasePaid(CaseEvent):
    """A payment was taken; `late_fen` is what paying late adds."""

    type: ClassVar[str] = "inspection.case.paid.v1"

    amount_fen: int
    paid_fen: int
    late_fen: int


class CaseClosed(CaseEvent):
    """The file was put away: everything was paid, enforced, or there was nothing to pay."""

    type: ClassVar[str] = "inspection.case.closed.v1"

    outcome: str
    fine_fen: int


class ComplaintEvent(Event):
    """Every fact of a complaint: what it is about and where, never who complained nor in which words."""

    topic: ClassVar[str] = "inspection.complaints.v1"

    complaint_id: UUID
    institution_id: UUID | None
    source: str
    subject: str
    grid: str | None
    district: str | None
    street: str | None
    state: str
    at: datetime


class ComplaintHandedOver(ComplaintEvent):
    """Another team looks into it; `team` is the new one."""

    type: ClassVar[str] = "inspection.complaint.handed_over.v1"

    from_team: str
    team: str


class ComplaintReceived(ComplaintEvent):
    """Somebody complained; by `due_on` there is an answer."""

    type: ClassVar[str] = "inspection.complaint.received.v1"

    due_on: date


class ComplaintMatched(ComplaintEvent):
    """Somebody decided whom or where it is about."""

    type: ClassVar[str] = "inspection.complaint.matched.v1"


class ComplaintJoined(ComplaintEvent):
    """The same is being looked into already; `lead_id` is that complaint."""

    type: ClassVar[str] = "inspection.complaint.joined.v1"

    lead_id: UUID


class ComplaintParted(ComplaintEvent):
    """The complaint it had joined is about something else now: it stands for itself again, where it was matched."""

    type: ClassVar[str] = "inspection.complaint.parted.v1"


class ComplaintVisitPlanned(ComplaintEvent):
    """A team goes and looks."""

    type: ClassVar[str] = "inspection.complaint.visit_planned.v1"

    visit_id: UUID


class ComplaintAnswered(ComplaintEvent):
    """The complainant was told what was found: substantiated, unsubstantiated or not_ours."""

    type: ClassVar[str] = "inspection.complaint.answered.v1"

    outcome: str


class ComplaintContactRead(ComplaintEvent):
    """An official looked at the complainant's contact; the journal keeps who and why."""

    type: ClassVar[str] = "inspection.complaint.contact_read.v1"


class EscalationRaised(Event):
    """Work that is late was told to somebody: `role` is one of the three responsibilities or the bureau, `officer` his
    account, null where the responsibility is vacant. `subject_id` is what `step` is about: the visit, violation, case,
    complaint, re-check; of targets that a team has not set out for, the campaign."""

    type: ClassVar[str] = "inspection.escalation.raised.v1"
    topic: ClassVar[str] = "inspection.escalations.v1"

    escalation_id: UUID
    step: str
    subject_id: UUID
    level: str
    role: str
    officer: str | None
    institution_id: UUID | None
    district: str | None
    street: str | None
    team: str | None
    due_on: date
    days_late: int
    at: datetime


class NormEnacted(Event):
    """A number that offices decide counts from a day on: days, shares in basis points, points of risk, fen."""

    type: ClassVar[str] = "inspection.norm.enacted.v1"
    topic: ClassVar[str] = "inspection.norms.v1"

    norm_id: UUID
    name: str
    value: int
    valid_from: date
    source: str
    at: datetime


class NormWithdrawn(Event):
    """A number was withdrawn, as if it had never been decided; the one before counts on."""

    type: ClassVar[str] = "inspection.norm.withdrawn.v1"
    topic: ClassVar[str] = "inspection.norms.v1"

    norm_id: UUID
    name: str
    valid_from: date
    at: datetime
