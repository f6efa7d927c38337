"""A checklist (检查表): what a visit of a kind looks at, in versions; a visit keeps the version it used."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from services.inspection.rulebook.checklists.questions import (
    Key,
    Question,
    QuestionKind,
    Questions,
    faults_of,
    findings,
    plain,
)
from services.inspection.rulebook.offences.domain import Finding
from shared.data.database import key_check, new_id
from shared.domain.clock import china_date
from shared.domain.dated import STANDS, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal
from shared.domain.wording import Day, Name
from shared.events.inspection.checklists import (
    ChecklistContinued,
    ChecklistEnacted,
    ChecklistRetired,
    ChecklistWithdrawn,
)
from shared.facts.versions import LastingVersion

Answers = Annotated[dict[Annotated[str, Field(max_length=40)], JsonValue], Field(max_length=200)]


class ChecklistNotFound(NotFound):
    """There is no such checklist."""

    code = "checklist-not-found"
    zh = "没有此检查表。"


class ChecklistUnknown(Invalid):
    """No such checklist is in force on the day of the visit."""

    code = "checklist-unknown"
    zh = "检查当日没有此现行检查表。"


class ChecklistOverlaps(Conflict):
    """This checklist already has a version that begins on that day or later."""

    code = "checklist-overlaps"
    zh = "该检查表已有同日或更晚生效的版本。"


class ChecklistBeginsPast(Invalid):
    """A version must not begin or end before today, nor end before it begins."""

    code = "checklist-begins-past"
    zh = "版本的生效日期和失效日期均不得早于今天，失效日期也不得早于生效日期。"


class ChecklistEndsAlready(Conflict):
    """The version already ends on that day or earlier."""

    code = "checklist-ends-already"
    zh = "该检查表版本已失效，或将于该日前失效。"


class ChecklistOffenceUnknown(Invalid):
    """An answer names an offence that is not in force without a gap from the version's first day."""

    code = "checklist-offence-unknown"
    zh = "检查表引用的违规情形自生效日起并非持续现行。"


class ChecklistBeforeOutdated(Conflict):
    """The earlier version would apply again but names an offence that has ended. Enact a newer version instead."""

    code = "checklist-before-outdated"
    zh = "上一版本将恢复有效，但其引用的违规情形届时已失效；请另行发布新版本。"


class AnswersInvalid(Invalid):
    """Some answers are missing, not asked for, malformed, or unannounced evidence; `answers` lists them."""

    code = "answers-invalid"
    zh = "部分答案缺失、未被询问、类型不符或所引证据未登记，见answers。"


class AnswersUnasked(Invalid):
    """Answers are accepted only for a visit with a checklist and the outcome `inspected`."""

    code = "answers-unasked"
    zh = "只有使用检查表并完成检查的才有答案。"


class ChecklistContent(BaseModel):
    """The content of a version, and its first day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Key
    title: Name
    questions: Questions
    source: Name
    valid_from: Day


class Checklist(Base, LastingVersion):
    """One version of a checklist; `valid_to` is its last day."""

    __tablename__ = "checklist"
    __table_args__ = (
        Index("uq_checklist_code_valid_from", "code", "valid_from", unique=True, postgresql_where=text(STANDS)),
        key_check("code"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days_in_order"),
        withdrawn_for_a_reason(),
    )
    OVERLAPS = ChecklistOverlaps

    title: Mapped[str] = mapped_column(Text)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    source: Mapped[str] = mapped_column(Text)

    @classmethod
    def enact(cls, content: ChecklistContent, *, at: datetime) -> tuple[Self, ChecklistEnacted]:
        if content.valid_from < china_date(at):
            raise ChecklistBeginsPast(pointer="/valid_from")
        checklist = cls(
            id=new_id(),
            version=0,
            code=content.code,
            title=content.title,
            questions=content.model_dump(mode="json")["questions"],
            source=content.source,
            valid_from=content.valid_from,
            enacted_at=at,
        )
        return checklist, ChecklistEnacted(
            checklist_id=checklist.id,
            code=content.code,
            title=content.title,
            questions=len(content.questions),
            valid_from=content.valid_from,
            at=at,
        )

    def retire(self, last_day: date, *, at: datetime) -> ChecklistRetired:
        self.check_stands()
        if last_day < max(china_date(at), self.valid_from):
            raise ChecklistBeginsPast(pointer="/valid_to")
        if self.valid_to is not None and self.valid_to <= last_day:
            raise ChecklistEndsAlready(valid_to=self.valid_to)
        self.valid_to = last_day
        return self._ended(at)

    def _ended(self, at: datetime) -> ChecklistRetired:
        assert self.valid_to is not None
        return ChecklistRetired(checklist_id=self.id, code=self.code, valid_to=self.valid_to, at=at)

    def _withdrawn(self, at: datetime) -> ChecklistWithdrawn:
        return ChecklistWithdrawn(checklist_id=self.id, code=self.code, valid_from=self.valid_from, at=at)

    def _continued(self, at: datetime) -> ChecklistContinued:
        return ChecklistContinued(checklist_id=self.id, code=self.code, valid_to=self.valid_to, at=at)

    def usable(self, *, on: date) -> bool:
        """Whether visits of this day may use it. On the day of its withdrawal they may: an offline phone still had
        it."""
        if self.withdrawn_at is not None:
            return self.valid_from <= on <= china_date(self.withdrawn_at)
        return self.reaches(on)

    @property
    def asked(self) -> Sequence[Question]:
        return [Question.model_validate(question) for question in self.questions]

    def shows_evidence(self, answers: Mapping[str, Any]) -> bool:
        """Whether some of these answers are to be evidence."""
        return any(
            one["kind"] == QuestionKind.EVIDENCE and answers.get(one["key"]) is not None for one in self.questions
        )

    def judge(
        self, answers: Mapping[str, Any], *, announced: Collection[UUID] = ()
    ) -> tuple[dict[str, Any], dict[Finding, str]]:
        """The answers as they are stored, and the findings by question key; raises `AnswersInvalid`. `announced` is the
        evidence about the visit."""
        asked = self.asked
        faults = list(faults_of(asked, answers, announced=announced))
        if faults:
            raise AnswersInvalid(pointer="/answers", answers=[{"question": key, "code": code} for key, code in faults])
        return plain(asked, answers), findings(asked, answers)


def offences_of(questions: Iterable[Question]) -> set[str]:
    return {breach.offence for question in questions for breach in question.breaches}


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_checklist_code_valid_from": ChecklistOverlaps}
