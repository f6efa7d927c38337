"""A penalty case (行政处罚案件): its file, and what every step of it records.

The steps themselves are functions of `opening`, `hearing`, `decision` and `execution`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Date, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from services.inspection.penalties.cases.papers import Penalty
from services.inspection.penalties.cases.refusals import CaseOpenAlready, CaseStateRefuses, ExhibitsFull, OfficerRecused
from services.inspection.penalties.cases.states import TRANSITIONS, Action
from services.inspection.rulebook.offences.domain import PenaltyKind
from shared.data.database import Aggregate
from shared.domain.clock import china_date
from shared.domain.refusals import Refusal
from shared.events.inspection.cases import CaseEvent, CaseStepTaken

MAX_EXHIBITS: Final = 500

Fact = TypeVar("Fact", bound=CaseEvent)


class Case(Base, Aggregate):
    """The file of a case. Documents are stored verbatim, as JSON; what is counted or searched for has a column."""

    __tablename__ = "penalty_case"
    __table_args__ = (
        Index("ix_penalty_case_institution_id_id", "institution_id", "id"),
        Index(
            "uq_penalty_case_violation_id",
            "violation_id",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_penalty_case_state_id", "state", "id"),
        Index("ix_penalty_case_district_id", "district", "id"),
        CheckConstraint("institution_id IS NOT NULL OR party_name IS NOT NULL", name="somebody_is_the_party"),
        CheckConstraint("acts_from <= acts_until", name="days_in_order"),
    )

    violation_id: Mapped[UUID]
    institution_id: Mapped[UUID | None]
    told_institution_id: Mapped[UUID | None]
    """The institution once it was told of the case: from then on its operator may read it."""
    party: Mapped[str] = mapped_column(Text)
    party_name: Mapped[str | None] = mapped_column(Text)
    offence: Mapped[str] = mapped_column(Text)
    offence_id: Mapped[UUID]
    grid: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    grounds: Mapped[str] = mapped_column(Text)
    acts_from: Mapped[date] = mapped_column(Date)
    acts_until: Mapped[date] = mapped_column(Date)
    found_on: Mapped[date] = mapped_column(Date)
    harmful: Mapped[bool]
    gravity: Mapped[str] = mapped_column(Text)
    illegal_income_fen: Mapped[int] = mapped_column(BigInteger)
    aggravations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    officers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    recused: Mapped[list[str]] = mapped_column(ARRAY(Text))
    investigators: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Everybody who ever was an officer of the case or made an inquiry."""
    inquiries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    exhibits: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    preserved_on: Mapped[date | None] = mapped_column(Date)
    settled_on: Mapped[date | None] = mapped_column(Date)
    review: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    notice: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    hearing_fen: Mapped[int | None] = mapped_column(BigInteger)
    """From which amount a fine was a large one on the day of the notice."""
    superseded: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Notices that no longer stand, each with what became of its hearing."""
    statements: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    hearing_waived: Mapped[bool]
    hearing_asked_on: Mapped[date | None] = mapped_column(Date)
    hearing_told_on: Mapped[date | None] = mapped_column(Date)
    hearing_on: Mapped[date | None] = mapped_column(Date)
    hearing: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    decision: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """What the registry did with what the decision asked for."""
    owed_fen: Mapped[int] = mapped_column(BigInteger)
    fine_fen: Mapped[int] = mapped_column(BigInteger)
    paid_fen: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str | None] = mapped_column(Text)
    filed_by: Mapped[str] = mapped_column(Text)
    filed_at: Mapped[datetime]
    filed_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    extended_by: Mapped[str | None] = mapped_column(Text)
    extension_reason: Mapped[str | None] = mapped_column(Text)
    notified_on: Mapped[date | None] = mapped_column(Date)
    decided_on: Mapped[date | None] = mapped_column(Date)
    served_on: Mapped[date | None] = mapped_column(Date)
    paid_on: Mapped[date | None] = mapped_column(Date)
    enforced_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)

    @property
    def proposed(self) -> list[Penalty]:
        return [Penalty.model_validate(one) for one in (self.notice or {}).get("penalties", [])]

    @property
    def heard(self) -> bool:
        """Whether a hearing is on record. If the party stayed away, the hearing counts as held."""
        return self.hearing is not None and self.hearing.get("held") is not None

    def check(self, action: Action) -> None:
        if self.state not in TRANSITIONS[action]:
            raise CaseStateRefuses(state=self.state)

    def check_unrecused(self, who: str, *, pointer: str | None = None) -> None:
        if who in self.recused:
            raise OfficerRecused(pointer=pointer)

    def investigated_by(self, officers: Sequence[str]) -> None:
        self.investigators = [*self.investigators, *(one for one in officers if one not in self.investigators)]

    def add_exhibits(self, evidence: Sequence[UUID]) -> None:
        exhibits = list(dict.fromkeys([*self.exhibits, *evidence]))
        if len(exhibits) > MAX_EXHIBITS:
            raise ExhibitsFull(most=MAX_EXHIBITS)
        self.exhibits = exhibits

    def charge(self, penalties: Sequence[Penalty]) -> None:
        self.fine_fen = sum(one.amount_fen or 0 for one in penalties if one.kind is PenaltyKind.FINE)
        self.owed_fen = sum(one.amount_fen or 0 for one in penalties)

    def step(self, step: str, at: datetime, **more: object) -> CaseStepTaken:
        return self.fact(CaseStepTaken, at, step=step, **more)

    def fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate(
            {
                "case_id": self.id,
                "violation_id": self.violation_id,
                "institution_id": self.institution_id,
                "offence": self.offence,
                "grid": self.grid,
                "district": self.district,
                "street": self.street,
                "state": str(self.state),
                **more,
                "at": at,
            }
        )

    def supersede_notice(self, at: datetime) -> None:
        """End the notice in force with its hearing and legal review; all stay on file."""
        if self.notice is None:
            return
        assert self.notified_on is not None
        replaced = {
            "notice": self.notice,
            "notified_on": self.notified_on.isoformat(),
            "replaced_on": china_date(at).isoformat(),
            "hearing": self.hearing,
        }
        self.superseded = [*self.superseded, replaced]
        self.notice, self.notified_on, self.hearing_fen = None, None, None
        self.hearing_asked_on = self.hearing_told_on = self.hearing_on = self.hearing = None
        self.hearing_waived = False
        self.set_review_aside(at)

    def set_review_aside(self, at: datetime) -> None:
        if self.review is not None:
            self.review = {**self.review, "set_aside_on": china_date(at).isoformat()}


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_penalty_case_violation_id": CaseOpenAlready}
