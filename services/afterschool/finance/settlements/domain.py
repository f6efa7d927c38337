"""Rates per session, agreed for an offering of a provider, and settlements. Amounts are in fen."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.finance.settlements.lines import AgreedRate, Line
from services.afterschool.orm import Base
from services.afterschool.programme.engagements.domain import Listing, ProviderNotListed
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.schools.domain import School
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.domain.wording import NUMBER, Day
from shared.events.afterschool.settlements import ProviderSettled, SessionRateAgreed


class SettlementNotFound(NotFound):
    """There is no such settlement, or you may not see it."""

    code = "settlement-not-found"
    zh = "没有此结算，或不在您的权限范围内。"


class TaughtBySchool(Conflict):
    """The school teaches this offering itself: there is no provider to pay."""

    code = "taught-by-school"
    zh = "该课程由本校自行开设，无须与机构结算。"


class RateAbovePrice(Invalid):
    """The rate is above the price that the white list publishes for its first day (`price`, in fen)."""

    code = "rate-above-price"
    zh = "课次单价高于白名单公布的价格。"


class SettlementAhead(Invalid):
    """A settlement ends today or earlier (`today`, in China)."""

    code = "settlement-ahead"
    zh = "结算截止日期不得晚于今天。"


class SettlementBefore(Conflict):
    """The last settlement with this provider goes to a later day (`until`)."""

    code = "settlement-before"
    zh = "与该机构的上一次结算已至更晚的日期。"


class NothingToSettle(Conflict):
    """Everything up to this day is settled, and no attendance was corrected since."""

    code = "nothing-to-settle"
    zh = "截至该日已全部结清，且考勤没有更正。"


class SettledMeanwhile(Conflict):
    """Another settlement with this provider was made at the same time. Ask again."""

    code = "settled-meanwhile"
    zh = "已有其他人同时与该机构结算，请重试。"


class SessionRateDetails(BaseModel):
    """The rate of an offering in fen per session from a day on, until another one begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fen: Annotated[int, NUMBER, Field(ge=0, le=1_000_000)]
    valid_from: Day


class SessionRate(Base, Aggregate):
    """The rate that a school and a provider agreed for each session of an offering. It never changes: a later one
    replaces it."""

    __tablename__ = "session_rate"
    __table_args__ = (
        Index("ix_session_rate_offering_id", "offering_id"),
        CheckConstraint("fen >= 0", name="fen_not_negative"),
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id))
    institution_id: Mapped[UUID]
    fen: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    agreed_by: Mapped[str] = mapped_column(Text)
    agreed_at: Mapped[datetime]

    @classmethod
    def agree(
        cls,
        offering: Offering,
        details: SessionRateDetails,
        listings: Sequence[Listing],
        *,
        school: School,
        by: str,
        at: datetime,
    ) -> tuple[Self, SessionRateAgreed]:
        """`listings` are those of the provider in the school's county. Raises `TaughtBySchool`, `ProviderNotListed`
        and `RateAbovePrice`."""
        if offering.provider_id is None:
            raise TaughtBySchool
        listing = next((one for one in listings if one.holds(details.valid_from)), None)
        if listing is None:
            raise ProviderNotListed(pointer="/valid_from")
        if details.fen > listing.price:
            raise RateAbovePrice(pointer="/fen", price=listing.price)
        rate = cls(
            id=new_id(),
            version=0,
            offering_id=offering.id,
            institution_id=offering.provider_id,
            agreed_by=by,
            agreed_at=at,
            **details.model_dump(),
        )
        return rate, SessionRateAgreed(
            rate_id=rate.id,
            offering_id=offering.id,
            institution_id=offering.provider_id,
            school_id=school.id,
            district=school.district,
            street=school.street,
            fen=details.fen,
            valid_from=details.valid_from,
            at=at,
        )

    @property
    def agreed(self) -> AgreedRate:
        return AgreedRate(self.id, self.fen, self.valid_from, self.agreed_at)


class Settlement(Base, Aggregate):
    """A settlement of a school with a provider, for all sessions up to a day, which is included. It never changes.

    `number` counts the settlements of the two, so that of two at the same time one is refused.
    """

    __tablename__ = "settlement"
    __table_args__ = (UniqueConstraint("school_id", "institution_id", "number"),)

    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    institution_id: Mapped[UUID]
    number: Mapped[int]
    until: Mapped[date] = mapped_column(Date)
    total: Mapped[int] = mapped_column(BigInteger)
    posted_by: Mapped[str] = mapped_column(Text)
    posted_at: Mapped[datetime]

    @classmethod
    def post(
        cls,
        institution_id: UUID,
        until: date,
        lines: Sequence[Line],
        *,
        last: "Settlement | None",
        school: School,
        by: str,
        at: datetime,
    ) -> tuple[Self, ProviderSettled]:
        """`last` is the settlement before. Raises `SettlementAhead`, `SettlementBefore` and `NothingToSettle`."""
        if until > china_date(at):
            raise SettlementAhead(pointer="/until", today=china_date(at))
        if last is not None and until < last.until:
            raise SettlementBefore(pointer="/until", until=last.until)
        if not any(line.posting for line in lines):
            raise NothingToSettle
        settlement = cls(
            id=new_id(),
            version=0,
            school_id=school.id,
            institution_id=institution_id,
            number=1 if last is None else last.number + 1,
            until=until,
            total=sum(line.posting for line in lines),
            posted_by=by,
            posted_at=at,
        )
        return settlement, ProviderSettled(
            settlement_id=settlement.id,
            institution_id=institution_id,
            school_id=school.id,
            district=school.district,
            street=school.street,
            until=until,
            lines=len(lines),
            total_fen=settlement.total,
            at=at,
        )


class SettlementLine(Base):
    """One offering of a settlement, in fen. `posting` is `target` minus `posted`; below zero it takes money back."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        Index("ix_settlement_line_offering_id", "offering_id"),
        CheckConstraint("posting = target - posted", name="posts_what_is_due"),
    )

    settlement_id: Mapped[UUID] = mapped_column(ForeignKey(Settlement.id), primary_key=True)
    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id), primary_key=True)
    sessions: Mapped[int]
    minutes: Mapped[int]
    rates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """`fen` per session, and how many `sessions`."""
    unpaid: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The `code` of a reason, and how many `sessions`."""
    target: Mapped[int] = mapped_column(BigInteger)
    posted: Mapped[int] = mapped_column(BigInteger)
    posting: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def of(cls, settlement: Settlement, line: Line) -> Self:
        return cls(
            settlement_id=settlement.id,
            offering_id=line.offering_id,
            sessions=line.sessions,
            minutes=line.minutes,
            rates=[{"fen": fen, "sessions": sessions} for fen, sessions in line.rates.items()],
            unpaid=[{"code": reason.value, "sessions": sessions} for reason, sessions in line.unpaid.items()],
            target=line.target,
            posted=line.posted,
            posting=line.posting,
        )
