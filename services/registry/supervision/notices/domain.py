"""A notice (通报), and the receipt of each institution it was sent to."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, Date, ForeignKey, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Kind
from services.registry.orm import Base
from services.registry.supervision.answers.domain import RecordedAnswer
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from shared.domain.wording import Code, Day, Document, Name, Reason
from shared.events.registry.notices import NoticeConfirmed, NoticePublished


class NoticeNotFound(NotFound):
    """There is no such notice, or you may not see it."""

    code = "notice-not-found"
    zh = "没有此通报，或不在您的权限范围内。"


class NoticeConfirmedAlready(Conflict):
    """The receipt of this notice is already confirmed."""

    code = "notice-confirmed-already"
    zh = "已确认收到该通报。"


class ConfirmByPast(Invalid):
    """The deadline for the confirmation must not be before today."""

    code = "confirm-by-past"
    zh = "确认期限早于今天。"


class RecipientsBeyondReach(Forbidden):
    """You may send notices only within your own district, and within your own street if you are bound to one."""

    code = "recipients-beyond-reach"
    zh = "只能向本辖区内的机构发布。"


class Recipients(BaseModel):
    """The recipients. Without any restriction, every operating institution."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    district: Code | None = None
    street: Code | None = None
    kind: Kind | None = None


class NoticeContent(BaseModel):
    """What is told, to whom, and by when they confirm that they know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Name
    body: Document
    legal_basis: Reason | None = None
    recipients: Recipients = Field(default_factory=Recipients)
    confirm_by: Day


class Notice(Base, Aggregate):
    """A notice (通报) of the bureau, or of a district: numbered, frozen with its recipients, never changed."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("year", "sequence", name="uq_notice_year_sequence"),)

    year: Mapped[int]
    sequence: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    subjects: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    confirm_by: Mapped[date] = mapped_column(Date)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(Text)

    @classmethod
    def publish(cls, content: NoticeContent, *, sequence: int, subjects: list[UUID], by: str, at: datetime) -> Self:
        """Number it in the series of its year. Record its fact, `published`, once its recipients are counted."""
        if content.confirm_by < china_date(at):
            raise ConfirmByPast(pointer="/confirm_by")
        return cls(
            id=new_id(),
            version=0,
            year=china_date(at).year,
            sequence=sequence,
            subjects=list(dict.fromkeys(subjects)),
            published_at=at,
            published_by=by,
            **content.model_dump(exclude={"recipients"}),
            **content.recipients.model_dump(),
        )

    @property
    def number(self) -> str:
        return f"通报〔{self.year}〕{self.sequence}号"

    @property
    def recipients(self) -> dict[str, Any]:
        return {"district": self.district, "street": self.street, "kind": self.kind}

    def published(self, *, recipients: int) -> NoticePublished:
        return NoticePublished(
            notice_id=self.id,
            number=self.number,
            title=self.title,
            body=self.body,
            legal_basis=self.legal_basis,
            subjects=self.subjects,
            recipients=recipients,
            confirm_by=self.confirm_by,
            at=self.published_at,
            district=self.district,
            street=self.street,
        )


class Receipt(Base, Aggregate):
    """That one institution was to receive a notice, and since when it says it has."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("notice_id", "institution_id", name="uq_receipt_notice_id_institution_id"),
        Index("ix_receipt_institution_id_notice_id", "institution_id", "notice_id"),
    )

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notice.id"))
    institution_id: Mapped[UUID]
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    means: Mapped[str | None] = mapped_column(Text)
    confirmed_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Text)

    def confirm(self, *, by: str, at: datetime, answer: RecordedAnswer | None = None) -> NoticeConfirmed:
        """Record the operator's confirmation, or an official's (`answer`). Once only; a late one is accepted."""
        if self.confirmed_at is not None:
            raise NoticeConfirmedAlready(confirmed_at=self.confirmed_at)
        self.confirmed_at, self.confirmed_by = at, by
        if answer is not None:
            self.means, self.confirmed_on, self.note = answer.means, answer.on, answer.note
        return NoticeConfirmed(
            receipt_id=self.id,
            notice_id=self.notice_id,
            institution_id=self.institution_id,
            at=at,
            means=self.means,
            confirmed_on=self.confirmed_on,
            district=self.district,
            street=self.street,
        )
