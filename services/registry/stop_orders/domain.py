"""A holiday stop order, its frozen list of recipients, and what is known of each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.calendars.domain import Calendar, SchoolTerm
from services.registry.institutions.domain import Kind, Mode
from services.registry.orm import Base
from shared.database import Aggregate, new_id
from shared.events.registry import (
    ListedRecipient,
    StopOrderAcknowledged,
    StopOrderCancelled,
    StopOrderIssued,
    StopOrderRecipientsListed,
    StopOrderVerified,
)
from shared.refusals import Conflict, Forbidden, Invalid, NotFound
from shared.wording import Code, Day, Name
from shared.working_days import days_between


class StopOrderNotFound(NotFound):
    """There is no such stop order, or it is not yours to see."""

    code = "stop-order-not-found"
    zh = "没有此停训令，或不在您的权限范围内。"


class StopOrderCancelledAlready(Conflict):
    """The order was cancelled."""

    code = "stop-order-cancelled"
    zh = "该停训令已撤销。"


class StopOrderAcknowledgedAlready(Conflict):
    """The order was acknowledged already."""

    code = "stop-order-acknowledged-already"
    zh = "已签收该停训令。"


class StopOrderBeyondReach(Forbidden):
    """A district officer issues and cancels orders of his whole district only."""

    code = "stop-order-beyond-reach"
    zh = "区县人员只能签发、撤销本区县的停训令。"


class TermOrDays(Invalid):
    """Name a term or vacation, or a first and a last day: one of the two."""

    code = "term-or-days"
    zh = "须指明学期（假期），或起止日期，二者择一。"


class TermElsewhere(Invalid):
    """The vacation is that of another district's schools."""

    code = "term-elsewhere"
    zh = "该假期属于其他区县。"


class StopDaysOutOfRange(Invalid):
    """The days lie in order, and are at most 400."""

    code = "stop-days-out-of-range"
    zh = "日期须先后有序，且不超过400天。"


class NothingToStop(Invalid):
    """Subject training is allowed on all of these days."""

    code = "nothing-to-stop"
    zh = "这些日期均允许学科类培训，无须停训。"


class RecipientState(StrEnum):
    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"


class Result(StrEnum):
    """What inspection saw."""

    STOPPED = "stopped"
    OPERATING = "operating"
    UNCLEAR = "unclear"


class Action(StrEnum):
    """What moves a recipient's state. Inspection looks in any state, and leaves it."""

    ACKNOWLEDGE = "acknowledge"


TRANSITIONS: Final[Mapping[Action, frozenset[RecipientState]]] = {
    Action.ACKNOWLEDGE: frozenset({RecipientState.ISSUED}),
}

CHUNK: Final = 1000
"""Recipients told in one event."""
MAX_DAYS: Final = 400


