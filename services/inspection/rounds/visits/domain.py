"""A visit (检查): a team goes to an institution, or looks for one nobody knows, and comes back with an outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.places import Place
from services.inspection.orm import Base, Followed
from services.inspection.rounds.outcomes import NEEDS_INSTITUTION, Outcome
from shared.data.database import Aggregate, key_check
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal
from shared.domain.wording import NUMBER
from shared.events.inspection.visits import (
    VisitCalledOff,
    VisitEvent,
    VisitHandedOver,
    VisitJoined,
    VisitPlanned,
    VisitReviewed,
    VisitStarted,
    VisitSubmitted,
)


class VisitNotFound(NotFound):
    """There is no such visit, or you may not see it."""

    code = "visit-not-found"
    zh = "没有此检查，或不在您的权限范围内。"


class VisitIdTaken(Conflict):
    """This id is already used for another visit."""

    code = "visit-id-taken"
    zh = "该编号已用于另一次检查。"


class VisitNotPlanned(Conflict):
    """Only a planned visit can be started or cancelled."""

    code = "visit-not-planned"
    zh = "只有已计划的检查才能开始或取消。"


class VisitNotCalledOff(Conflict):
    """The visit was not cancelled."""

    code = "visit-not-called-off"
    zh = "该检查任务未被取消。"


class VisitNotStarted(Conflict):
    """Only a visit under way can be joined or submitted."""

    code = "visit-not-started"
    zh = "只有进行中的检查才能提交。"


class VisitNotDone(Conflict):
    """Only a submitted visit can be reviewed."""

    code = "visit-not-done"
    zh = "只有已提交的检查才能复核。"


class OutcomeNeedsInstitution(Invalid):
    """This outcome is possible only for a visit to a known institution."""

    code = "outcome-needs-institution"
    zh = "未指明机构的检查不能有此结果。"


class VisitPlaceMissing(Invalid):
    """Name the grid, or the institution."""

    code = "visit-place-missing"
    zh = "未指明机构的检查须指明网格。"


class VisitTeamUnknown(Invalid):
    """There is no such active team, or you may not see it."""

    code = "team-unknown"
    zh = "没有此在任检查组。"


class VisitAskedFor(Conflict):
    """This visit was requested for another procedure (`purpose`) and can be cancelled only there."""

    code = "visit-asked-for"
    zh = "该检查系受托核查，由委托方取消。"


class AnotherTeamsWork(Forbidden):
    """Inspectors may plan visits only for their own team."""

    code = "another-teams-work"
    zh = "检查人员只能为本组安排检查。"


class ExternalRefTaken(Conflict):
    """This external reference is already used for another visit."""

    code = "visit-external-ref-taken"
    zh = "已有检查使用该外部编号。"


class ConclusionMissing(Invalid):
    """This visit needs a conclusion: set `passed` to true or false."""

    code = "conclusion-missing"
    zh = "该检查系受托核查，须给出是否通过的结论。"


class ConclusionUnseen(Invalid):
    """A conclusion requires the outcome `inspected`."""

    code = "conclusion-unseen"
    zh = "未能入内检查的，不得给出是否通过的结论。"


class ConclusionUnasked(Invalid):
    """This visit takes no conclusion: nobody requested one."""

    code = "conclusion-unasked"
    zh = "只有受托核查才需给出结论。"


class VisitState(StrEnum):
    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    REVIEWED = "reviewed"
    CALLED_OFF = "called_off"


Score = Annotated[int, NUMBER, Field(ge=0, le=100)]


class Purpose(StrEnum):
    """What a requested visit is for."""

    SITE_VISIT = "site_visit"
    STOP_ORDER = "stop_order"
    VERIFICATION = "verification"
    COMPLAINT = "complaint"


_CONCLUDED: Final = frozenset({Purpose.SITE_VISIT, Purpose.STOP_ORDER, Purpose.VERIFICATION})
"""Who asked wants a yes or a no. A complaint is answered in words."""

Fact = TypeVar("Fact", bound=VisitEvent)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a visit is to be."""

    place: Place
    campaign_id: UUID | None
    campaign_target_id: UUID | None
    visit_type: str | None
    note: str | None
    purpose: Purpose | None = None
    reference_id: UUID | None = None
    inspectors: Sequence[str] = ()
    """Who is to go, where that is decided beforehand; the start says who went."""


