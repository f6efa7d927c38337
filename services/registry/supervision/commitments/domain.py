"""The commitment of standardised schools (规范办学承诺书): texts that never change, signatures, breaches."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, Self, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Date, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Institution
from services.registry.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.dated import STANDS, Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal, field_error
from shared.domain.wording import Day, Name, check_controls
from shared.events.registry.commitments import (
    CommitmentBreached,
    CommitmentSigned,
    CommitmentTextPublished,
    CommitmentTextWithdrawn,
)


class CommitmentTextNotFound(NotFound):
    """There is no such commitment text."""

    code = "commitment-text-not-found"
    zh = "没有此承诺书文本。"


class CommitmentNotFound(NotFound):
    """This institution has no such commitment."""

    code = "commitment-not-found"
    zh = "该机构没有此承诺书。"


class CommitmentTextNotLater(Invalid):
    """A new text must not take effect earlier than the text before it."""

    code = "commitment-text-not-later"
    zh = "新文本的生效日期不得早于上一文本。"


class CommitmentTextDiffers(Invalid):
    """The sha256 does not match the text. Read the text again before signing it."""

    code = "commitment-text-differs"
    zh = "sha256 与文本不符：所阅文本不是所签文本。"


class CommitmentTextNotInForce(Conflict):
    """The text is not in force yet."""

    code = "commitment-text-not-in-force"
    zh = "该文本尚未生效。"


class CommitmentTextSuperseded(Conflict):
    """A newer text is in force. Sign that one."""

    code = "commitment-text-superseded"
    zh = "已有新文本生效，请签署新文本。"


class CommitmentTextSigned(Conflict):
    """An institution has already signed this text. Publish a new version instead."""

    code = "commitment-text-signed"
    zh = "已有机构签署此文本，请另行发布新文本。"


class CommitmentSignedAlready(Conflict):
    """The institution has already signed this text."""

    code = "commitment-signed-already"
    zh = "该机构已签署此文本。"


class SignatureFormWrong(Invalid):
    """An operator signs online; an official records only what was signed on paper (`on_paper`)."""

    code = "signature-form-wrong"
    zh = "机构在线签署；工作人员仅登记纸质签署（on_paper）。"


class ViolationUnknown(NotFound):
    """The institution's file contains no such violation."""

    code = "violation-unknown"
    zh = "该机构档案中没有此问题。"


class BreachRecordedAlready(Conflict):
    """This violation is already recorded as a breach."""

    code = "breach-recorded-already"
    zh = "该问题已登记为违反承诺。"


def _readable(value: str) -> str:
    check_controls(value, lines=True)
    if not value.strip():
        raise field_error("text-blank", en="The text is blank.", zh="正文不能为空白。")
    return value


Body: TypeAlias = Annotated[str, Field(min_length=1, max_length=50_000), AfterValidator(_readable)]
"""Kept to the byte, outer blanks included: its sha256 is what people sign."""


class TextContent(BaseModel):
    """A version of the commitment, and the day from which it is the one to sign."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Name
    body: Body
    valid_from: Day


class CommitmentText(Base, Aggregate, Withdrawable):
    """One version of the commitment. Its words never change; the next one takes its place."""

    __tablename__ = "commitment_text"
    __table_args__ = (
        Index("uq_commitment_text_number", "number", unique=True, postgresql_where=text(STANDS)),
        withdrawn_for_a_reason(),
    )

    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    published_at: Mapped[datetime]

    @classmethod
    def publish(
        cls, content: TextContent, *, newest: "CommitmentText | None", at: datetime
    ) -> tuple[Self, CommitmentTextPublished]:
        """Publish the next version. It may not be valid from an earlier day than `newest`."""
        if newest is not None and content.valid_from < newest.valid_from:
            raise CommitmentTextNotLater(pointer="/valid_from", newest_valid_from=newest.valid_from)
        published = cls(
            id=new_id(),
            version=0,
            number=newest.number + 1 if newest else 1,
            title=content.title,
            body=content.body,
            sha256=hashlib.sha256(content.body.encode()).hexdigest(),
            valid_from=content.valid_from,
            published_at=at,
        )
        return published, CommitmentTextPublished(
            text_id=published.id,
            number=published.number,
            title=published.title,
            sha256=published.sha256,
            valid_from=published.valid_from,
            at=at,
        )

    def withdraw(self, reason: str, *, signed: bool, by: str, at: datetime) -> CommitmentTextWithdrawn:
        """Withdraw the text unless it was signed; the one before is the one to sign again."""
        self._take_back(reason, first_day=self.valid_from, entered_at=self.published_at, by=by, at=at)
        if signed:
            raise CommitmentTextSigned
        return CommitmentTextWithdrawn(text_id=self.id, number=self.number, valid_from=self.valid_from, at=at)


class Signature(BaseModel):
    """Who signed what he read: `sha256` is that of the text the signatory had before him."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_id: UUID
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    signatory: Name
    on_paper: bool = False