class StopOrderContent(BaseModel):
    """A term or vacation (`term_id`), or two days; the days to stop on are compiled from the calendar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Name
    legal_basis: Name
    term_id: UUID | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    kind: Kind | None = Kind.SUBJECT
    mode: Mode | None = Mode.OFFLINE
    district: Code | None = None
    acknowledge_by: Day


def days_meant(content: StopOrderContent, term: SchoolTerm | None) -> tuple[date, date]:
    """First and last day of an order: its own, or those of its term."""
    if term is None:
        if content.first_day is None or content.last_day is None:
            raise TermOrDays(pointer="/first_day")
        return content.first_day, content.last_day
    if content.first_day is not None or content.last_day is not None:
        raise TermOrDays(pointer="/term_id")
    if term.district not in (None, content.district):
        raise TermElsewhere(pointer="/term_id")
    return term.starts_on, term.ends_on


class StopOrder(Base, Aggregate):
    """An order to stop subject training on the days of a holiday or vacation on which it is forbidden (停训令)."""

    __tablename__ = "stop_order"
    __table_args__ = (
        Index("ix_stop_order_last_day", "last_day"),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("(cancelled_at IS NULL) = (cause IS NULL)", name="cancelled_for_a_cause"),
    )

    title: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    term_id: Mapped[UUID | None]
    kind: Mapped[str | None] = mapped_column(Text)
    mode: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    days: Mapped[list[date]] = mapped_column(ARRAY(Date))
    acknowledge_by: Mapped[date] = mapped_column(Date)
    issued_at: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(Text)
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(Text)
    cause: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def issue(
        cls, content: StopOrderContent, calendar: Calendar, first: date, last: date, *, by: str, at: datetime
    ) -> Self:
        """Compile the days; raises `CalendarUnpublished` where they are not known. `issued` is its first fact.

        The days may be past: orders from before this platform are taken over, with their recipients and what was seen.
        """
        check_days(first, last)
        days = [day for day in days_between(first, last) if calendar.forbids_subject_training(day, content.district)]
        if not days:
            raise NothingToStop(pointer="/first_day")
        return cls(
            id=new_id(),
            version=0,
            **content.model_dump(exclude={"first_day", "last_day"}),
            first_day=first,
            last_day=last,
            days=days,
            issued_at=at,
            issued_by=by,
        )

    def issued(self, *, recipients: int) -> StopOrderIssued:
        return StopOrderIssued(
            stop_order_id=self.id,
            title=self.title,
            legal_basis=self.legal_basis,
            kind=self.kind,
            mode=self.mode,
            district=self.district,
            first_day=self.first_day,
            last_day=self.last_day,
            days=self.days,
            acknowledge_by=self.acknowledge_by,
            recipients=recipients,
            at=self.issued_at,
        )

    def listed(self, recipients: Sequence[ListedRecipient]) -> list[StopOrderRecipientsListed]:
        """The frozen list, in parts that fit a message."""
        return [
            StopOrderRecipientsListed(
                stop_order_id=self.id,
                first_day=self.first_day,
                last_day=self.last_day,
                institutions=[one.institution_id for one in recipients[start : start + CHUNK]],
                recipients=list(recipients[start : start + CHUNK]),
                at=self.issued_at,
            )
            for start in range(0, len(recipients), CHUNK)
        ]

    def cancel(self, cause: str, *, by: str, at: datetime) -> StopOrderCancelled:
        """Take it back."""
        self.check_not_cancelled()
        self.cancelled_at, self.cancelled_by, self.cause = at, by, cause
        return StopOrderCancelled(stop_order_id=self.id, cause=cause, at=at)

    def check_not_cancelled(self) -> None:
        if self.cancelled_at is not None:
            raise StopOrderCancelledAlready(cancelled_at=self.cancelled_at)

    def in_force(self, on: date) -> bool:
        return self.cancelled_at is None and self.first_day <= on <= self.last_day


def check_days(first: date, last: date) -> None:
    if not 0 <= (last - first).days < MAX_DAYS:
        raise StopDaysOutOfRange(pointer="/last_day", days=MAX_DAYS)


class StopOrderRecipient(Base, Aggregate):
    """One institution on an order's frozen list: whether it answered, and what inspection last saw there."""

    __tablename__ = "stop_order_recipient"
    __table_args__ = (
        UniqueConstraint("stop_order_id", "institution_id", name="uq_stop_order_recipient_institution"),
        Index("ix_stop_order_recipient_institution_id", "institution_id"),
        CheckConstraint("(result IS NULL) = (visit_id IS NULL)", name="seen_by_a_visit"),
        CheckConstraint("(result IS NULL) = (verified_at IS NULL)", name="seen_at_a_time"),
    )

    stop_order_id: Mapped[UUID] = mapped_column(ForeignKey("stop_order.id"))
    institution_id: Mapped[UUID]
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    visit_id: Mapped[UUID | None]
    verified_at: Mapped[datetime | None]

    def acknowledge(self, *, by: str, at: datetime) -> StopOrderAcknowledged:
        """Take the operator's word that he knows the order; late is better than never."""
        if self.state not in TRANSITIONS[Action.ACKNOWLEDGE]:
            raise StopOrderAcknowledgedAlready(state=self.state, acknowledged_at=self.acknowledged_at)
        self.state, self.acknowledged_at, self.acknowledged_by = RecipientState.ACKNOWLEDGED, at, by
        return StopOrderAcknowledged(
            stop_order_id=self.stop_order_id,
            recipient_id=self.id,
            institution_id=self.institution_id,
            district=self.district,
            street=self.street,
            at=at,
        )

    def verify(self, result: Result, *, visit_id: UUID, at: datetime) -> StopOrderVerified | None:
        """What a visit saw. The last one counts, in whichever order they are told; None where nothing changes."""
        known = None if self.verified_at is None or self.visit_id is None else (self.verified_at, self.visit_id)
        if known is not None and (at, visit_id) <= known:
            return None
        if self.visit_id == visit_id and self.result == result:
            return None
        self.result, self.visit_id, self.verified_at = result, visit_id, at
        return StopOrderVerified(
            stop_order_id=self.stop_order_id,
            recipient_id=self.id,
            institution_id=self.institution_id,
            district=self.district,
            street=self.street,
            visit_id=visit_id,
            result=result,
            at=at,
        )
