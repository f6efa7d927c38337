"""An offence (违规情形): what can be wrong, the clause it breaks, and the penalties the law allows for it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.data.database import key_check, new_id
from shared.domain.clock import china_date
from shared.domain.dated import STANDS, SourceStatus, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Day, Line, Name, Paragraph
from shared.events.inspection.offences import OffenceContinued, OffenceEnacted, OffenceRepealed, OffenceWithdrawn
from shared.facts.versions import LastingVersion


class OffenceNotFound(NotFound):
    """There is no such offence."""

    code = "offence-not-found"
    zh = "没有此违规情形。"


class OffenceUnknown(Invalid):
    """No offence with this code is in force on that day."""

    code = "offence-unknown"
    zh = "该日没有此代码的现行违规情形。"


class OffenceOverlaps(Conflict):
    """This offence already has a version that begins on that day or later."""

    code = "offence-overlaps"
    zh = "该违规情形已有同日或更晚生效的版本。"


class OffenceBeginsPast(Invalid):
    """A new version must not begin before today."""

    code = "offence-begins-past"
    zh = "新版本的生效日期不得早于今天。"


class OffenceEndPast(Invalid):
    """An offence must not end before today, or before it begins."""

    code = "offence-end-past"
    zh = "失效日期不得早于今天，也不得早于生效日期。"


class OffenceEndsAlready(Conflict):
    """The version already ends on that day or earlier."""

    code = "offence-ends-already"
    zh = "该版本已于该日或更早失效。"


class OffenceAskedFor(Conflict):
    """Some checklists need this offence on days on which no version would be in force; `checklists` lists them."""

    code = "offence-asked-for"
    zh = "有检查表在该违规情形无现行版本的日期引用它，见checklists。"


class Severity(StrEnum):
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class Gravity(StrEnum):
    """The gravity of the act, in the words of the penalty rules: 轻微, 一般, 情节严重, 情节特别严重."""

    MINOR = "minor"
    ORDINARY = "ordinary"
    SERIOUS = "serious"
    VERY_SERIOUS = "very_serious"


class PenaltyKind(StrEnum):
    """Kinds of administrative penalty (行政处罚法 art. 9)."""

    WARNING = "warning"
    CRITICISM = "criticism"
    FINE = "fine"
    CONFISCATION = "confiscation"
    ENROLMENT_STOP = "enrolment_stop"
    SUSPENSION = "suspension"
    REVOCATION = "revocation"
    CLOSURE = "closure"


MAX_FEN = 10**13
Fen = Annotated[int, NUMBER, Field(ge=0, le=MAX_FEN)]
"""Money in fen, whole."""


class PenaltyRule(BaseModel):
    """One penalty that the law allows at these gravities. A fine is in fen, or in multiples of the illegal income."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: PenaltyKind
    gravities: Annotated[list[Gravity], Field(min_length=1, max_length=4)]
    basis: Name
    min_fen: Fen | None = None
    max_fen: Fen | None = None
    min_times: Annotated[int, NUMBER, Field(ge=0, le=100)] | None = None
    max_times: Annotated[int, NUMBER, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        of_fen, of_times = self.max_fen is not None, self.max_times is not None
        lowest = self.min_fen if of_fen else self.min_times
        highest = self.max_fen if of_fen else self.max_times
        stray = (self.min_fen is not None and not of_fen) or (self.min_times is not None and not of_times)
        if (of_fen, of_times).count(True) != (self.kind is PenaltyKind.FINE) or stray or (lowest or 0) > (highest or 0):
            raise field_error(
                "range-invalid",
                en="A fine needs one range, in fen or in multiples of the illegal income; other penalties take none.",
                zh="罚款须有一个幅度（金额或违法所得倍数），其他处罚不设幅度。",
            )
        return self

    def range_fen(self, illegal_income_fen: int) -> tuple[int, int]:
        if self.max_times is not None:
            return (self.min_times or 0) * illegal_income_fen, self.max_times * illegal_income_fen
        return self.min_fen or 0, self.max_fen or 0


def _coded(value: str) -> str:
    if not all(part.isidentifier() and part.isascii() for part in value.split(".")):
        raise field_error(
            "code-invalid", en="Must be words of letters, digits and _, joined by dots.", zh="代码格式不正确。"
        )
    return value


OffenceCode = Annotated[Line, AfterValidator(_coded)]


class OffenceContent(BaseModel):
    """An offence and its first day. `text` is the clause in short; `days` is the time allowed for rectification."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: OffenceCode
    title: Name
    law: Name
    article: Line
    text: Paragraph
    severity: Severity
    days: Annotated[int, NUMBER, Field(ge=0, le=365)]
    penalties: Annotated[list[PenaltyRule], Field(max_length=20)] = Field(default_factory=list)
    leniency: bool = True
    """Whether a first offence may go unpunished (行政处罚法 art. 33)."""
    life_or_finance: bool = False
    """Whether it touches life, health or financial safety, so that five years may pass instead of two (art. 36)."""
    source: Name
    status: SourceStatus = SourceStatus.VERIFIED
    valid_from: Day


class Offence(Base, LastingVersion):
    """One version of an offence; `valid_to` is its last day. What was found keeps the version of its day."""

    __tablename__ = "offence"
    __table_args__ = (
        Index("uq_offence_code_valid_from", "code", "valid_from", unique=True, postgresql_where=text(STANDS)),
        key_check("code"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days_in_order"),
        withdrawn_for_a_reason(),
    )
    OVERLAPS = OffenceOverlaps

    title: Mapped[str] = mapped_column(Text)
    law: Mapped[str] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    days: Mapped[int]
    penalties: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    leniency: Mapped[bool]
    life_or_finance: Mapped[bool]
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)

    @classmethod
    def enact(cls, content: OffenceContent, *, at: datetime) -> tuple[Self, OffenceEnacted]:
        if content.valid_from < china_date(at):
            raise OffenceBeginsPast(pointer="/valid_from")
        offence = cls(id=new_id(), version=0, enacted_at=at, **columns(content))
        return offence, OffenceEnacted(
            offence_id=offence.id,
            code=offence.code,
            title=offence.title,
            clause=offence.clause,
            severity=offence.severity,
            days=offence.days,
            valid_from=offence.valid_from,
            at=at,
        )

    def repeal(self, valid_to: date, *, at: datetime) -> OffenceRepealed:
        self.check_stands()
        if valid_to < max(china_date(at), self.valid_from):
            raise OffenceEndPast(pointer="/valid_to")
        if self.valid_to is not None and self.valid_to <= valid_to:
            raise OffenceEndsAlready(valid_to=self.valid_to)
        self.valid_to = valid_to
        return self._ended(at)

    def _ended(self, at: datetime) -> OffenceRepealed:
        assert self.valid_to is not None
        return OffenceRepealed(offence_id=self.id, code=self.code, valid_to=self.valid_to, at=at)

    def _withdrawn(self, at: datetime) -> OffenceWithdrawn:
        return OffenceWithdrawn(offence_id=self.id, code=self.code, valid_from=self.valid_from, at=at)

    def _continued(self, at: datetime) -> OffenceContinued:
        return OffenceContinued(offence_id=self.id, code=self.code, valid_to=self.valid_to, at=at)

    @property
    def clause(self) -> str:
        return f"{self.law}{self.article}"

    @property
    def rules(self) -> list[PenaltyRule]:
        return [PenaltyRule.model_validate(penalty) for penalty in self.penalties]

    @property
    def penal(self) -> bool:
        return bool(self.penalties)


def unbroken(versions: Iterable[Offence], *, since: date, until: date | None = None) -> bool:
    """Whether the versions cover every day from `since` to `until`, or without end."""
    day = since
    for version in sorted(versions, key=lambda one: one.valid_from):
        if version.valid_from > day:
            break
        if version.valid_to is None:
            return True
        day = max(day, version.valid_to + timedelta(days=1))
    return until is not None and day > until


def columns(content: OffenceContent) -> dict[str, Any]:
    penalties = [rule.model_dump(mode="json") for rule in content.penalties]
    return content.model_dump() | {
        "penalties": penalties,
        "severity": content.severity.value,
        "status": content.status.value,
    }


class Finding(BaseModel):
    """A violation as it was found. An offence of the catalogue sets its severity and clause; without one, give them
    here.

    Catalogue values override the request.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    offence: OffenceCode | None = None
    severity: Severity | None = None
    description: Paragraph
    clause: Line | None = None

    @model_validator(mode="after")
    def _graded(self) -> Self:
        if self.severity is None and self.offence is None:
            raise field_error("severity-missing", en="Name an offence, or a severity.", zh="须指明违规情形或严重程度。")
        return self
