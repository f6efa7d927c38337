"""A course of one school in one term, with its places."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from services.afterschool.rulebook.catalogue.domain import Category
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Key, Line
from shared.events.afterschool.offerings import OfferingChanged, OfferingPublished


class OfferingNotFound(NotFound):
    """There is no such offering, or you may not see it."""

    code = "offering-not-found"
    zh = "没有此课程，或不在您的权限范围内。"


class CapacityBelowEnrolled(Conflict):
    """The new capacity is below the number of children who have a place (`enrolled`)."""

    code = "capacity-below-enrolled"
    zh = "名额不能少于已录取人数。"


class WindowEmpty(Invalid):
    """Enrolment must open before it closes."""

    code = "window-empty"
    zh = "选课开始时间须早于结束时间。"


class Window(StrEnum):
    """Whether the enrolment of an offering is open now. Derived at every read, never stored."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"


Capacity = Annotated[int, NUMBER, Field(ge=0, le=10_000)]
Instant = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


class OfferingDetails(BaseModel):
    """What a school publishes. Enrolment is open from `opens_at` until just before `closes_at`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    category: Category
    term: Key
    capacity: Capacity
    opens_at: Instant
    closes_at: Instant

    @model_validator(mode="after")
    def window_is_not_empty(self) -> Self:
        if self.opens_at >= self.closes_at:
            raise field_error(WindowEmpty.code, en=WindowEmpty.en(), zh=WindowEmpty.zh)
        return self


CHANGEABLE = ("name", "capacity", "opens_at", "closes_at")
"""A course of another kind, term or school is another offering."""


class Offering(Base, Aggregate):
    """A course with a number of places. `asked` counts everybody who ever asked, and so numbers the queue."""

    __tablename__ = "offering"
    __table_args__ = (
        # The two promises of enrolment, held by the database whatever the code does.
        CheckConstraint("enrolled BETWEEN 0 AND capacity", name="never_oversold"),
        CheckConstraint(
            "waiting = 0 OR (waiting > 0 AND (enrolled = capacity OR enrolled + held_back = capacity))",
            name="nobody_waits_for_a_free_seat",
        ),
        CheckConstraint("opens_at < closes_at", name="window_is_not_empty"),
        key_check("term"),
        Index("ix_offering_school_id_term_category", "school_id", "term", "category"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    name: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    term: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int]
    enrolled: Mapped[int]
    waiting: Mapped[int]
    held_back: Mapped[int] = mapped_column(server_default=text("0"))
    """Places that are free although somebody waits: they became free after enrolment closed."""
    asked: Mapped[int]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    published_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @classmethod
    def publish(cls, details: OfferingDetails, *, school: School, at: datetime) -> tuple[Self, OfferingPublished]:
        offering = cls(
            id=new_id(),
            version=0,
            school_id=school.id,
            enrolled=0,
            waiting=0,
            held_back=0,
            asked=0,
            published_at=at,
            changed_at=at,
            **details.model_dump(),
        )
        published = OfferingPublished(
            offering_id=offering.id,
            school_id=school.id,
            name=details.name,
            category=details.category,
            capacity=details.capacity,
            district=school.district,
            street=school.street,
            at=at,
        )
        return offering, published

    def change(self, changes: Mapping[str, Any], *, at: datetime) -> OfferingChanged | None:
        """Change a published course; None if nothing would change. The caller gives new places to waiting children."""
        after = {name: changes.get(name, getattr(self, name)) for name in CHANGEABLE}
        if after["capacity"] < self.enrolled:
            raise CapacityBelowEnrolled(pointer="/capacity", enrolled=self.enrolled)
        if after["opens_at"] >= after["closes_at"]:
            raise WindowEmpty(pointer="/opens_at")
        changed = [name for name in CHANGEABLE if getattr(self, name) != after[name]]
        if not changed:
            return None
        for name in changed:
            setattr(self, name, after[name])
        self.changed_at = at
        return OfferingChanged(
            offering_id=self.id,
            school_id=self.school_id,
            name=self.name,
            capacity=self.capacity,
            changed=changed,
            at=at,
        )

    def window(self, at: datetime) -> Window:
        if at < self.opens_at:
            return Window.SCHEDULED
        return Window.OPEN if at < self.closes_at else Window.CLOSED

    def due(self, at: datetime) -> int:
        """How many waiting children get a free place now; none after enrolment has closed."""
        return min(self.capacity - self.enrolled, self.waiting) if self.window(at) is not Window.CLOSED else 0

    def hold_back(self) -> None:
        """Hold free places back while children wait: nobody gets them until the school opens enrolment again."""
        self.held_back = self.capacity - self.enrolled if self.waiting else 0
