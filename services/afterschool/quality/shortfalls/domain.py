"""A shortfall (整改事项): the questions of a declaration on which a school does not keep the rule, and its deadline."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, NotFound
from shared.events.afterschool.managements import ShortfallClosed, ShortfallFound


class ShortfallNotFound(NotFound):
    """There is no such shortfall, or you may not see it."""

    code = "shortfall-not-found"
    zh = "没有此整改事项，或不在您的权限范围内。"


class ShortfallNotOpen(Conflict):
    """The shortfall is already closed."""

    code = "shortfall-not-open"
    zh = "该整改事项已办结。"


class FoundBy(StrEnum):
    """What showed the shortfall: the school's own figures, or the bureau's verification."""

    DECLARATION = "declaration"
    VERIFICATION = "verification"


class ShortfallState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Shortfall(Base, Aggregate):
    """What a school has to make good by `due_on`. A later declaration does not close it; an official does."""

    __tablename__ = "management_shortfall"
    __table_args__ = (
        Index("ix_management_shortfall_school_id_id", "school_id", "id"),
        Index("uq_management_shortfall_declaration_id_found_by", "declaration_id", "found_by", unique=True),
        key_check("term"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
    )

    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("management_declaration.id"))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    term: Mapped[str] = mapped_column(Text)
    management: Mapped[str] = mapped_column(Text)
    questions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    found_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime]
    due_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(Text)
    closing_note: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def find(
        cls,
        declaration_id: UUID,
        *,
        school: School,
        term: str,
        management: str,
        questions: list[str],
        found_by: FoundBy,
        days: int,
        at: datetime,
    ) -> tuple[Self, ShortfallFound]:
        found = cls(
            id=new_id(),
            version=0,
            declaration_id=declaration_id,
            school_id=school.id,
            term=term,
            management=management,
            questions=questions,
            found_by=found_by,
            state=ShortfallState.OPEN,
            found_at=at,
            due_on=china_date(at) + timedelta(days=days),
        )
        said = found._said(school, at)
        return found, ShortfallFound(**said, questions=questions, found_by=found_by, due_on=found.due_on)

    def close(self, note: str, *, school: School, by: str, at: datetime) -> ShortfallClosed:
        """Close it: the official has seen that it was made good."""
        if self.state != ShortfallState.OPEN:
            raise ShortfallNotOpen
        self.state, self.closed_at, self.closed_by, self.closing_note = ShortfallState.CLOSED, at, by, note
        return ShortfallClosed(**self._said(school, at), late=china_date(at) > self.due_on)

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "shortfall_id": self.id,
            "declaration_id": self.declaration_id,
            "school_id": school.id,
            "district": school.district,
            "street": school.street,
            "term": self.term,
            "management": self.management,
            "at": at,
        }
