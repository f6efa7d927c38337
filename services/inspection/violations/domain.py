"""A violation (问题): a breach found at an institution, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, Date, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.clock import china_date
from shared.database import Aggregate, new_id
from shared.events.inspection import (
    RectificationOrdered,
    ViolationEvent,
    ViolationRectified,
    ViolationReported,
    ViolationVerified,
)
from shared.refusals import Conflict, Invalid, NotFound, Refusal
from shared.wording import Line, Paragraph


class ViolationNotFound(NotFound):
    """There is no such violation, or it is not yours to see."""

    code = "violation-not-found"
    zh = "没有此问题记录，或不在您的权限范围内。"


class ViolationNotAwaitingOrder(Conflict):
    """Rectification was ordered already; only a violation just reported awaits the order."""

    code = "violation-not-awaiting-order"
    zh = "该问题已责令整改，不能再次责令。"


class ViolationNotUnderOrder(Conflict):
    """No rectification order is open for this violation."""

    code = "violation-not-under-order"
    zh = "该问题没有待整改的责令。"


class ViolationNotRectified(Conflict):
    """Nobody has said yet that this violation was put right."""

    code = "violation-not-rectified"
    zh = "该问题尚未提交整改，不能核查。"


class DueOnPast(Invalid):
    """The day by which to put it right has passed already."""

    code = "due-on-past"
    zh = "整改期限早于今天。"


class FoundInFuture(Invalid):
    """A violation cannot be found on a day to come."""

    code = "found-in-future"
    zh = "发现日期晚于今天。"


class PlaceMissing(Invalid):
    """Without an institution, the grid must be named."""

    code = "place-missing"
    zh = "未指明机构时须指明网格。"


class DeadlineUnknown(Conflict):
    """No default deadline is in force for this severity; name the day."""

    code = "deadline-unknown"
    zh = "该严重程度没有现行默认整改期限，请指明日期。"


class ExternalRefTaken(Conflict):
    """Another violation has this external reference."""

    code = "violation-external-ref-taken"
    zh = "已有问题记录使用该外部编号。"


Fact = TypeVar("Fact", bound=ViolationEvent)


class Severity(StrEnum):
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class ViolationState(StrEnum):
    REPORTED = "reported"
    RECTIFICATION_ORDERED = "rectification_ordered"
    RECTIFIED = "rectified"
    CLOSED = "closed"


class Finding(BaseModel):
    """What is wrong, how grave it is, and which clause it breaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: Severity
    description: Paragraph
    clause: Line | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found or is to be looked at, and whose work it is."""

    institution_id: UUID | None
    grid: str | None
    district: str | None
    street: str | None
    team: str | None


class RectificationDeadline(Base):
    """So many days to put a violation of this severity right, from a day on until a later row replaces it."""

    __tablename__ = "rectification_deadline"

    severity: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    days: Mapped[int]
    source: Mapped[str] = mapped_column(Text)


class Violation(Base, Aggregate):
    """A violation: reported, ordered to be put right, put right, verified and closed."""

    __tablename__ = "violation"
    __table_args__ = (
        Index(
            "uq_violation_external_ref", "external_ref", unique=True, postgresql_where=text("external_ref IS NOT NULL")
        ),
        Index("ix_violation_institution_id_id", "institution_id", "id"),
        Index("ix_violation_visit_id", "visit_id"),
        Index("ix_violation_state_severity_id", "state", "severity", "id"),
        Index("ix_violation_grid_id", "grid", "id"),
        Index("ix_violation_team_id", "team", "id"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
    )

    visit_id: Mapped[UUID | None]
    institution_id: Mapped[UUID | None]
    grid: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    clause: Mapped[str | None] = mapped_column(Text)
    found_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    requirement: Mapped[str | None] = mapped_column(Text)
    statement: Mapped[str | None] = mapped_column(Text)
    verified_by: Mapped[str | None] = mapped_column(Text)
    verification_note: Mapped[str | None] = mapped_column(Text)
    external_ref: Mapped[str | None] = mapped_column(Text)
    reported_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @classmethod
    def report(
        cls, finding: Finding, place: Place, *, visit_id: UUID | None, found_on: date, at: datetime
    ) -> tuple[Self, ViolationReported]:
        """Take note of a breach."""
        if found_on > china_date(at):
            raise FoundInFuture(pointer="/found_on")
        if place.institution_id is None and place.grid is None and visit_id is None:
            raise PlaceMissing(pointer="/grid")
        violation = cls(
            id=new_id(),
            version=0,
            visit_id=visit_id,
            institution_id=place.institution_id,
            grid=place.grid,
            district=place.district,
            street=place.street,
            team=place.team,
            severity=finding.severity.value,
            description=finding.description,
            clause=finding.clause,
            found_on=found_on,
            state=ViolationState.REPORTED,
            reported_at=at,
        )
        return violation, violation._fact(ViolationReported, at, description=finding.description, external_ref=None)

    def order(self, due_on: date, requirement: str, *, at: datetime) -> RectificationOrdered:
        """Tell the institution to put it right by a day."""
        if self.state != ViolationState.REPORTED:
            raise ViolationNotAwaitingOrder(state=self.state)
        if due_on < china_date(at):
            raise DueOnPast(pointer="/due_on")
        self.state, self.due_on, self.requirement = ViolationState.RECTIFICATION_ORDERED, due_on, requirement
        return self._fact(RectificationOrdered, at, due_on=due_on, requirement=requirement)

    def rectify(self, statement: str, *, at: datetime) -> ViolationRectified:
        """Take the institution's word that it was put right."""
        if self.state != ViolationState.RECTIFICATION_ORDERED:
            raise ViolationNotUnderOrder(state=self.state)
        self.state, self.statement = ViolationState.RECTIFIED, statement
        return self._fact(ViolationRectified, at, statement=statement)

    def verify(self, *, holds: bool, note: str | None, by: str, at: datetime) -> ViolationVerified:
        """Look again: closed if the rectification holds, back under the same order if it does not."""
        if self.state != ViolationState.RECTIFIED:
            raise ViolationNotRectified(state=self.state)
        self.state = ViolationState.CLOSED if holds else ViolationState.RECTIFICATION_ORDERED
        self.closed_at = at if holds else None
        self.verified_by, self.verification_note = by, note
        return self._fact(ViolationVerified, at, holds=holds, note=note)

    def says(self, finding: Finding) -> bool:
        """Whether this is the same finding, sent again."""
        return (self.severity, self.description, self.clause) == (
            finding.severity,
            finding.description,
            finding.clause,
        )

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate({**fact_fields(self), **more, "at": at})


def fact_fields(violation: Violation) -> dict[str, object]:
    """What every event of a violation carries."""
    return {
        "violation_id": violation.id,
        "institution_id": violation.institution_id,
        "visit_id": violation.visit_id,
        "grid": violation.grid,
        "district": violation.district,
        "street": violation.street,
        "severity": str(violation.severity),
        "found_on": violation.found_on,
        "state": str(violation.state),
    }


def default_due_on(days: int, *, on: date) -> date:
    return on + timedelta(days=days)


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_violation_external_ref": ExternalRefTaken}
