"""A reported figure from its submission to its verdict."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, CheckConstraint, Date, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.orm import Base
from services.metrics.tree.domain import Indicator, Source
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from shared.domain.wording import NUMBER, Code, Day, Key, Line, Paragraph
from shared.events.metrics.reported import ReportedFigureApproved, ReportedFigureReturned, ReportedFigureSubmitted


class ReportedFigureNotFound(NotFound):
    """There is no such reported figure, or you may not see it."""

    code = "reported-figure-not-found"
    zh = "没有此填报数据，或不在您的权限范围内。"


class IndicatorNotReported(Invalid):
    """This indicator is counted from events; nobody reports it."""

    code = "indicator-not-reported"
    zh = "该指标由业务数据自动统计，不接受填报。"


class FigureOfTheFuture(Invalid):
    """A figure cannot be as of a day that has not come."""

    code = "figure-of-the-future"
    zh = "数据截止日期不得晚于今天。"


class FigureOutsideYourDistrict(Forbidden):
    """You may submit figures only of your own district."""

    code = "figure-outside-your-district"
    zh = "区县人员只能填报本区县的数据。"


class FigureDecided(Conflict):
    """The figure was approved or returned already (`state`). Submit a new one to correct it."""

    code = "figure-decided"
    zh = "该数据已审核或已退回，如需更正请重新填报。"


class ApproverSubmitted(Conflict):
    """The person who submitted a figure cannot decide on it."""

    code = "approver-submitted"
    zh = "填报人不得审核本人填报的数据。"


class FigureState(StrEnum):
    """A figure that a later one replaced stays approved."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"


class FigureEvidence(BaseModel):
    """A document that supports a figure: its title, and a link or the number of the document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line
    reference: Paragraph


class FigureDetails(BaseModel):
    """A figure: of which indicator and district (null: the city), its value, and the day of which it speaks.

    `period_from` is the first day of the period that it counts, if it counts one; `as_of` is the last.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator: Key
    district: Code | None = None
    value: Annotated[int, NUMBER, Field(ge=0, le=2**53)]
    as_of: Day
    period_from: Day | None = None
    note: Paragraph | None = None
    evidence: Annotated[list[FigureEvidence], Field(min_length=1, max_length=20)]


class PeriodReversed(Invalid):
    """The period ends before it begins."""

    code = "period-reversed"
    zh = "统计期间的起始日期不得晚于截止日期。"


class ReportedFigure(Base, Aggregate):
    """A submission. Nothing of it changes but its verdict; a correction is a new one."""

    __tablename__ = "reported_figure"
    __table_args__ = (
        Index(
            "ix_reported_figure_approved",
            "indicator",
            "district",
            "as_of",
            "id",
            postgresql_where=text("state = 'approved'"),
        ),
        CheckConstraint("value >= 0", name="value_not_negative"),
        CheckConstraint("period_from IS NULL OR period_from <= as_of", name="days_in_order"),
        CheckConstraint("decided_by IS NULL OR decided_by <> submitted_by", name="decided_by_another"),
        CheckConstraint("(state = 'submitted') = (decided_at IS NULL)", name="decided_at_a_time"),
    )

    indicator: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    value: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[date] = mapped_column(Date)
    period_from: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    submitted_by: Mapped[str] = mapped_column(Text)
    submitted_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    return_reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def submit(
        cls, details: FigureDetails, indicator: Indicator, *, by: str, at: datetime
    ) -> tuple[Self, ReportedFigureSubmitted]:
        """Raises `IndicatorNotReported`, `FigureOfTheFuture` and `PeriodReversed`."""
        if indicator.source is not Source.REPORTED:
            raise IndicatorNotReported(pointer="/indicator")
        if details.as_of > china_date(at):
            raise FigureOfTheFuture(pointer="/as_of")
        if details.period_from is not None and details.period_from > details.as_of:
            raise PeriodReversed(pointer="/period_from")
        figure = cls(
            id=new_id(),
            version=0,
            **details.model_dump(exclude={"evidence"}),
            evidence=[one.model_dump() for one in details.evidence],
            state=FigureState.SUBMITTED,
            submitted_by=by,
            submitted_at=at,
        )
        return figure, ReportedFigureSubmitted(**figure._said(at))

    def approve(self, *, by: str, at: datetime) -> ReportedFigureApproved:
        """From now on it may be the value of its indicator. Raises `FigureDecided` and `ApproverSubmitted`."""
        self._decide(FigureState.APPROVED, by, at)
        return ReportedFigureApproved(**self._said(at))

    def give_back(self, reason: str, *, by: str, at: datetime) -> ReportedFigureReturned:
        """Return it with a reason. Raises `FigureDecided` and `ApproverSubmitted`."""
        self._decide(FigureState.RETURNED, by, at)
        self.return_reason = reason
        return ReportedFigureReturned(**self._said(at), reason=reason)

    def _decide(self, state: FigureState, by: str, at: datetime) -> None:
        if self.state != FigureState.SUBMITTED:
            raise FigureDecided(state=self.state)
        if by == self.submitted_by:
            raise ApproverSubmitted
        self.state, self.decided_by, self.decided_at = state, by, at

    def _said(self, at: datetime) -> dict[str, Any]:
        return {
            "figure_id": self.id,
            "indicator": self.indicator,
            "district": self.district,
            "value": self.value,
            "as_of": self.as_of,
            "at": at,
        }
