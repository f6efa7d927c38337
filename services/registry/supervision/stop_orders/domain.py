"""A holiday stop order, its frozen list of recipients, and what is known of each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Kind, Mode
from services.registry.orm import Base
from services.registry.rulebook.calendars.domain import Calendar, SchoolTerm
from services.registry.supervision.answers.domain import RecordedAnswer
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from shared.domain.wording import Code, Day, Name
from shared.domain.working_days import days_between
from shared.events.registry.stop_orders import (
    ListedRecipient,
    StopOrderAcknowledged,
    StopOrderCancelled,
    StopOrderConfirmed,
    StopOrderIssued,
    StopOrderRecipientsListed,
    StopOrderRecipientsReleased,
    StopOrderVerified,
)


class StopOrderNotFound(NotFound):
    """There is no such stop order, or you may not see it."""

    code = "stop-order-not-found"
    zh = "没有此停训令，或不在您的权限范围内。"


class StopOrderCancelledAlready(Conflict):
    """The order was cancelled."""

    code = "stop-order-cancelled"
    zh = "该停训令已撤销。"


class StopOrderAcknowledgedAlready(Conflict):
    """The institution has already acknowledged the order."""

    code = "stop-order-acknowledged-already"
    zh = "已签收该停训令。"


class StopOrderBeyondReach(Forbidden):
    """You may issue, confirm or cancel stop orders only for the whole of your own district."""

    code = "stop-order-beyond-reach"
    zh = "区县人员只能签发、撤销本区县的停训令。"


class TermOrDays(Invalid):
    """Name either a term or vacation, or a first and a last day, not both."""

    code = "term-or-days"
    zh = "须指明学期（假期），或起止日期，二者择一。"


class TermElsewhere(Invalid):
    """This term or vacation belongs to another district's schools."""

    code = "term-elsewhere"
    zh = "该假期属于其他区县。"


class StopDaysOutOfRange(Invalid):
    """The first day must not be after the last, and the order may span at most 400 days."""

    code = "stop-days-out-of-range"
    zh = "日期须先后有序，且不超过400天。"


class NothingToStop(Invalid):
    """Subject training is allowed on all these days, so there is nothing to stop."""

    code = "nothing-to-stop"
    zh = "这些日期均允许学科类培训，无须停训。"


class CalendarUnchanged(Conflict):
    """The order already matches the calendar, or was confirmed since the calendar changed."""

    code = "calendar-unchanged"
    zh = "日历未变更，或变更后已确认，无须重新签发或确认。"


class RecipientNotOperating(Conflict):
    """The last check did not find this institution operating, so there is no rectification to record."""

    code = "recipient-not-operating"
    zh = "最近一次核查未发现该机构仍在培训，无须登记整改。"


class ViolationNotClosed(Conflict):
    """This violation is not closed, or was not found at this institution under this order."""

    code = "violation-not-closed"
    zh = "该机构没有在此停训令期间发现且已由检查部门销号的此项问题。"


class RectificationRecordedAlready(Conflict):
    """This violation is already recorded as rectified; a later check found the institution operating again."""

    code = "rectification-recorded-already"
    zh = "该问题已登记整改；其后的核查又发现该机构仍在培训。"


class RecipientState(StrEnum):
    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"


class Result(StrEnum):
    """The result of a check by inspection."""

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
    """The period of an order: a term or vacation (`term_id`), or two days. The calendar gives its days to stop."""

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
    replaces: Mapped[UUID | None]
    confirmed_days: Mapped[list[date] | None] = mapped_column(ARRAY(Date))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    confirmed_because: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def issue(
        cls,
        content: StopOrderContent,
        calendar: Calendar,
        first: date,
        last: date,
        *,
        by: str,
        at: datetime,
        replaces: UUID | None = None,
    ) -> Self:
        """Compile the days; raises `CalendarUnpublished` if a year's calendar is missing. `issued` is its first
        fact.

        The days may be past: orders from before this platform are entered too, with their recipients and checks.
        """
        check_days(first, last)
        days = compiled(calendar, first, last, content.district)
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
            replaces=replaces,
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
            replaces=self.replaces,
        )

    def listed(self, recipients: Sequence[ListedRecipient]) -> list[StopOrderRecipientsListed]:
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
        self.check_not_cancelled()
        self.cancelled_at, self.cancelled_by, self.cause = at, by, cause
        return StopOrderCancelled(stop_order_id=self.id, cause=cause, at=at)

    def released(self, recipient_ids: Sequence[UUID], *, at: datetime) -> list[StopOrderRecipientsReleased]:
        return [
            StopOrderRecipientsReleased(
                stop_order_id=self.id, recipients=list(recipient_ids[start : start + CHUNK]), at=at
            )
            for start in range(0, len(recipient_ids), CHUNK)
        ]

    def content(self, acknowledge_by: date) -> StopOrderContent:
        said = {name: getattr(self, name) for name in StopOrderContent.model_fields}
        by_term = {} if self.term_id is None else {"first_day": None, "last_day": None}
        return StopOrderContent.model_validate(said | by_term | {"acknowledge_by": acknowledge_by})

    def differs_from(self, today: Sequence[date]) -> bool:
        """Whether the calendar now gives other days than those ordered, and nobody has confirmed the order since."""
        return self.cancelled_at is None and list(today) not in (self.days, self.confirmed_days)

    def check_differs_from(self, today: Sequence[date]) -> None:
        """Raise `CalendarUnchanged` if the days are still those of the calendar."""
        self.check_not_cancelled()
        if not self.differs_from(today):
            raise CalendarUnchanged

    def confirm(self, today: Sequence[date], cause: str, *, by: str, at: datetime) -> StopOrderConfirmed:
        """Confirm the order although the calendar now gives other days. This lasts until the calendar changes again."""
        self.check_differs_from(today)
        self.confirmed_days, self.confirmed_at, self.confirmed_by = list(today), at, by
        self.confirmed_because = cause
        return StopOrderConfirmed(stop_order_id=self.id, cause=cause, days_today=list(today), at=at)

    def stops_on(self, day: date) -> bool:
        return self.cancelled_at is None and day in self.days

    def check_not_cancelled(self) -> None:
        if self.cancelled_at is not None:
            raise StopOrderCancelledAlready(cancelled_at=self.cancelled_at)

    def in_force(self, on: date) -> bool:
        return self.cancelled_at is None and self.first_day <= on <= self.last_day


