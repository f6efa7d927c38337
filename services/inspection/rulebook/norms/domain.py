"""A norm: one number, from a day on until a later row replaces it. What a law fixes is not among them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, Date, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.dated import STANDS, SourceStatus, Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal
from shared.domain.wording import NUMBER, Day, Name
from shared.events.inspection.norms import NormEnacted, NormWithdrawn


class NormNotFound(NotFound):
    """There is no such norm."""

    code = "norm-not-found"
    zh = "没有此标准数值。"


class NormUnknown(Conflict):
    """No value of the norm `name` is in force. The bureau has to enact one."""

    code = "norm-unknown"
    zh = "该标准尚无现行数值，须由市局确定。"


class NormBeginsPast(Invalid):
    """A new value must not begin before today."""

    code = "norm-begins-past"
    zh = "新标准的生效日期不得早于今天。"


class NormOfThatDay(Conflict):
    """This norm already has a value that begins on that day."""

    code = "norm-of-that-day"
    zh = "该标准已有同日生效的数值。"


class NormTooLarge(Invalid):
    """The value is above the largest allowed for this norm (`most`)."""

    code = "norm-too-large"
    zh = "数值超出该标准的合理范围。"


class NormName(StrEnum):
    """The names of the norms. Values are days or points; names that end in `_bp` are in basis points, fines in fen."""

    VISIT = "visit"
    SUBMISSION = "submission"
    RETRY = "retry"
    REVIEW = "review"
    ORDER = "order"
    RECTIFICATION_HIGH = "rectification.high"
    RECTIFICATION_MODERATE = "rectification.moderate"
    RECTIFICATION_LOW = "rectification.low"
    VERIFICATION = "verification"
    COMPLAINT_MATCH = "complaint_match"
    COMPLAINT_ANSWER = "complaint_answer"
    EVIDENCE = "evidence"
    SYNC_DECISION = "sync_decision"
    RECHECK = "recheck"
    ESCALATION_FIRST = "escalation.1"
    ESCALATION_SECOND = "escalation.2"
    ESCALATION_THIRD = "escalation.3"
    CASE_EXTENSION = "case_extension"
    HEARING_PERSON = "hearing_fen.person"
    HEARING_ORGANISATION = "hearing_fen.organisation"
    DRAW_MINIMUM_SHARE = "draw.minimum_share_bp"
    RISK_HIGH_VIOLATION = "risk.points_high_violation"
    RISK_MODERATE_VIOLATION = "risk.points_moderate_violation"
    RISK_LOW_VIOLATION = "risk.points_low_violation"
    RISK_STALE_DAYS = "risk.stale_days"
    RISK_STALE_POINTS = "risk.stale_points"
    RISK_LONG_STALE_DAYS = "risk.long_stale_days"
    RISK_LONG_STALE_POINTS = "risk.long_stale_points"
    RISK_FROM_MODERATE = "risk.moderate_from_points"
    RISK_FROM_HIGH = "risk.high_from_points"

    @property
    def most(self) -> int:
        """The largest value: ten years of days, 100 % of a share, or the largest fine in fen."""
        return _MOST.get(self, 3650)


MAX_VALUE: Final = 10**9
_MOST: Final[Mapping[NormName, int]] = {
    NormName.HEARING_PERSON: MAX_VALUE,
    NormName.HEARING_ORGANISATION: MAX_VALUE,
    NormName.DRAW_MINIMUM_SHARE: 10_000,
}


class NormContent(BaseModel):
    """A norm's value, its first day and its source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: NormName
    value: Annotated[int, NUMBER, Field(ge=0, le=MAX_VALUE)]
    source: Name
    status: SourceStatus = SourceStatus.VERIFIED
    valid_from: Day


class Norm(Base, Aggregate, Withdrawable):
    """One number from a day on."""

    __tablename__ = "norm"
    __table_args__ = (
        Index("uq_norm_name_valid_from", "name", "valid_from", unique=True, postgresql_where=text(STANDS)),
        withdrawn_for_a_reason(),
    )

    name: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    value: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    enacted_at: Mapped[datetime | None]

    @classmethod
    def enact(cls, content: NormContent, *, at: datetime) -> tuple[Self, NormEnacted]:
        if content.valid_from < china_date(at):
            raise NormBeginsPast(pointer="/valid_from")
        if content.value > content.name.most:
            raise NormTooLarge(pointer="/value", most=content.name.most)
        norm = cls(id=new_id(), version=0, enacted_at=at, **content.model_dump())
        return norm, NormEnacted(
            norm_id=norm.id, name=norm.name, value=norm.value, valid_from=norm.valid_from, source=norm.source, at=at
        )

    def withdraw(self, reason: str, *, by: str, at: datetime) -> NormWithdrawn:
        self._take_back(reason, first_day=self.valid_from, entered_at=self.enacted_at, by=by, at=at)
        return NormWithdrawn(norm_id=self.id, name=self.name, valid_from=self.valid_from, at=at)


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_norm_name_valid_from": NormOfThatDay}
