"""A declaration: what one school says about one management in one term, its evidence, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from services.afterschool.rulebook.managements.domain import Management, ManagementRule, QuestionKey
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Key, Line, Paragraph
from shared.events.afterschool.managements import (
    DeclarationDrawn,
    DeclarationSigned,
    DeclarationVerified,
    DeclarationWithdrawn,
    ManagementDeclared,
)


class DeclarationNotFound(NotFound):
    """There is no such declaration, or you may not see it."""

    code = "declaration-not-found"
    zh = "没有此申报，或不在您的权限范围内。"


class DeclarationExists(Conflict):
    """The school has already declared this management for this term. Withdraw that declaration to correct it."""

    code = "declaration-exists"
    zh = "该校本学期已申报此项管理，如需更正请先撤回。"


class DeclarationStateUnfit(Conflict):
    """The declaration's state (`state`) does not allow this."""

    code = "declaration-state-unfit"
    zh = "申报的当前状态不允许此操作。"


class SignerDeclared(Forbidden):
    """A second person signs. You made this declaration yourself."""

    code = "signer-declared"
    zh = "申报须由另一人签字，申报人不得签字。"


class VerdictUnfit(Invalid):
    """A refuted declaration needs at least one question of its rule (`questions`); a confirmed one takes none."""

    code = "verdict-unfit"
    zh = "核查不符须注明规则中的问题，核查相符不得注明。"


class DeclarationState(StrEnum):
    """From `declared` to `signed`; if it is drawn, on to `confirmed` or `refuted`. `withdrawn` is final."""

    DECLARED = "declared"
    SIGNED = "signed"
    DRAWN = "drawn"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    WITHDRAWN = "withdrawn"


class Figure(BaseModel):
    """The answer to one question of the rule; `yes_no` is 1 or 0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: QuestionKey
    value: Annotated[int, NUMBER, Field(ge=0, le=100_000)]


class Evidence(BaseModel):
    """A document that supports the declaration: its title, and where it is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line
    reference: Paragraph


def _different(figures: list[Figure]) -> list[Figure]:
    if len({one.question for one in figures}) != len(figures):
        raise field_error("figure-repeated", en="A question is answered twice.", zh="同一问题填报了两次。")
    return figures


class DeclarationDetails(BaseModel):
    """What a school declares."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: Key
    management: Management
    figures: Annotated[list[Figure], Field(min_length=1, max_length=20), AfterValidator(_different)]
    evidence: Annotated[list[Evidence], Field(min_length=1, max_length=20)]


class Declaration(Base, Aggregate):
    """A declaration (五项管理申报). It keeps the version of the rule under which it was made."""

    __tablename__ = "management_declaration"
    __table_args__ = (
        Index(
            "uq_management_declaration_school_id_term_management",
            "school_id",
            "term",
            "management",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_management_declaration_term_id", "term", "id"),
        key_check("term"),
        CheckConstraint("signed_by IS NULL OR signed_by <> declared_by", name="signed_by_another"),
    )

    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    term: Mapped[str] = mapped_column(Text)
    management: Mapped[str] = mapped_column(Text)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey(ManagementRule.id))
    figures: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    falls_short: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(Text)
    declared_by: Mapped[str] = mapped_column(Text)
    declared_at: Mapped[datetime]
    signed_by: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime | None]
    draw_id: Mapped[UUID | None]
    verified_by: Mapped[str | None] = mapped_column(Text)
    verified_at: Mapped[datetime | None]
    verification_note: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def declare(
        cls,
        details: DeclarationDetails,
        *,
        school: School,
        rule: ManagementRule,
        falls_short: list[str],
        by: str,
        at: datetime,
    ) -> tuple[Self, ManagementDeclared]:
        declaration = cls(
            id=new_id(),
            version=0,
            school_id=school.id,
            rule_id=rule.id,
            **details.model_dump(mode="json"),
            falls_short=falls_short,
            state=DeclarationState.DECLARED,
            declared_by=by,
            declared_at=at,
        )
        return declaration, ManagementDeclared(**declaration._said(school, at), falls_short=falls_short)

    def sign(self, *, school: School, by: str, at: datetime) -> DeclarationSigned:
        """Sign it as a second person of the school. From now on it can be drawn, and no longer be withdrawn."""
        self._check(DeclarationState.DECLARED)
        if by == self.declared_by:
            raise SignerDeclared
        self.state, self.signed_by, self.signed_at = DeclarationState.SIGNED, by, at
        return DeclarationSigned(**self._said(school, at), falls_short=self.falls_short)

    def withdraw(self, *, school: School, at: datetime) -> DeclarationWithdrawn:
        """Withdraw it before it is signed, so that the school can declare again."""
        self._check(DeclarationState.DECLARED)
        self.state = DeclarationState.WITHDRAWN
        return DeclarationWithdrawn(**self._said(school, at))

    def be_drawn(self, draw_id: UUID, *, school: School, at: datetime) -> DeclarationDrawn:
        self._check(DeclarationState.SIGNED)
        self.state, self.draw_id = DeclarationState.DRAWN, draw_id
        return DeclarationDrawn(**self._said(school, at), draw_id=draw_id)

    def verify(
        self,
        *,
        confirmed: bool,
        falls_short: Sequence[str],
        rule: ManagementRule,
        note: str,
        school: School,
        by: str,
        at: datetime,
    ) -> DeclarationVerified:
        """Confirm or refute a drawn declaration; `falls_short` names what the verification found."""
        self._check(DeclarationState.DRAWN)
        if confirmed == bool(falls_short) or not set(falls_short) <= set(rule.keys):
            raise VerdictUnfit(pointer="/falls_short", questions=rule.keys)
        self.state = DeclarationState.CONFIRMED if confirmed else DeclarationState.REFUTED
        self.verified_by, self.verified_at, self.verification_note = by, at, note
        return DeclarationVerified(**self._said(school, at), confirmed=confirmed, falls_short=list(falls_short))

    def _check(self, wanted: DeclarationState) -> None:
        if self.state != wanted:
            raise DeclarationStateUnfit(state=self.state)

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "declaration_id": self.id,
            "school_id": school.id,
            "district": school.district,
            "street": school.street,
            "term": self.term,
            "management": self.management,
            "at": at,
        }
