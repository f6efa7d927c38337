"""A rule: what the policy forbids, from when to when, to whom, and on whose word."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import CheckConstraint, Date, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Kind, Mode, Stage
from services.registry.orm import Base
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.clock import china_date
from shared.domain.dated import Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Code, Day, Line, Name, Paragraph
from shared.events.registry.rules import RuleEnacted, RuleRepealed, RuleWithdrawn


class RuleNotFound(NotFound):
    """There is no such rule."""

    code = "rule-not-found"
    zh = "没有此规则。"


class RuleOverlaps(Conflict):
    """A rule with this code is already in force on some of these days."""

    code = "rule-overlaps"
    zh = "同一代码的规则在部分日期已生效。"


class RuleEndsAlready(Conflict):
    """The rule already ends on that day or earlier."""

    code = "rule-ends-already"
    zh = "该规则已于该日或更早失效。"


class RuleEndPast(Invalid):
    """A rule must not end before today, or before it begins."""

    code = "rule-end-past"
    zh = "失效日期不得早于今天，也不得早于生效日期。"


class RuleDaysReversed(Invalid):
    """The last day must not be before the first."""

    code = "rule-days-reversed"
    zh = "失效日期早于生效日期。"


class RuleParametersInvalid(Invalid):
    """The parameters do not fit this check; `needed` lists those it takes."""

    code = "rule-parameters-invalid"
    zh = "参数不符合该检查项的要求。"


class RuleCheck(StrEnum):
    """The kinds of checks. The numbers come from the rule's record."""

    APPROVAL_CLOSED = "approval_closed"
    FORBIDDEN_DAYS = "forbidden_days"
    LATEST_END = "latest_end"
    ONLINE_LESSON = "online_lesson"
    DISGUISED = "disguised"
    PRESCHOOL_ONLINE = "preschool_online"
    PREPAYMENT = "prepayment"
    PREPAYMENT_AMOUNT = "prepayment_amount"
    ADVERTISING = "advertising"
    HOMEWORK = "homework"
    AREA_PER_PUPIL = "area_per_pupil"


class RuleStatus(StrEnum):
    """Whether the number was found in the source itself, or awaits the bureau's confirmation."""

    VERIFIED = "verified"
    TO_BE_CONFIRMED = "to_be_confirmed"


def _clock_time(value: time) -> time:
    if value.tzinfo is not None:
        raise field_error(
            "offset-not-allowed", en="Write the time in China without an offset.", zh="应为北京时间，不带时区。"
        )
    return value


ClockTime = Annotated[time, AfterValidator(_clock_time)]


class Parameters(BaseModel):
    """The data of a check that needs none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ApprovalClosed(Parameters):
    """For whom nothing new is approved; no stages means every stage."""

    kinds: Annotated[list[Kind], Field(min_length=1)]
    stages: list[Stage] = Field(default_factory=list)


class LatestEnd(Parameters):
    """The latest end of training, in China."""

    offline: ClockTime
    online: ClockTime


class OnlineLesson(Parameters):
    max_minutes: Annotated[int, NUMBER, Field(ge=1)]
    min_gap_minutes: Annotated[int, NUMBER, Field(ge=0)]


class NationalSubjects(Parameters):
    """What is subject training whatever the institution calls itself."""

    subjects: Annotated[list[Line], Field(min_length=1)]


class Prepayment(Parameters):
    max_months: Annotated[int, NUMBER, Field(ge=1)]
    max_lessons: Annotated[int, NUMBER, Field(ge=1)]


class PrepaymentAmount(Parameters):
    max_fen: Annotated[int, NUMBER, Field(ge=0)]


class Advertising(Parameters):
    allowed_media: list[Line]


class AreaPerPupil(Parameters):
    min_m2: Annotated[float, NUMBER, Field(gt=0, allow_inf_nan=False)]


PARAMETERS: Final[Mapping[RuleCheck, type[Parameters]]] = {
    RuleCheck.APPROVAL_CLOSED: ApprovalClosed,
    RuleCheck.FORBIDDEN_DAYS: Parameters,
    RuleCheck.LATEST_END: LatestEnd,
    RuleCheck.ONLINE_LESSON: OnlineLesson,
    RuleCheck.DISGUISED: NationalSubjects,
    RuleCheck.PRESCHOOL_ONLINE: Parameters,
    RuleCheck.PREPAYMENT: Prepayment,
    RuleCheck.PREPAYMENT_AMOUNT: PrepaymentAmount,
    RuleCheck.ADVERTISING: Advertising,
    RuleCheck.HOMEWORK: Parameters,
    RuleCheck.AREA_PER_PUPIL: AreaPerPupil,
}


class Scope(BaseModel):
    """The institutions that a rule binds. An empty list means all values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: list[Kind] = Field(default_factory=list)
    stages: list[Stage] = Field(default_factory=list)
    modes: list[Mode] = Field(default_factory=list)
    districts: list[Code] = Field(default_factory=list)

    def covers(self, *, kind: Kind, mode: Mode, stages: Sequence[Stage], district: str | None) -> bool:
        """Whether the rule applies. An institution without stated stages may teach any of them."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.modes or mode is Mode.BOTH or mode in self.modes)
            and (not self.stages or not stages or not set(self.stages).isdisjoint(stages))
            and (not self.districts or district in self.districts)
        )


class RuleContent(BaseModel):
    """A rule with its source and its days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$", max_length=80)]
    check: RuleCheck
    title_zh: Name
    title_en: Name
    citation: Paragraph
    scope: Scope = Field(default_factory=Scope)
    parameters: dict[str, Any] = Field(default_factory=dict)
    status: RuleStatus = RuleStatus.VERIFIED
    effective_from: Day
    effective_to: Day | None = None


