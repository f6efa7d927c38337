"""What the registry publishes: institutions and all that the licensing authority decides about them.

Days (`date`) are days in China; `at` is the instant of the fact. Money is in fen. Officials appear by the subject of
their account only; operators and guardians not at all.
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events import Event


class InstitutionEvent(Event):
    """Every fact of an institution carries its whole public state: a consumer needs no earlier one to understand it.

    `lon`, `lat` are degrees in WGS 84. No telephone and no person: those stay in the registry.
    """

    topic: ClassVar[str] = "registry.institutions.v1"

    institution_id: UUID
    name: str
    uscc: str | None
    permit_no: str | None
    kind: str
    mode: str
    profit: str
    stages: list[str]
    status: str
    district: str | None
    street: str | None
    address: str
    lon: float | None
    lat: float | None
    capacity: int | None
    external_ref: str | None
    at: datetime


class InstitutionRegistered(InstitutionEvent):
    """An institution entered the ledger."""

    type: ClassVar[str] = "registry.institution.registered.v1"


class InstitutionChanged(InstitutionEvent):
    """Something in the ledger entry changed; `changed` names the fields."""

    type: ClassVar[str] = "registry.institution.changed.v1"

    changed: list[str]


class InstitutionMerged(InstitutionEvent):
    """Two entries were one institution: this one ends (`status` is `merged`), `merged_into` goes on with both files."""

    type: ClassVar[str] = "registry.institution.merged.v1"

    merged_into: UUID


class QualityFindingDismissed(Event):
    """An official looked at a doubt about the ledger and found nothing wrong; it is not raised again."""

    type: ClassVar[str] = "registry.quality_finding.dismissed.v1"
    topic: ClassVar[str] = "registry.institutions.v1"

    dismissal_id: UUID
    code: str
    institution_id: UUID
    other_id: UUID | None
    at: datetime


class ApplicationEvent(Event):
    """Every fact of a permit application; `institution_id` is null until a newcomer is entered in the ledger.

    `state` after it: draft, submitted, returned, accepted, site_visit_requested, site_visited, granted, refused,
    withdrawn. `due_on` is the last statutory day of that state, null where no clock runs.
    """

    topic: ClassVar[str] = "registry.permits.v1"

    application_id: UUID
    institution_id: UUID | None
    matter: str
    kind: str
    district: str | None
    street: str | None
    state: str
    due_on: date | None
    at: datetime


class ApplicationDrafted(ApplicationEvent):
    """Somebody began to write an application."""

    type: ClassVar[str] = "registry.application.drafted.v1"


class ApplicationChanged(ApplicationEvent):
    """A draft, or one returned for completion, was rewritten; `changed` names the fields."""

    type: ClassVar[str] = "registry.application.changed.v1"

    changed: list[str]


class ApplicationSubmitted(ApplicationEvent):
    """The application reached the authority and runs under this procedure to its end."""

    type: ClassVar[str] = "registry.application.submitted.v1"

    procedure_id: UUID


class ApplicationReturned(ApplicationEvent):
    """The applicant was told what is missing: codes of documents (行政许可法 art. 32). `untold` is required, missing
    and not asked for; `told_late` was told after the days from the receipt."""

    type: ClassVar[str] = "registry.application.returned.v1"

    missing: list[str]
    note: str | None
    untold: list[str] = Field(default_factory=list)
    told_late: list[str] = Field(default_factory=list)


class ApplicationAccepted(ApplicationEvent):
    """The application is complete and under examination: the overall clock runs (行政许可法 art. 42)."""

    type: ClassVar[str] = "registry.application.accepted.v1"

    overall_due_on: date
    accepted_on: date | None = None


class ApplicationExtended(ApplicationEvent):
    """The time for the decision was extended once, with a reason told to the applicant (行政许可法 art. 42)."""

    type: ClassVar[str] = "registry.application.extended.v1"

    overall_due_on: date
    cause: str


class SiteVisitRequested(ApplicationEvent):
    """Inspection is asked to look at the premises; it answers by the visit whose `reference_id` is the application."""

    type: ClassVar[str] = "registry.application.site_visit_requested.v1"

    address: str
    lon: float | None
    lat: float | None


class SiteVisitConcluded(ApplicationEvent):
    """Inspection came back; `passed` is null where it could not look (`outcome` says why)."""

    type: ClassVar[str] = "registry.application.site_visit_concluded.v1"

    visit_id: UUID
    outcome: str
    passed: bool | None


class ApplicationGranted(ApplicationEvent):
    """The permit was granted."""

    type: ClassVar[str] = "registry.application.granted.v1"

    permit_id: UUID


class ApplicationRefused(ApplicationEvent):
    """The permit was refused, with the grounds and the provision they rest on."""

    type: ClassVar[str] = "registry.application.refused.v1"

    grounds: str
    legal_basis: str


class ApplicationWithdrawn(ApplicationEvent):
    """The applicant took it back."""

    type: ClassVar[str] = "registry.application.withdrawn.v1"


class PermitEvent(Event):
    """Every fact of a permit carries its whole state.

    It is in force on a day that is not before `valid_from` (null: not known), not after `valid_to` (null: open-ended),
    before `ended_on` if there is one, and not in the suspension (`suspended_from` up to, not including,
    `suspended_until`). Expiry is no event: the days say it.
    """

    topic: ClassVar[str] = "registry.permits.v1"

    permit_id: UUID
    institution_id: UUID
    number: str
    kind: str
    stages: list[str]
    subjects: list[str]
    site: str
    district: str | None
    valid_from: date | None
    valid_to: date | None
    suspended_from: date | None
    suspended_until: date | None
    ended_on: date | None
    ending: str | None
    at: datetime


class PermitGranted(PermitEvent):
    """A permit (办学许可证) was granted on an application."""

    type: ClassVar[str] = "registry.permit.granted.v1"

    application_id: UUID


class PermitRecorded(PermitEvent):
    """A permit granted before this platform was taken over from a ledger."""

    type: ClassVar[str] = "registry.permit.recorded.v1"

    source: str


class PermitSuspended(PermitEvent):
    """A permit rests until `suspended_until`, when the suspension lifts by itself. Without `exception` it follows a
    penalty decision; else requested_by_holder or emergency."""

    type: ClassVar[str] = "registry.permit.suspended.v1"

    cause: str
    legal_basis: str
    exception: str | None = None


class PermitReinstated(PermitEvent):
    """A suspension was lifted before its end."""

    type: ClassVar[str] = "registry.permit.reinstated.v1"

    cause: str


class PermitRevoked(PermitEvent):
    """A permit was revoked after a penalty decision (吊销), or taken back on an `exception` (撤销):
    obtained_by_deception or granted_unlawfully. `notice_id` is the decision's one notice."""

    type: ClassVar[str] = "registry.permit.revoked.v1"

    cause: str
    legal_basis: str
    notice_id: UUID
    exception: str | None = None