class Commitment(Base, Aggregate):
    """One institution's signature under one text; `breached_at` is the first violation that broke it."""

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("institution_id", "text_id", name="uq_commitment_institution_id_text_id"),
        Index("ix_commitment_district_street", "district", "street"),
        Index("ix_commitment_text_number", "text_number"),
    )

    institution_id: Mapped[UUID]
    text_id: Mapped[UUID]
    text_number: Mapped[int]
    sha256: Mapped[str] = mapped_column(Text)
    signatory: Mapped[str] = mapped_column(Text)
    signed_by: Mapped[str] = mapped_column(Text)
    on_paper: Mapped[bool]
    signed_at: Mapped[datetime]
    breached_at: Mapped[datetime | None]
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def sign(
        cls,
        institution: Institution,
        text: CommitmentText,
        signature: Signature,
        *,
        newest: CommitmentText | None,
        by: str,
        at: datetime,
    ) -> tuple[Self, CommitmentSigned]:
        """Sign the text in force; the hash proves that this text was read. `newest` is the newest in force today."""
        institution.check_open()
        text.check_stands()
        if signature.sha256 != text.sha256:
            raise CommitmentTextDiffers(pointer="/sha256")
        if text.valid_from > china_date(at):
            raise CommitmentTextNotInForce(valid_from=text.valid_from)
        if newest is not None and newest.number != text.number:
            raise CommitmentTextSuperseded(text_id=newest.id, number=newest.number)
        commitment = cls(
            id=new_id(),
            version=0,
            institution_id=institution.id,
            text_id=text.id,
            text_number=text.number,
            sha256=text.sha256,
            signatory=signature.signatory,
            signed_by=by,
            on_paper=signature.on_paper,
            signed_at=at,
            district=institution.district,
            street=institution.street,
        )
        return commitment, CommitmentSigned.model_validate(commitment._public_state(at))

    def breach(
        self, violation_id: UUID, *, note: str | None, by: str, at: datetime
    ) -> "tuple[CommitmentBreach, CommitmentBreached]":
        """Record that a violation broke it. The caller has checked that the violation is in the institution's file."""
        if self.breached_at is None:
            self.breached_at = at
        breach = CommitmentBreach(
            violation_id=violation_id, commitment_id=self.id, note=note, recorded_by=by, recorded_at=at
        )
        return breach, CommitmentBreached.model_validate({**self._public_state(at), "violation_id": violation_id})

    def _public_state(self, at: datetime) -> dict[str, object]:
        return {
            "commitment_id": self.id,
            "institution_id": self.institution_id,
            "text_id": self.text_id,
            "text_number": self.text_number,
            "sha256": self.sha256,
            "district": self.district,
            "street": self.street,
            "at": at,
        }


class CommitmentBreach(Base):
    """A violation that broke a commitment; each violation counts once."""

    __tablename__ = "commitment_breach"
    __table_args__ = (Index("ix_commitment_breach_commitment_id", "commitment_id"),)

    violation_id: Mapped[UUID] = mapped_column(primary_key=True)
    commitment_id: Mapped[UUID]
    note: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {
    "uq_commitment_institution_id_text_id": CommitmentSignedAlready,
    "pk_commitment_breach": BreachRecordedAlready,
}
