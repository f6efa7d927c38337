"""A transformation (转型): an institution becomes non-subject or non-profit, or closes, step by step."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from sqlalchemy import Date, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Institution, Kind, Profit, Status
from services.registry.orm import Base
from services.registry.rulebook.calendars.domain import Calendar
from services.registry.rulebook.procedures.domain import Matter, Procedure
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal
from shared.events.registry.transformations import (
    TransformationAbandoned,
    TransformationCompleted,
    TransformationEvent,
    TransformationStarted,
    TransformationStepDone,
)


class TransformationNotFound(NotFound):
    """There is no such transformation, or you may not see it."""

    code = "transformation-not-found"
    zh = "没有此转型事项，或不在您的权限范围内。"


class TransformationRunning(Conflict):
    """Another transformation of this institution is already under way."""

    code = "transformation-running"
    zh = "该机构已有进行中的转型。"


class TransformationOver(Conflict):
    """The transformation was completed or abandoned."""

    code = "transformation-over"
    zh = "该转型已完成或已终止。"


class TransformationPointless(Conflict):
    """The institution is already of the target type."""

    code = "transformation-pointless"
    zh = "该机构已是目标类型，无需转型。"


class StepNotFound(NotFound):
    """The transformation has no such step."""

    code = "step-not-found"
    zh = "该转型没有此步骤。"


class StepDoneAlready(Conflict):
    """The step is already done."""

    code = "step-done"
    zh = "该步骤已完成。"


class StepsOpen(Conflict):
    """Some steps are not done; `steps` lists them."""

    code = "steps-open"
    zh = "仍有步骤未完成。"


class DoneInFuture(Invalid):
    """The day on which the step was done must not be in the future."""

    code = "done-in-future"
    zh = "完成日期晚于今天。"


class Target(StrEnum):
    NON_SUBJECT = "non_subject"
    NON_PROFIT = "non_profit"
    CLOSURE = "closure"


class TransformationState(StrEnum):
    UNDER_WAY = "under_way"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


MATTERS: Final[Mapping[Target, Matter]] = {
    Target.NON_SUBJECT: Matter.TO_NON_SUBJECT,
    Target.NON_PROFIT: Matter.TO_NON_PROFIT,
    Target.CLOSURE: Matter.CLOSURE,
}
"""Which procedure governs a transformation."""

_BECOMES: Final[Mapping[Target, tuple[str, str]]] = {
    Target.NON_SUBJECT: ("kind", Kind.NON_SUBJECT),
    Target.NON_PROFIT: ("profit", Profit.NON_PROFIT),
    Target.CLOSURE: ("status", Status.CLOSED),
}

Fact = TypeVar("Fact", bound=TransformationEvent)


class Transformation(Base, Aggregate):
    """A transformation under the procedure it was begun under. The first step that is due is shown by its steps."""

    __tablename__ = "transformation"
    __table_args__ = (
        Index("uq_transformation_running", "institution_id", unique=True, postgresql_where=text("state = 'under_way'")),
        Index("ix_transformation_institution_id_id", "institution_id", "id"),
        Index("ix_transformation_state_id", "state", "id"),
    )

    institution_id: Mapped[UUID]
    target: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    procedure_id: Mapped[UUID]
    permit: Mapped[str] = mapped_column(Text)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    started_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    provisional: Mapped[bool]
    ended_on: Mapped[date | None] = mapped_column(Date)

    @classmethod
    def start(
        cls, institution: Institution, target: Target, procedure: Procedure, calendar: Calendar, *, at: datetime
    ) -> tuple[Self, TransformationStarted]:
        institution.check_open()
        field, value = _BECOMES[target]
        if getattr(institution, field) == value:
            raise TransformationPointless
        today = china_date(at)
        due = calendar.after_working_days(today, procedure.overall_days)
        transformation = cls(
            id=new_id(),
            version=0,
            institution_id=institution.id,
            target=target.value,
            state=TransformationState.UNDER_WAY,
            procedure_id=procedure.id,
            permit=procedure.permit,
            steps=[
                {
                    "code": step["code"],
                    "name": step["name"],
                    "due_on": calendar.after_working_days(today, step["days"]).on.isoformat(),
                    "done_on": None,
                    "note": None,
                }
                for step in procedure.steps
            ],
            district=institution.district,
            street=institution.street,
            started_on=today,
            due_on=due.on,
            provisional=due.provisional,
        )
        steps = [step["code"] for step in transformation.steps]
        return transformation, transformation._fact(TransformationStarted, at, steps=steps, due_on=due.on)

    def finish_step(self, code: str, *, done_on: date, note: str | None, at: datetime) -> TransformationStepDone:
        self._check()
        if done_on > china_date(at):
            raise DoneInFuture(pointer="/done_on")
        step = next((one for one in self.steps if one["code"] == code), None)
        if step is None:
            raise StepNotFound
        if step["done_on"] is not None:
            raise StepDoneAlready(done_on=step["done_on"])
        done = {**step, "done_on": done_on.isoformat(), "note": note}
        self.steps = [done if one is step else one for one in self.steps]
        return self._fact(TransformationStepDone, at, step=code, done_on=done_on)

    def complete(self, *, at: datetime) -> TransformationCompleted:
        self._check()
        missing = [step["code"] for step in self.steps if step["done_on"] is None]
        if missing:
            raise StepsOpen(steps=missing)
        self.state, self.ended_on = TransformationState.COMPLETED, china_date(at)
        return self._fact(TransformationCompleted, at, permit=self.permit)

    def abandon(self, *, at: datetime) -> TransformationAbandoned:
        self._check()
        self.state, self.ended_on = TransformationState.ABANDONED, china_date(at)
        return self._fact(TransformationAbandoned, at)

    @property
    def change(self) -> dict[str, object]:
        field, value = _BECOMES[Target(self.target)]
        return {field: value}

    def overdue_on(self, day: date) -> bool:
        late_step = any(step["done_on"] is None and step["due_on"] < day.isoformat() for step in self.steps)
        return self.state == TransformationState.UNDER_WAY and (day > self.due_on or late_step)

    def _check(self) -> None:
        if self.state != TransformationState.UNDER_WAY:
            raise TransformationOver(state=self.state)

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        state = {name: getattr(self, name) for name in _STATE}
        return kind.model_validate({**state, "transformation_id": self.id, **more, "at": at})


_STATE: Final = tuple(name for name in TransformationEvent.model_fields if name not in ("transformation_id", "at"))

CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_transformation_running": TransformationRunning}