class PermitRenewed(PermitEvent):
    """A permit was renewed to a later `valid_to`."""

    type: ClassVar[str] = "registry.permit.renewed.v1"

    previous_valid_to: date | None


class PermitCancelled(PermitEvent):
    """A permit was cancelled (注销) without blame; `ground` is one of 行政许可法 art. 70. Older facts do not say it."""

    type: ClassVar[str] = "registry.permit.cancelled.v1"

    cause: str
    ground: str | None = None


class TransformationEvent(Event):
    """Every fact of a transformation; `target` is non_subject, non_profit or closure, `state` what it is after it."""

    topic: ClassVar[str] = "registry.transformations.v1"

    transformation_id: UUID
    institution_id: UUID
    target: str
    state: str
    district: str | None
    street: str | None
    at: datetime


class TransformationStarted(TransformationEvent):
    """An institution began to become another kind, or to close; `steps` are codes in their order."""

    type: ClassVar[str] = "registry.transformation.started.v1"

    steps: list[str]
    due_on: date


class TransformationStepDone(TransformationEvent):
    """One of its steps is done."""

    type: ClassVar[str] = "registry.transformation.step_done.v1"

    step: str
    done_on: date


class TransformationCompleted(TransformationEvent):
    """Every step is done; `permit` says what became of the permits: kept, cancelled or none."""

    type: ClassVar[str] = "registry.transformation.completed.v1"

    permit: str


