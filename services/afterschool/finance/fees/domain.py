"""Waivers of fees for hardship, and what a school collects or refunds for a term. Amounts are in fen."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.finance.fees.bill import WHOLE_BP, Bill, WaivedDays
from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Student
from services.afterschool.roster.terms.domain import Term
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.domain.wording import NUMBER, Day, Reason
from shared.events.afterschool.fees import FeeCollected, FeeRefunded, FeeWaiverEnded, FeeWaiverGranted


class FeeWaiverNotFound(NotFound):
    """There is no such waiver, or you may not see it."""

    code = "fee-waiver-not-found"
    zh = "没有此减免，或不在您的权限范围内。"


class FeeWaiverDaysEmpty(Invalid):
    """A waiver must end after its first day."""

    code = "fee-waiver-days-empty"
    zh = "减免的终止日期须晚于开始日期。"


class FeeWaiverOverlaps(Conflict):
    """The child already has a waiver on some of these days."""

    code = "fee-waiver-overlaps"
    zh = "该学生在此期间已有减免。"


class FeeWaiverEndsAlready(Conflict):
    """The waiver already ends on that day or earlier."""

    code = "fee-waiver-ends-already"
    zh = "该减免已于该日或更早终止。"


class CollectionOutsideTerm(Conflict):
    """Fees are collected for one term, and only during it (`starts_on` to `ends_on`)."""

    code = "collection-outside-term"
    zh = "不得跨学期收费，只能在本学期内收取本学期费用。"


class CollectionTooLarge(Conflict):
    """The amount is above what may still be collected for this term (`collectable`, in fen)."""

    code = "collection-too-large"
    zh = "收费金额超过本学期尚可收取的金额。"


class RefundTooLarge(Conflict):
    """The amount is above what is to be refunded (`refundable`, in fen)."""

    code = "refund-too-large"
    zh = "退费金额超过应退金额。"


class FeeWaiverDetails(BaseModel):
    """Which share of the fees is waived from which day on, and why. `share_bp`: 10000 is all of them.

    `valid_to` is the first day without the waiver.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    share_bp: Annotated[int, NUMBER, Field(ge=1, le=WHOLE_BP)] = WHOLE_BP
    valid_from: Day
    valid_to: Day | None = None
    reason: Reason


class FeeWaiver(Base, Aggregate):
    """A waiver of fees for hardship (困难减免) on the days `[valid_from, valid_to)`. Events do not name the child."""

    __tablename__ = "fee_waiver"
    __table_args__ = (
        Index("ix_fee_waiver_student_id_valid_from", "student_id", "valid_from"),
        Index("ix_fee_waiver_school_id_id", "school_id", "id"),
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="days_not_empty"),
        CheckConstraint("share_bp BETWEEN 1 AND 10000", name="share_of_the_whole"),
    )

    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    share_bp: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime]

    @classmethod
    def grant(
        cls,
        student_id: UUID,
        details: FeeWaiverDetails,
        *,
        known: Iterable["FeeWaiver"],
        school: School,
        by: str,
        at: datetime,
    ) -> tuple[Self, FeeWaiverGranted]:
        """Raises `FeeWaiverDaysEmpty` and `FeeWaiverOverlaps`."""
        first, end = details.valid_from, details.valid_to
        if end is not None and end <= first:
            raise FeeWaiverDaysEmpty(pointer="/valid_to")
        for other in known:
            begins_later = end is not None and end <= other.valid_from
            ended_before = other.valid_to is not None and other.valid_to <= first
            if not begins_later and not ended_before:
                raise FeeWaiverOverlaps
        waiver = cls(
            id=new_id(),
            version=0,
            student_id=student_id,
            school_id=school.id,
            decided_by=by,
            decided_at=at,
            **details.model_dump(),
        )
        return waiver, FeeWaiverGranted(**waiver._said(school, at), valid_from=first, valid_to=end)

    def end(self, on: date, *, school: School, at: datetime) -> FeeWaiverEnded:
        """`on` is the first day without it. Raises `FeeWaiverDaysEmpty` and `FeeWaiverEndsAlready`."""
        if on <= self.valid_from:
            raise FeeWaiverDaysEmpty(pointer="/valid_to")
        if self.valid_to is not None and self.valid_to <= on:
            raise FeeWaiverEndsAlready(valid_to=self.valid_to)
        self.valid_to = on
        return FeeWaiverEnded(**self._said(school, at), valid_to=on)

    @property
    def days(self) -> WaivedDays:
        return WaivedDays(self.share_bp, self.valid_from, self.valid_to)

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "waiver_id": self.id,
            "school_id": school.id,
            "district": school.district,
            "street": school.street,
            "share_bp": self.share_bp,
            "at": at,
        }


class EntryKind(StrEnum):
    """What a school entered of a child's fees."""

    COLLECTION = "collection"
    REFUND = "refund"


class FeeEntry(Base, Aggregate):
    """Fees of one child for one term, collected or refunded. An entry never changes; a refund corrects a collection."""

    __tablename__ = "fee_entry"
    __table_args__ = (
        Index("ix_fee_entry_student_id_term", "student_id", "term"),
        key_check("term"),
        CheckConstraint("fen > 0", name="fen_positive"),
    )

    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    term: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    fen: Mapped[int] = mapped_column(BigInteger)
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]

    @classmethod
    def collect(
        cls, student_id: UUID, fen: int, *, bill: Bill, term: Term, school: School, by: str, at: datetime
    ) -> tuple[Self, FeeCollected]:
        """Raises `CollectionOutsideTerm` and `CollectionTooLarge`."""
        if not term.starts_on <= china_date(at) <= term.ends_on:
            raise CollectionOutsideTerm(starts_on=term.starts_on, ends_on=term.ends_on)
        if fen > bill.collectable:
            raise CollectionTooLarge(pointer="/fen", collectable=bill.collectable)
        entry = cls._entered(student_id, fen, EntryKind.COLLECTION, term=term, school=school, by=by, at=at)
        return entry, FeeCollected(**entry._said(school, at))

    @classmethod
    def refund(
        cls, student_id: UUID, fen: int, *, bill: Bill, term: Term, school: School, by: str, at: datetime
    ) -> tuple[Self, FeeRefunded]:
        """Possible after the term as well. Raises `RefundTooLarge`."""
        if fen > bill.refundable:
            raise RefundTooLarge(pointer="/fen", refundable=bill.refundable)
        entry = cls._entered(student_id, fen, EntryKind.REFUND, term=term, school=school, by=by, at=at)
        return entry, FeeRefunded(**entry._said(school, at))

    @classmethod
    def _entered(
        cls, student_id: UUID, fen: int, kind: EntryKind, *, term: Term, school: School, by: str, at: datetime
    ) -> Self:
        return cls(
            id=new_id(),
            version=0,
            student_id=student_id,
            school_id=school.id,
            term=term.name,
            kind=kind,
            fen=fen,
            recorded_by=by,
            recorded_at=at,
        )

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "entry_id": self.id,
            "school_id": school.id,
            "district": school.district,
            "street": school.street,
            "term": self.term,
            "fen": self.fen,
            "at": at,
        }