class Visit(Base, Aggregate, Followed):
    """A visit. Sent back by a reviewer it is under way again, and keeps its outcome until it is submitted anew."""

    __tablename__ = "visit"
    __table_args__ = (
        key_check("external_ref"),
        Index("uq_visit_external_ref", "external_ref", unique=True, postgresql_where=text("external_ref IS NOT NULL")),
        Index("ix_visit_institution_id_id", "institution_id", "id"),
        Index("ix_visit_campaign_id_id", "campaign_id", "id"),
        Index("ix_visit_team_state_id", "team", "state", "id"),
        Index("ix_visit_state_id", "state", "id"),
        Index("ix_visit_team_changed_in_id", "team", "changed_in", "id"),
        Index("ix_visit_reference_id", "reference_id", postgresql_where=text("reference_id IS NOT NULL")),
        Index("ix_visit_unassigned", "id", postgresql_where=text("state = 'planned' AND team IS NULL")),
        Index(
            "ix_visit_closed_doors",
            "campaign_target_id",
            postgresql_where=text("outcome = 'closed_door' AND campaign_target_id IS NOT NULL"),
        ),
        CheckConstraint("(purpose IS NULL) = (reference_id IS NULL)", name="asked_for_something"),
        CheckConstraint("state NOT IN ('done', 'reviewed') OR outcome IS NOT NULL", name="ended_with_an_outcome"),
    )

    institution_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    campaign_target_id: Mapped[UUID | None]
    team: Mapped[str | None] = mapped_column(Text)
    grid: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(Text)
    visited_on: Mapped[date | None] = mapped_column(Date)
    inspectors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    score: Mapped[int | None]
    visit_type: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    review_note: Mapped[str | None] = mapped_column(Text)
    external_ref: Mapped[str | None] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(Text)
    reference_id: Mapped[UUID | None]
    passed: Mapped[bool | None]
    checklist_id: Mapped[UUID | None]
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    planned_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]

    @classmethod
    def plan(cls, visit_id: UUID, plan: Plan, *, at: datetime) -> tuple[Self, VisitPlanned]:
        place = plan.place
        if place.institution_id is None and place.grid is None:
            raise VisitPlaceMissing(pointer="/grid")
        visit = cls(
            id=visit_id,
            version=0,
            institution_id=place.institution_id,
            campaign_id=plan.campaign_id,
            campaign_target_id=plan.campaign_target_id,
            team=place.team,
            grid=place.grid,
            district=place.district,
            street=place.street,
            state=VisitState.PLANNED,
            inspectors=list(plan.inspectors),
            visit_type=plan.visit_type,
            note=plan.note,
            purpose=plan.purpose,
            reference_id=plan.reference_id,
            planned_at=at,
        )
        return visit, visit._fact(VisitPlanned, at)

    def check_planned(self) -> None:
        if self.state != VisitState.PLANNED:
            raise VisitNotPlanned(state=self.state)

    def start(self, inspectors: Sequence[str], *, at: datetime, checklist_id: UUID | None = None) -> VisitStarted:
        """Start the visit; this fixes its date (in China) and its checklist version."""
        self.check_planned()
        self.state, self.started_at, self.visited_on = VisitState.STARTED, at, china_date(at)
        self.inspectors, self.checklist_id = list(dict.fromkeys(inspectors)), checklist_id
        return self._fact(VisitStarted, at, visited_on=self.visited_on, checklist_id=checklist_id)

    def plan_again(self, *, at: datetime) -> VisitPlanned:
        """Plan a cancelled visit again: a phone made it before it learned of the cancellation."""
        if self.state != VisitState.CALLED_OFF:
            raise VisitNotCalledOff(state=self.state)
        self.state = VisitState.PLANNED
        return self._fact(VisitPlanned, at)

    def join(self, inspectors: Sequence[str], *, at: datetime) -> VisitJoined | None:
        """Join a visit that a colleague has started; None if all these inspectors are in it already."""
        if self.state != VisitState.STARTED:
            raise VisitNotStarted(state=self.state)
        together = list(dict.fromkeys([*self.inspectors, *inspectors]))
        if together == self.inspectors:
            return None
        self.inspectors = together
        return self._fact(VisitJoined, at, inspectors=together)

    def check_submission(self, outcome: Outcome, passed: bool | None) -> None:
        """Check that the visit may end with this outcome, before anything else changes."""
        if self.state != VisitState.STARTED:
            raise VisitNotStarted(state=self.state)
        if self.institution_id is None and outcome in NEEDS_INSTITUTION:
            raise OutcomeNeedsInstitution(pointer="/outcome")
        if self.purpose is None and passed is not None:
            raise ConclusionUnasked(pointer="/passed")
        if outcome is not Outcome.INSPECTED and passed is not None:
            raise ConclusionUnseen(pointer="/passed")
        if self.purpose in _CONCLUDED and outcome is Outcome.INSPECTED and passed is None:
            raise ConclusionMissing(pointer="/passed")

    def submit(
        self,
        outcome: Outcome,
        *,
        score: int | None,
        note: str | None,
        violations: int,
        passed: bool | None,
        at: datetime,
    ) -> VisitSubmitted:
        self.check_submission(outcome, passed)
        self.passed = passed
        self.state, self.outcome, self.score, self.submitted_at = VisitState.DONE, outcome, score, at
        self.note = note if note is not None else self.note
        return self._fact(
            VisitSubmitted,
            at,
            outcome=outcome.value,
            visited_on=self.visited_on,
            score=score,
            violations=violations,
            passed=passed,
        )

    def review(self, *, accepted: bool, note: str | None, at: datetime) -> VisitReviewed:
        if self.state != VisitState.DONE:
            raise VisitNotDone(state=self.state)
        self.state = VisitState.REVIEWED if accepted else VisitState.STARTED
        self.reviewed_at, self.review_note = at, note
        return self._fact(VisitReviewed, at, accepted=accepted, note=note)

    def hand_over(self, team: str, *, at: datetime) -> VisitHandedOver:
        before, self.team = self.team, team
        return self._fact(VisitHandedOver, at, from_team=before)

    def assign(self, place: Place, *, at: datetime) -> VisitHandedOver:
        """Give a visit without a team to the team that walks its place now, and move it to the grid of that place."""
        self.check_planned()
        self.grid, self.district, self.street = place.grid, place.district, place.street
        before, self.team = self.team, place.team
        return self._fact(VisitHandedOver, at, from_team=before)

    def check_unasked(self) -> None:
        if self.purpose in _CONCLUDED:
            raise VisitAskedFor(purpose=self.purpose)

    def cancel(self, cause: str, *, at: datetime) -> VisitCalledOff:
        if self.state != VisitState.PLANNED:
            raise VisitNotPlanned(state=self.state)
        self.state = VisitState.CALLED_OFF
        return self._fact(VisitCalledOff, at, cause=cause)

    @property
    def place(self) -> Place:
        return Place(self.institution_id, self.grid, self.district, self.street, self.team)

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate({**fact_fields(self), **more, "at": at})


def fact_fields(visit: Visit) -> dict[str, object]:
    return {
        "visit_id": visit.id,
        "institution_id": visit.institution_id,
        "campaign_id": visit.campaign_id,
        "team": visit.team,
        "grid": visit.grid,
        "district": visit.district,
        "street": visit.street,
        "purpose": visit.purpose,
        "reference_id": visit.reference_id,
    }


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {
    "pk_visit": VisitIdTaken,
    "uq_visit_external_ref": ExternalRefTaken,
}