class TransformationAbandoned(TransformationEvent):
    """It was given up; the institution stays what it was."""

    type: ClassVar[str] = "registry.transformation.abandoned.v1"


class CommitmentTextPublished(Event):
    """A version of the standardised-school commitment (规范办学承诺书); `sha256` (hex) is that of its UTF-8 text."""

    type: ClassVar[str] = "registry.commitment_text.published.v1"
    topic: ClassVar[str] = "registry.commitments.v1"

    text_id: UUID
    number: int
    title: str
    sha256: str
    valid_from: date
    at: datetime


class CommitmentTextWithdrawn(Event):
    """A version of the commitment was withdrawn before anybody signed it; the one before is the one to sign again."""

    type: ClassVar[str] = "registry.commitment_text.withdrawn.v1"
    topic: ClassVar[str] = "registry.commitments.v1"

    text_id: UUID
    number: int
    valid_from: date
    at: datetime


class CommitmentEvent(Event):
    """Every fact of a signed commitment."""

    topic: ClassVar[str] = "registry.commitments.v1"

    commitment_id: UUID
    institution_id: UUID
    text_id: UUID
    text_number: int
    sha256: str
    district: str | None
    street: str | None
    at: datetime


class CommitmentSigned(CommitmentEvent):
    """The operator signed that version of the text."""

    type: ClassVar[str] = "registry.commitment.signed.v1"


class CommitmentBreached(CommitmentEvent):
    """A violation broke what was signed."""

    type: ClassVar[str] = "registry.commitment.breached.v1"

    violation_id: UUID


class AdvertisementEvent(Event):
    """Every fact of a training advertisement; `state`: found, removal_ordered, removed, verified."""

    topic: ClassVar[str] = "registry.advertisements.v1"

    advertisement_id: UUID
    institution_id: UUID | None
    source: str
    medium: str
    place: str
    district: str | None
    street: str | None
    found_on: date
    state: str
    at: datetime


class AdvertisementFound(AdvertisementEvent):
    """An advertisement was found by a visit, a complaint or a patrol."""

    type: ClassVar[str] = "registry.advertisement.found.v1"

    visit_id: UUID | None


class AdvertisementIdentified(AdvertisementEvent):
    """It became known whose advertisement it is."""

    type: ClassVar[str] = "registry.advertisement.identified.v1"


class AdvertisementRemovalOrdered(AdvertisementEvent):
    """Its removal was ordered by a day."""

    type: ClassVar[str] = "registry.advertisement.removal_ordered.v1"

    due_on: date


class AdvertisementRemoved(AdvertisementEvent):
    """It is said to be gone."""

    type: ClassVar[str] = "registry.advertisement.removed.v1"

    removed_on: date


class AdvertisementVerified(AdvertisementEvent):
    """Somebody looked: gone (`holds`), or still there and under order again."""

    type: ClassVar[str] = "registry.advertisement.verified.v1"

    holds: bool


class NoticePublished(Event):
    """A notice (通报) was published: about `subjects`, to so many recipients, to be confirmed by a day."""

    type: ClassVar[str] = "registry.notice.published.v1"
    topic: ClassVar[str] = "registry.notices.v1"

    notice_id: UUID
    number: str
    title: str
    body: str
    legal_basis: str | None
    subjects: list[UUID]
    recipients: int
    confirm_by: date
    at: datetime