def compiled(calendar: Calendar, first: date, last: date, district: str | None) -> list[date]:
    """The days on which training is forbidden; raises `CalendarUnpublished` if a year's calendar is missing."""
    return [day for day in days_between(first, last) if calendar.forbids_subject_training(day, district)]


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
    checked_on: Mapped[date | None] = mapped_column(Date)
    violation_id: Mapped[UUID | None]
    means: Mapped[str | None] = mapped_column(Text)
    acknowledged_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Text)

    def acknowledge(self, *, by: str, at: datetime, answer: RecordedAnswer | None = None) -> StopOrderAcknowledged:
        """Record the operator's acknowledgement, or an official's (`answer`); a late one is accepted."""
        if self.state not in TRANSITIONS[Action.ACKNOWLEDGE]:
            raise StopOrderAcknowledgedAlready(state=self.state, acknowledged_at=self.acknowledged_at)
        self.state, self.acknowledged_at, self.acknowledged_by = RecipientState.ACKNOWLEDGED, at, by
        if answer is not None:
            self.means, self.acknowledged_on, self.note = answer.means, answer.on, answer.note
        return StopOrderAcknowledged(
            stop_order_id=self.stop_order_id,
            recipient_id=self.id,
            institution_id=self.institution_id,
            district=self.district,
            street=self.street,
            at=at,
            means=self.means,
            acknowledged_on=self.acknowledged_on,
        )

    def verify(self, checks: Iterable["StopOrderCheck"]) -> StopOrderVerified | None:
        """Take the result of the last check that counts, by day and then time; None if nothing changes."""
        counting = [check for check in checks if check.counts]
        if not counting:
            return None
        last = max(counting, key=lambda check: (check.checked_on, check.at, check.visit_id))
        said = (last.result, last.visit_id, last.violation_id, last.checked_on)
        if said == (self.result, self.visit_id, self.violation_id, self.checked_on):
            return None
        self.result, self.visit_id, self.violation_id, self.checked_on = said
        self.verified_at = last.at
        return StopOrderVerified(
            stop_order_id=self.stop_order_id,
            recipient_id=self.id,
            institution_id=self.institution_id,
            district=self.district,
            street=self.street,
            visit_id=last.visit_id,
            result=last.result,
            checked_on=last.checked_on,
            violation_id=last.violation_id,
            at=last.at,
        )


class StopOrderCheck(Base):
    """One check of a recipient: what a visit saw there, or that a violation found at a visit was put right.

    A visit counts on a day of an order that was not cancelled. Every check is kept, whether it counts or not.
    """

    __tablename__ = "stop_order_check"
    __table_args__ = (
        Index(
            "uq_stop_order_check_visit",
            "recipient_id",
            "visit_id",
            unique=True,
            postgresql_where=text("violation_id IS NULL"),
        ),
        Index(
            "uq_stop_order_check_violation",
            "recipient_id",
            "violation_id",
            unique=True,
            postgresql_where=text("violation_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("stop_order_recipient.id"))
    visit_id: Mapped[UUID]
    violation_id: Mapped[UUID | None]
    checked_on: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime]
    result: Mapped[str] = mapped_column(Text)
    counts: Mapped[bool]
    recorded_by: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def of_visit(
        cls, recipient: StopOrderRecipient, order: StopOrder, *, visit_id: UUID, on: date, result: Result, at: datetime
    ) -> Self:
        return cls(
            id=new_id(),
            recipient_id=recipient.id,
            visit_id=visit_id,
            checked_on=on,
            at=at,
            result=result,
            counts=order.stops_on(on),
        )

    @classmethod
    def of_rectification(
        cls, recipient: StopOrderRecipient, violation_id: UUID, *, note: str | None, by: str, at: datetime
    ) -> Self:
        """A check without a visit: inspection closed the violation found at the recipient, so it has stopped."""
        if recipient.result != Result.OPERATING or recipient.visit_id is None:
            raise RecipientNotOperating(result=recipient.result)
        return cls(
            id=new_id(),
            recipient_id=recipient.id,
            visit_id=recipient.visit_id,
            violation_id=violation_id,
            checked_on=china_date(at),
            at=at,
            result=Result.STOPPED,
            counts=True,
            recorded_by=by,
            note=note,
        )

    def say(self, result: Result, *, at: datetime) -> None:
        """The visit was sent back and submitted again: its latest result counts."""
        if at > self.at:
            self.result, self.at = result, at
