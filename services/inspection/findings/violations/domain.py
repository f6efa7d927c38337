"""A violation (问题): a breach found at an institution, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.places import Place
from services.inspection.orm import Base, Followed
from services.inspection.rulebook.offences.domain import Finding, Offence
from services.inspection.rulebook.offences.domain import Severity as Severity
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal
from shared.domain.wording import Day, Key
from shared.events.inspection.violations import (
    RectificationOrdered,
    ViolationEvent,
    ViolationExtended,
    ViolationHandedOver,
    ViolationRectified,
    ViolationReported,
    ViolationVerified,
    ViolationWithdrawn,
)


class ViolationNotFound(NotFound):
    """There is no such violation, or you may not see it."""

    code = "violation-not-found"
    zh = "没有此问题记录，或不在您的权限范围内。"


class ViolationNotAwaitingOrder(Conflict):
    """Rectification can be ordered only while the violation is `reported`."""

    code = "violation-not-awaiting-order"
    zh = "只有尚未责令整改的问题才能责令整改。"


class ViolationNotUnderOrder(Conflict):
    """This violation has no open rectification order."""

    code = "violation-not-under-order"
    zh = "该问题没有待整改的责令。"


class ViolationNotRectified(Conflict):
    """Only a violation whose rectification was reported can be verified."""

    code = "violation-not-rectified"
    zh = "只有已提交整改、尚未核查的问题才能核查。"


class DeadlineExtended(Conflict):
    """The deadline was already extended; it can be extended only once."""

    code = "deadline-extended-already"
    zh = "整改期限已延长过一次。"


class DeadlinePassed(Conflict):
    """The deadline has passed and can no longer be extended."""

    code = "deadline-passed"
    zh = "整改期限已过，不能再延长。"


class ExtensionTooEarly(Invalid):
    """The new deadline must be later than the present one (`due_on`)."""

    code = "extension-not-later"
    zh = "延长后的期限须晚于原期限。"


class DueOnPast(Invalid):
    """The deadline must not be before today."""

    code = "due-on-past"
    zh = "整改期限早于今天。"


class FoundInFuture(Invalid):
    """The day on which the violation was found must not be in the future."""

    code = "found-in-future"
    zh = "发现日期晚于今天。"


class PlaceMissing(Invalid):
    """Name the grid, or the institution."""

    code = "place-missing"
    zh = "未指明机构时须指明网格。"


class DeadlineUnknown(Conflict):
    """No default deadline is in force for this severity. Name the day."""

    code = "deadline-unknown"
    zh = "该严重程度没有现行默认整改期限，请指明日期。"


class ViolationWithdrawnAlready(Conflict):
    """The violation was withdrawn, so no case can be filed on it."""

    code = "violation-withdrawn"
    zh = "该问题已撤回，不得据此立案。"


class ViolationNotWithdrawable(Conflict):
    """Only a violation that is still `reported` and has no case can be withdrawn."""

    code = "violation-not-withdrawable"
    zh = "只有尚未责令整改、未立案的问题才能撤回。"


class VerificationUnexplained(Invalid):
    """A rectification verified without a re-visit needs a note that states its grounds."""

    code = "verification-unexplained"
    zh = "未经复查直接办结的，须说明依据。"


class ViolationIdTaken(Conflict):
    """This id is already used for another violation."""

    code = "violation-id-taken"
    zh = "该编号已用于另一问题记录。"


class ExternalRefTaken(Conflict):
    """This external reference is already used for another violation."""

    code = "violation-external-ref-taken"
    zh = "已有问题记录使用该外部编号。"


Fact = TypeVar("Fact", bound=ViolationEvent)


class ViolationState(StrEnum):
    REPORTED = "reported"
    RECTIFICATION_ORDERED = "rectification_ordered"
    RECTIFIED = "rectified"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


ENDED: Final = (ViolationState.CLOSED, ViolationState.WITHDRAWN)
"""Put right, or reported by mistake."""
PURSUABLE: Final = frozenset(ViolationState) - {ViolationState.WITHDRAWN}
"""States in which a penalty case may be filed: also on what was put right, which may still be punished."""


class Action(StrEnum):
    """What moves a violation."""

    ORDER = "order"
    EXTEND = "extend"
    RECTIFY = "rectify"
    VERIFY = "verify"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[Mapping[Action, frozenset[ViolationState]]] = {
    Action.ORDER: frozenset({ViolationState.REPORTED}),
    Action.EXTEND: frozenset({ViolationState.RECTIFICATION_ORDERED}),
    Action.RECTIFY: frozenset({ViolationState.RECTIFICATION_ORDERED}),
    Action.VERIFY: frozenset({ViolationState.RECTIFIED}),
    Action.WITHDRAW: frozenset({ViolationState.REPORTED}),
}
_REFUSALS: Final[Mapping[Action, type[Refusal]]] = {
    Action.ORDER: ViolationNotAwaitingOrder,
    Action.EXTEND: ViolationNotUnderOrder,
    Action.RECTIFY: ViolationNotUnderOrder,
    Action.VERIFY: ViolationNotRectified,
    Action.WITHDRAW: ViolationNotWithdrawable,
}


class LooseFinding(Finding):
    """A breach found outside a visit: at an institution, or where none is known, in a grid."""

    institution_id: UUID | None = None
    grid: Key | None = None
    found_on: Day | None = None

    @property
    def finding(self) -> Finding:
        return Finding(**self.model_dump(include=set(Finding.model_fields)))


class Violation(Base, Aggregate, Followed):
    """A violation: reported, ordered to be put right, put right, verified and closed."""

    __tablename__ = "violation"
    __table_args__ = (
        key_check("external_ref"),
        Index(
            "uq_violation_external_ref", "external_ref", unique=True, postgresql_where=text("external_ref IS NOT NULL")
        ),
        Index("ix_violation_institution_id_id", "institution_id", "id"),
        Index("ix_violation_visit_id", "visit_id"),
        Index("ix_violation_state_severity_id", "state", "severity", "id"),
        Index("ix_violation_grid_id", "grid", "id"),
        Index("ix_violation_team_id", "team", "id"),
        Index("ix_violation_team_changed_in_id", "team", "changed_in", "id"),
        Index("ix_violation_due_on", "due_on", "id", postgresql_where=text("state = 'rectification_ordered'")),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
        CheckConstraint("(offence IS NULL) = (offence_id IS NULL)", name="version_of_an_offence"),
        CheckConstraint("(extended_at IS NULL) = (extension_reason IS NULL)", name="extended_for_a_reason"),
    )

    visit_id: Mapped[UUID | None]
    institution_id: Mapped[UUID | None]
    grid: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    offence: Mapped[str | None] = mapped_column(Text)
    offence_id: Mapped[UUID | None]
    severity: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    clause: Mapped[str | None] = mapped_column(Text)
    found_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    requirement: Mapped[str | None] = mapped_column(Text)
    extended_at: Mapped[datetime | None]
    extended_by: Mapped[str | None] = mapped_column(Text)
    extension_reason: Mapped[str | None] = mapped_column(Text)
    statement: Mapped[str | None] = mapped_column(Text)
    rectified_at: Mapped[datetime | None]
    evidence: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    verification_visit_id: Mapped[UUID | None]
    verified_by: Mapped[str | None] = mapped_column(Text)
    verification_note: Mapped[str | None] = mapped_column(Text)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)
    external_ref: Mapped[str | None] = mapped_column(Text)
    reported_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @classmethod
    def report(
        cls,
        finding: Finding,
        place: Place,
        *,
        visit_id: UUID | None,
        found_on: date,
        at: datetime,
        offence: Offence | None = None,
        violation_id: UUID | None = None,
    ) -> tuple[Self, ViolationReported]:
        if found_on > china_date(at):
            raise FoundInFuture(pointer="/found_on")
        if place.institution_id is None and place.grid is None and visit_id is None:
            raise PlaceMissing(pointer="/grid")
        violation = cls(
            id=violation_id or new_id(),
            version=0,
            visit_id=visit_id,
            institution_id=place.institution_id,
            grid=place.grid,
            district=place.district,
            street=place.street,
            team=place.team,
            offence=offence.code if offence else None,
            offence_id=offence.id if offence else None,
            severity=graded(finding, offence),
            description=finding.description,
            clause=offence.clause if offence else finding.clause,
            evidence=[],
            found_on=found_on,
            state=ViolationState.REPORTED,
            reported_at=at,
        )
        return violation, violation._fact(ViolationReported, at, description=finding.description, external_ref=None)

    def order(self, due_on: date, requirement: str, *, at: datetime) -> RectificationOrdered:
        self._check(Action.ORDER)
        if due_on < china_date(at):
            raise DueOnPast(pointer="/due_on")
        self.state, self.due_on, self.requirement = ViolationState.RECTIFICATION_ORDERED, due_on, requirement
        return self._fact(RectificationOrdered, at, due_on=due_on, requirement=requirement)

    def extend(self, due_on: date, reason: str, *, by: str, at: datetime) -> ViolationExtended:
        """Extend the deadline: once, and before it passes."""
        self._check(Action.EXTEND)
        assert self.due_on is not None
        if self.extended_at is not None:
            raise DeadlineExtended(extended_at=self.extended_at)
        if self.due_on < china_date(at):
            raise DeadlinePassed(due_on=self.due_on)
        if due_on <= self.due_on:
            raise ExtensionTooEarly(pointer="/due_on", due_on=self.due_on)
        self.due_on, self.extended_at, self.extended_by, self.extension_reason = due_on, at, by, reason
        return self._fact(ViolationExtended, at, due_on=due_on, reason=reason)

    def rectify(self, statement: str, *, at: datetime, evidence: Sequence[UUID] = ()) -> ViolationRectified:
        self._check(Action.RECTIFY)
        self.state, self.statement, self.rectified_at = ViolationState.RECTIFIED, statement, at
        self.evidence = list(dict.fromkeys(evidence))
        self.verification_visit_id = None
        return self._fact(ViolationRectified, at, statement=statement, evidence=self.evidence)

    def verify(self, *, holds: bool, note: str | None, by: str, at: datetime) -> ViolationVerified:
        """Decide without a re-visit: closed if the rectification holds, which requires grounds in `note`; else back
        under its order."""
        self._check(Action.VERIFY)
        if holds and note is None:
            raise VerificationUnexplained(pointer="/note")
        return self._verified(holds, note, by, at)

    def conclude(
        self, *, visit_id: UUID, planned_at: datetime, holds: bool, note: str | None, by: str, at: datetime
    ) -> ViolationVerified | None:
        """Apply the conclusion of a re-visit. A visit that is sent back and submitted again replaces its own
        conclusion.

        Returns None if nothing changes: it concludes the same again, an officer has verified meanwhile, or it was
        planned for an earlier rectification.
        """
        if self.rectified_after(planned_at):
            return None
        if self.state != ViolationState.RECTIFIED:
            said = self.state == ViolationState.CLOSED
            if self.verification_visit_id != visit_id or said is holds:
                return None
        self.verification_visit_id = visit_id
        return self._verified(holds, note, by, at)

    def rectified_after(self, planned_at: datetime) -> bool:
        """Whether the newest rectification was reported after a re-visit was planned.

        Each rectification plans its own re-visit, and each verification cancels those that have not begun, so the time
        of planning tells which rectification a re-visit looked at. Both times are the server's; the start of the visit
        may be a phone's.
        """
        return self.rectified_at is not None and planned_at < self.rectified_at

    def _verified(self, holds: bool, note: str | None, by: str, at: datetime) -> ViolationVerified:
        self.state = ViolationState.CLOSED if holds else ViolationState.RECTIFICATION_ORDERED
        self.closed_at = at if holds else None
        self.verified_by, self.verification_note = by, note
        return self._fact(ViolationVerified, at, holds=holds, note=note)

    def withdraw(self, reason: str, *, by: str, at: datetime) -> ViolationWithdrawn:
        """Withdraw a violation that was reported by mistake: it counts nowhere, but stays on record with the reason."""
        self._check(Action.WITHDRAW)
        self.state, self.withdrawn_by, self.withdrawal_reason = ViolationState.WITHDRAWN, by, reason
        return self._fact(ViolationWithdrawn, at)

    def hand_over(self, team: str, *, at: datetime) -> ViolationHandedOver:
        assert self.team is not None, "it was found by the team that hands over"
        before, self.team = self.team, team
        return self._fact(ViolationHandedOver, at, from_team=before, team=team)

    def check_pursuable(self) -> None:
        if self.state not in PURSUABLE:
            raise ViolationWithdrawnAlready(state=self.state)

    @property
    def place(self) -> Place:
        return Place(self.institution_id, self.grid, self.district, self.street, self.team)

    def says(self, finding: Finding, offence: Offence | None = None) -> bool:
        return (self.offence, self.severity, self.description, self.clause) == (
            finding.offence,
            graded(finding, offence),
            finding.description,
            offence.clause if offence else finding.clause,
        )

    def _check(self, action: Action) -> None:
        if self.state not in TRANSITIONS[action]:
            raise _REFUSALS[action](state=self.state)

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate({**fact_fields(self), **more, "at": at})


def fact_fields(violation: Violation) -> dict[str, object]:
    return {
        "violation_id": violation.id,
        "institution_id": violation.institution_id,
        "visit_id": violation.visit_id,
        "grid": violation.grid,
        "district": violation.district,
        "street": violation.street,
        "offence": violation.offence,
        "severity": str(violation.severity),
        "found_on": violation.found_on,
        "state": str(violation.state),
    }


def graded(finding: Finding, offence: Offence | None) -> str:
    """The severity: the offence's if there is one, else what the finder reports."""
    severity = Severity(offence.severity) if offence is not None else finding.severity
    assert severity is not None  # a finding without an offence has one
    return severity.value


def is_overdue(state: str, due_on: date | None, *, on: date) -> bool:
    return state == ViolationState.RECTIFICATION_ORDERED and due_on is not None and due_on < on


def default_due_on(days: int, *, on: date) -> date:
    return on + timedelta(days=days)


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {
    "pk_violation": ViolationIdTaken,
    "uq_violation_external_ref": ExternalRefTaken,
}