class NoticeConfirmed(Event):
    """One recipient confirmed that it received a notice. `means`, where an official recorded it: paper or telephone."""

    type: ClassVar[str] = "registry.notice.confirmed.v1"
    topic: ClassVar[str] = "registry.notices.v1"

    receipt_id: UUID
    notice_id: UUID
    institution_id: UUID
    at: datetime
    means: str | None = None
    confirmed_on: date | None = None


class StopOrderEvent(Event):
    """Every fact of a holiday stop order."""

    topic: ClassVar[str] = "registry.stop-orders.v1"

    stop_order_id: UUID
    at: datetime


class StopOrderIssued(StopOrderEvent):
    """An order to stop on `days`, compiled from the calendar, with so many recipients. `replaces` is the order that it
    was issued in place of, after the calendar changed."""

    type: ClassVar[str] = "registry.stop_order.issued.v1"

    title: str
    legal_basis: str
    kind: str | None
    mode: str | None
    district: str | None
    first_day: date
    last_day: date
    days: list[date]
    acknowledge_by: date
    recipients: int
    replaces: UUID | None = None


class ListedRecipient(BaseModel):
    """A line of an order's frozen list, with the place as it was when the order was issued."""

    model_config = ConfigDict(frozen=True)

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None


class StopOrderRecipientsListed(StopOrderEvent):
    """A part (at most 1,000) of an order's frozen list; the places to look at while it is in force.

    `institutions` are those of `recipients`, in their order. One that was looked at on another day is listed again.
    """

    type: ClassVar[str] = "registry.stop_order.recipients_listed.v1"

    first_day: date
    last_day: date
    institutions: list[UUID]
    recipients: list[ListedRecipient] = Field(default_factory=list)


class StopOrderCancelled(StopOrderEvent):
    """An order was taken back; `cause` says why."""

    type: ClassVar[str] = "registry.stop_order.cancelled.v1"

    cause: str


class StopOrderRecipientsReleased(StopOrderEvent):
    """A part (at most 1,000) of those who were on the list of an order that was taken back; `recipients` are ids of its
    lines."""

    type: ClassVar[str] = "registry.stop_order.recipients_released.v1"

    recipients: list[UUID]


class StopOrderConfirmed(StopOrderEvent):
    """The calendar changed and the order stands as it is; `cause` says why, `days_today` is what it would be today."""

    type: ClassVar[str] = "registry.stop_order.confirmed.v1"

    cause: str
    days_today: list[date]


class StopOrderAcknowledged(StopOrderEvent):
    """One recipient acknowledged the order. `means`, where an official recorded it: paper or telephone."""

    type: ClassVar[str] = "registry.stop_order.acknowledged.v1"
    about: ClassVar[str | None] = "recipient_id"

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None
    means: str | None = None
    acknowledged_on: date | None = None


class StopOrderVerified(StopOrderEvent):
    """What the last check of one recipient that counts says: `result` is stopped, operating or unclear.

    A visit counts on a day of the order, `checked_on`. Where `violation_id` is given, the recipient was found operating
    at the visit and inspection has since closed that violation: the recipient counts as stopped.
    """

    type: ClassVar[str] = "registry.stop_order.verified.v1"
    about: ClassVar[str | None] = "recipient_id"

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None
    visit_id: UUID
    result: str
    checked_on: date | None = None
    violation_id: UUID | None = None


class ResponsibilityAssigned(Event):
    """One of the three responsibilities for an institution has a name, or (`officer` null) none any more.

    `role`: district_officer, street_officer or industry_department; `department` is the industry department's code.
    """

    type: ClassVar[str] = "registry.responsibility.assigned.v1"
    topic: ClassVar[str] = "registry.responsibilities.v1"

    responsibility_id: UUID
    institution_id: UUID
    role: str
    officer: str | None
    department: str | None
    district: str | None
    street: str | None
    at: datetime


