"""A procedure (办事规程): how one matter is handled, for the cases begun while it is the newest."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import Date, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Kind
from services.registry.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.dated import STANDS, Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, NotFound, Refusal, field_error
from shared.domain.wording import NUMBER, Code, Day, Line
from shared.events.registry.procedures import ProcedureEnacted, ProcedureWithdrawn


class ProcedureNotFound(NotFound):
    """There is no such procedure."""

    code = "procedure-not-found"
    zh = "没有此办事规程。"


class NoProcedure(Conflict):
    """No procedure for this matter is in force."""

    code = "procedure-missing"
    zh = "该事项没有现行办事规程。"


class ProcedureTaken(Conflict):
    """A procedure for this matter already begins on that day."""

    code = "procedure-taken"
    zh = "该事项在该日已有办事规程。"


class Matter(StrEnum):
    NEW_PERMIT = "new_permit"
    TO_NON_SUBJECT = "to_non_subject"
    TO_NON_PROFIT = "to_non_profit"
    CLOSURE = "closure"


class Office(StrEnum):
    """Who decides: the city's bureau, or the district's office."""

    BUREAU = "bureau"
    DISTRICT = "district"


class PermitFate(StrEnum):
    """What becomes of the permits when a transformation is completed."""

    KEPT = "kept"
    CANCELLED = "cancelled"


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
WorkingDays = Annotated[int, NUMBER, Field(ge=1, le=250)]


class DocumentRequirement(BaseModel):
    """A document an application needs, or may have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Slug
    name: Line
    required: bool = True


class Step(BaseModel):
    """A step of a transformation and the working days from its beginning by which it is due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Slug
    name: Line
    days: WorkingDays


class StateDays(BaseModel):
    """The working days within which an application leaves a state. A state that is not listed has no clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    submitted: WorkingDays | None = None
    returned: WorkingDays | None = None
    accepted: WorkingDays | None = None
    site_visit_requested: WorkingDays | None = None
    site_visited: WorkingDays | None = None


class Terms(BaseModel):
    """What a procedure says. `days` and `overall_days` are working days; `district` and `kind` null mean any.

    `days`: per state of an application; `overall_days` from acceptance to decision, or for all of a transformation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    matter: Matter
    kind: Kind | None = None
    district: Code | None = None
    valid_from: Day
    documents: Annotated[list[DocumentRequirement], Field(max_length=50)] = Field(default_factory=list)
    deciding_office: Office = Office.BUREAU
    site_visit: bool = False
    days: StateDays = Field(default_factory=StateDays)
    overall_days: WorkingDays
    extension_days: Annotated[int, NUMBER, Field(ge=0, le=250)] = 0
    steps: Annotated[list[Step], Field(max_length=30)] = Field(default_factory=list)
    permit: PermitFate = PermitFate.KEPT
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

    @model_validator(mode="after")
    def codes_differ(self) -> Self:
        for codes in ([one.code for one in self.documents], [one.code for one in self.steps]):
            if len(set(codes)) < len(codes):
                raise field_error("code-repeated", en="The same code is used twice.", zh="代码重复。")
        return self


class Procedure(Base, Aggregate, Withdrawable):
    """One dated, sourced record; its terms never change. A newer one governs new cases, running cases keep theirs."""

    __tablename__ = "procedure"
    __table_args__ = (
        Index(
            "uq_procedure_matter_kind_district_valid_from",
            "matter",
            "kind",
            "district",
            "valid_from",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(STANDS),
        ),
        withdrawn_for_a_reason(),
    )

    matter: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    deciding_office: Mapped[str] = mapped_column(Text)
    site_visit: Mapped[bool]
    days: Mapped[dict[str, int]] = mapped_column(JSONB)
    overall_days: Mapped[int]
    extension_days: Mapped[int]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    permit: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    enacted_at: Mapped[datetime]

    @classmethod
    def enact(cls, terms: Terms, *, at: datetime) -> tuple[Self, ProcedureEnacted]:
        stored = terms.model_dump(mode="json") | {
            "valid_from": terms.valid_from,
            "days": terms.days.model_dump(exclude_none=True),
        }
        procedure = cls(id=new_id(), version=0, enacted_at=at, **stored)
        return procedure, ProcedureEnacted(
            procedure_id=procedure.id,
            matter=terms.matter,
            kind=terms.kind,
            district=terms.district,
            valid_from=terms.valid_from,
            documents=[one.code for one in terms.documents],
            deciding_office=terms.deciding_office,
            days=procedure.days,
            overall_days=terms.overall_days,
            steps=[one.code for one in terms.steps],
            source=terms.source,
            at=at,
        )

    def withdraw(self, reason: str, *, by: str, at: datetime) -> ProcedureWithdrawn:
        """Withdraw it; the one before applies again. A matter that began today keeps it."""
        self._take_back(reason, first_day=self.valid_from, entered_at=self.enacted_at, by=by, at=at)
        return ProcedureWithdrawn(
            procedure_id=self.id,
            matter=self.matter,
            kind=self.kind,
            district=self.district,
            valid_from=self.valid_from,
            at=at,
        )

    def missing(self, present: Iterable[str]) -> list[str]:
        there = set(present)
        return [one["code"] for one in self.documents if one["required"] and one["code"] not in there]

    def knows_document(self, code: str) -> bool:
        return any(one["code"] == code for one in self.documents)


def governing(procedures: Iterable[Procedure], *, kind: str, district: str | None, on: date) -> Procedure:
    """The procedure for a matter that begins on the day. A district's own goes before the city's, one for the kind
    before one for any, a newer before an older. Raises `NoProcedure`."""
    fitting = [
        one
        for one in procedures
        if one.valid_from <= on and one.kind in (None, kind) and one.district in (None, district)
    ]
    if not fitting:
        raise NoProcedure
    return max(fitting, key=lambda one: (one.district is not None, one.kind is not None, one.valid_from))


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_procedure_matter_kind_district_valid_from": ProcedureTaken}
