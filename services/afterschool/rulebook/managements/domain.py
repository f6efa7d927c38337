"""A rule of one of the five managements (五项管理): the questions a school answers, with their limits and source."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.rulebook.norms.domain import NormName, NormUnknown
from services.afterschool.rulebook.versions import SourcedVersion, check_first_day
from shared.data.database import key_check, new_id
from shared.domain.dated import STANDS, SourceStatus, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Day, Name, Paragraph
from shared.events.afterschool.managements import (
    ManagementRuleContinued,
    ManagementRuleEnacted,
    ManagementRuleRepealed,
    ManagementRuleWithdrawn,
)


class ManagementRuleNotFound(NotFound):
    """There is no such management rule."""

    code = "management-rule-not-found"
    zh = "没有此项管理规则。"


class ManagementRuleUnknown(Conflict):
    """No rule of this management is in force today. The bureau has to enact one."""

    code = "management-rule-unknown"
    zh = "该项管理尚无现行规则，须由市局确定。"


class FiguresIncomplete(Invalid):
    """Give one figure for each question that the rule asks of this school (`questions`)."""

    code = "figures-incomplete"
    zh = "须逐项填报规则对本校要求的数值，见questions。"


class FigureOutOfRange(Invalid):
    """The figure is above the largest for its unit (`most`)."""

    code = "figure-out-of-range"
    zh = "数值超出该单位的合理范围。"


class Management(StrEnum):
    """The five managements of the ministry's notices of 2021."""

    HOMEWORK = "homework"
    SLEEP = "sleep"
    PHONES = "phones"
    READING = "reading"
    FITNESS = "fitness"


class TaughtStage(StrEnum):
    """A stage that a school teaches; a nine-year school teaches both."""

    PRIMARY = "primary"
    JUNIOR = "junior"


class FigureUnit(StrEnum):
    """What a figure counts. `yes_no` is 1 or 0; `minute_of_day` counts from midnight in China."""

    MINUTES = "minutes"
    MINUTE_OF_DAY = "minute_of_day"
    YES_NO = "yes_no"

    @property
    def most(self) -> int:
        return 1 if self is FigureUnit.YES_NO else 24 * 60


QuestionKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]


class Question(BaseModel):
    """A question, and what an answer must keep: a norm as its least or its most, or an expected `yes_no`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: QuestionKey
    zh: Name
    en: Name
    unit: FigureUnit
    stage: TaughtStage | None = None
    at_least: NormName | None = None
    at_most: NormName | None = None
    expected: Annotated[int, NUMBER, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        yes_no, limits = self.unit is FigureUnit.YES_NO, [self.at_least, self.at_most]
        units = {one.unit.value for one in limits if one is not None}
        if (self.expected is not None) != yes_no or (yes_no and units) or not units <= {self.unit.value}:
            raise field_error(
                "limit-invalid",
                en="A yes_no question needs `expected` and no norm; another takes only norms of its own unit.",
                zh="是非题须注明应有的回答且不引用标准；其他题只能引用同一单位的标准。",
            )
        return self

    @property
    def norms(self) -> list[NormName]:
        return [one for one in (self.at_least, self.at_most) if one is not None]

    def falls_short(self, figure: int, limits: Mapping[NormName, int]) -> bool:
        if missing := [one for one in self.norms if one not in limits]:
            raise NormUnknown(name=missing[0].value)
        return (
            (self.expected is not None and figure != self.expected)
            or (self.at_least is not None and figure < limits[self.at_least])
            or (self.at_most is not None and figure > limits[self.at_most])
        )


def _different(questions: list[Question]) -> list[Question]:
    if len({one.key for one in questions}) != len(questions):
        raise field_error("key-repeated", en="A key is used twice.", zh="键重复。")
    return questions


class ManagementRuleContent(BaseModel):
    """What schools declare about a management, from a day on, and the notice that asks for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    management: Management
    summary: Paragraph
    questions: Annotated[list[Question], Field(min_length=1, max_length=20), AfterValidator(_different)]
    source: Name
    status: SourceStatus = SourceStatus.VERIFIED
    valid_from: Day


class ManagementRule(Base, SourcedVersion):
    """One version of a management's rule; `code` is the management. A declaration keeps the version of its day."""

    __tablename__ = "management_rule"
    __table_args__ = (
        Index("uq_management_rule_code_valid_from", "code", "valid_from", unique=True, postgresql_where=text(STANDS)),
        key_check("code"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days_in_order"),
        withdrawn_for_a_reason(),
    )

    summary: Mapped[str] = mapped_column(Text)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    @classmethod
    def enact(cls, content: ManagementRuleContent, *, at: datetime) -> tuple[Self, ManagementRuleEnacted]:
        check_first_day(content.valid_from, at=at)
        rule = cls(id=new_id(), version=0, enacted_at=at, **columns(content))
        return rule, ManagementRuleEnacted(
            rule_id=rule.id,
            management=rule.code,
            questions=[one.key for one in content.questions],
            source=rule.source,
            valid_from=rule.valid_from,
            at=at,
        )

    @property
    def management(self) -> str:
        return self.code

    @property
    def keys(self) -> list[str]:
        return [one["key"] for one in self.questions]

    def asked_of(self, school_stage: str) -> list[Question]:
        """The questions for a school; `nine_year` is asked those of both stages."""
        asked = [Question.model_validate(one) for one in self.questions]
        return [one for one in asked if one.stage is None or school_stage in (one.stage, "nine_year")]

    def _ended(self, at: datetime) -> ManagementRuleRepealed:
        assert self.valid_to is not None
        return ManagementRuleRepealed(rule_id=self.id, management=self.code, valid_to=self.valid_to, at=at)

    def _withdrawn(self, at: datetime) -> ManagementRuleWithdrawn:
        return ManagementRuleWithdrawn(rule_id=self.id, management=self.code, valid_from=self.valid_from, at=at)

    def _continued(self, at: datetime) -> ManagementRuleContinued:
        return ManagementRuleContinued(rule_id=self.id, management=self.code, valid_to=self.valid_to, at=at)


def columns(content: ManagementRuleContent) -> dict[str, Any]:
    return {
        "code": content.management.value,
        "summary": content.summary,
        "questions": [one.model_dump(mode="json") for one in content.questions],
        "source": content.source,
        "status": content.status.value,
        "valid_from": content.valid_from,
    }


def shortfalls(questions: Sequence[Question], figures: Mapping[str, int], limits: Mapping[NormName, int]) -> list[str]:
    """The keys of the questions whose figures fall short; refuses figures that are missing, additional or absurd."""
    if set(figures) != {one.key for one in questions}:
        raise FiguresIncomplete(pointer="/figures", questions=[one.key for one in questions])
    for question in questions:
        if figures[question.key] > question.unit.most:
            raise FigureOutOfRange(pointer="/figures", question=question.key, most=question.unit.most)
    return [one.key for one in questions if one.falls_short(figures[one.key], limits)]