class CalendarDay(BaseModel):
    """A day that is not what its weekday says: `public_holiday`, `rest_day` or `makeup_workday`."""

    model_config = ConfigDict(frozen=True)

    on: date
    kind: str
    name: str


class CalendarYearPublished(Event):
    """The calendar of a year is known: all its exceptional days."""

    type: ClassVar[str] = "registry.calendar_year.published.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    year_id: UUID
    year: int
    source: str
    days: list[CalendarDay]
    at: datetime


class CalendarDayCorrected(Event):
    """An official corrected one day of a published year; `kind` null restores what its weekday says."""

    type: ClassVar[str] = "registry.calendar_day.corrected.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    year_id: UUID
    on: date
    kind: str | None
    name: str | None
    source: str
    at: datetime


class SchoolTermSet(Event):
    """A school term or vacation has its days; `period`: term, winter_vacation or summer_vacation.

    `district` null is the whole city."""

    type: ClassVar[str] = "registry.school_term.set.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    term_id: UUID
    period: str
    name: str
    district: str | None
    starts_on: date
    ends_on: date
    source: str
    at: datetime


class SchoolTermWithdrawn(Event):
    """A school term or vacation was withdrawn, as if it had never been entered."""

    type: ClassVar[str] = "registry.school_term.withdrawn.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    term_id: UUID
    period: str
    district: str | None
    starts_on: date
    ends_on: date
    at: datetime


class RuleEnacted(Event):
    """A rule is in force from a day on, under its source; `effective_to` is its last day, null while none is known."""

    type: ClassVar[str] = "registry.rule.enacted.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    rule_id: UUID
    code: str
    check: str
    scope: dict[str, Any]
    parameters: dict[str, Any]
    citation: str
    effective_from: date
    effective_to: date | None
    at: datetime


class RuleRepealed(Event):
    """A rule ends with `effective_to`."""

    type: ClassVar[str] = "registry.rule.repealed.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    rule_id: UUID
    code: str
    effective_to: date
    at: datetime


class RuleWithdrawn(Event):
    """A rule was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "registry.rule.withdrawn.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    rule_id: UUID
    code: str
    effective_from: date
    at: datetime


class ProcedureEnacted(Event):
    """How a matter is handled for cases begun from a day on: documents, deciding office, days per state, steps."""

    type: ClassVar[str] = "registry.procedure.enacted.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    procedure_id: UUID
    matter: str
    kind: str | None
    district: str | None
    valid_from: date
    documents: list[str]
    deciding_office: str
    days: dict[str, int]
    overall_days: int
    steps: list[str]
    source: str
    at: datetime


class ProcedureWithdrawn(Event):
    """A procedure was withdrawn; the one before governs new cases. A case begun under it keeps it."""

    type: ClassVar[str] = "registry.procedure.withdrawn.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    procedure_id: UUID
    matter: str
    kind: str | None
    district: str | None
    valid_from: date
    at: datetime


class ProposalEvent(Event):
    """Every fact of a proposal carries the penalty case it came from and what it asks for: notice, suspension or
    revocation."""

    topic: ClassVar[str] = "registry.proposals.v1"

    proposal_id: UUID
    case_id: UUID
    institution_id: UUID
    kind: str
    district: str | None
    street: str | None
    at: datetime


class ProposalReceived(ProposalEvent):
    """A penalty decision asks the registry to act."""

    type: ClassVar[str] = "registry.proposal.received.v1"

    until: date | None


class ProposalAccepted(ProposalEvent):
    """The bureau followed it: these permits were revoked or suspended, this notice was published."""

    type: ClassVar[str] = "registry.proposal.accepted.v1"

    permit_ids: list[UUID]
    notice_id: UUID | None


class ProposalDismissed(ProposalEvent):
    """The bureau did not follow it."""

    type: ClassVar[str] = "registry.proposal.dismissed.v1"

    grounds: str