class Rule(Base, Aggregate, Withdrawable):
    """A rule as its source says it. It never changes but for its end; another number is another record."""

    __tablename__ = "rule"
    __table_args__ = (
        Index("ix_rule_code_effective_from", "code", "effective_from"),
        key_check("code"),
        CheckConstraint("effective_to IS NULL OR effective_from <= effective_to", name="days_in_order"),
        withdrawn_for_a_reason(),
    )

    code: Mapped[str] = mapped_column(Text)
    check: Mapped[str] = mapped_column(Text)
    title_zh: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    citation: Mapped[str] = mapped_column(Text)
    scope: Mapped[dict[str, Any]] = mapped_column(JSONB)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(Text)
    effective_from: Mapped[date] = mapped_column(Date)
    effective_to: Mapped[date | None] = mapped_column(Date)
    enacted_at: Mapped[datetime | None]

    @classmethod
    def enact(cls, content: RuleContent, *, at: datetime) -> tuple[Self, RuleEnacted]:
        if content.effective_to is not None and content.effective_to < content.effective_from:
            raise RuleDaysReversed(pointer="/effective_to")
        rule = cls(id=new_id(), version=0, enacted_at=at, **columns(content))
        return rule, RuleEnacted(
            rule_id=rule.id,
            code=rule.code,
            check=rule.check,
            scope=rule.scope,
            parameters=rule.parameters,
            citation=rule.citation,
            effective_from=rule.effective_from,
            effective_to=rule.effective_to,
            at=at,
        )

    def repeal(self, effective_to: date, *, at: datetime) -> RuleRepealed:
        """Give it a last day, today or later: it stays in force for all days past."""
        self.check_stands()
        if effective_to < max(self.effective_from, china_date(at)):
            raise RuleEndPast(pointer="/effective_to", effective_from=self.effective_from)
        if self.effective_to is not None and self.effective_to <= effective_to:
            raise RuleEndsAlready(effective_to=self.effective_to)
        self.effective_to = effective_to
        return RuleRepealed(rule_id=self.id, code=self.code, effective_to=effective_to, at=at)

    def withdraw(self, reason: str, *, by: str, at: datetime) -> RuleWithdrawn:
        self._take_back(reason, first_day=self.effective_from, entered_at=self.enacted_at, by=by, at=at)
        return RuleWithdrawn(rule_id=self.id, code=self.code, effective_from=self.effective_from, at=at)

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def binds(self, *, kind: Kind, mode: Mode, stages: Sequence[Stage], district: str | None) -> bool:
        return Scope.model_validate(self.scope).covers(kind=kind, mode=mode, stages=stages, district=district)


def columns(content: RuleContent) -> dict[str, Any]:
    try:
        parameters = PARAMETERS[content.check].model_validate(content.parameters)
    except ValidationError:
        needed = sorted(PARAMETERS[content.check].model_fields)
        raise RuleParametersInvalid(pointer="/parameters", needed=needed) from None
    return {
        **content.model_dump(exclude={"scope", "parameters"}),
        "scope": content.scope.model_dump(mode="json"),
        "parameters": parameters.model_dump(mode="json"),
    }


def approval_closed(rules: Sequence[Rule], *, kind: Kind, stages: Sequence[Stage]) -> Rule | None:
    """The rule that forbids approvals of this kind, if one is in force."""
    for rule in rules:
        if rule.check == RuleCheck.APPROVAL_CLOSED:
            closed = ApprovalClosed.model_validate(rule.parameters)
            everywhere = not closed.stages or not stages
            if kind in closed.kinds and (everywhere or not set(closed.stages).isdisjoint(stages)):
                return rule
    return None
