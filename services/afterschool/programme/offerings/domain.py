"""A course of one school in one term: its seats, its weekly periods, and when one may enrol."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text, Time, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.classes.domain import Grade
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Group
from services.afterschool.roster.teachers.domain import Teacher
from services.afterschool.roster.terms.domain import Term
from services.afterschool.rulebook.catalogue.domain import Category
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Key, Line
from shared.events.afterschool.offerings import OfferingChanged, OfferingFrozen, OfferingPublished, OfferingUnfrozen


class OfferingNotFound(NotFound):
    """There is no such offering, or you may not see it."""

    code = "offering-not-found"
    zh = "没有此课程，或不在您的权限范围内。"


class CapacityBelowEnrolled(Conflict):
    """The new capacity is below the seats that children have or are offered, or that are reserved (`taken`)."""

    code = "capacity-below-enrolled"
    zh = "名额不能少于已录取、待确认和预留的人数。"


class WindowEmpty(Invalid):
    """Enrolment must open before it closes."""

    code = "window-empty"
    zh = "选课开始时间须早于结束时间。"


class PoolsMalformed(Invalid):
    """Each group has one pool, `general` takes the rest, and reserves are not more than the capacity."""

    code = "pools-malformed"
    zh = "每个群体至多一个名额池，general 为其余名额，预留名额之和不得超过总名额。"


class PeriodsMalformed(Invalid):
    """Periods begin before they end and do not overlap; weeks are within the term."""

    code = "periods-malformed"
    zh = "上课时段须先开始后结束且互不重叠，周次须在学期之内。"


class PeriodInconsistent(Conflict):
    """At this school, period `number` of this weekday is at another time, or this time has another number."""

    code = "period-inconsistent"
    zh = "该校当天同一节次的时间须一致，同一时间须为同一节次。"


class OfferingIsFrozen(Conflict):
    """The offering is frozen (`frozen_for`); nobody can enrol."""

    code = "offering-frozen"
    zh = "该课程已冻结，暂停选课。"


class NotFrozen(Conflict):
    """The offering is not frozen."""

    code = "offering-not-frozen"
    zh = "该课程未被冻结。"


class ByAllocation(Conflict):
    """Seats of this offering are given by allocation of ranked choices."""

    code = "enrolment-by-allocation"
    zh = "该课程按志愿分配，不能直接选课。"


class Window(StrEnum):
    """Whether the enrolment of an offering is open now. Derived at every read, never stored."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"


class Mode(StrEnum):
    """How seats are given: first come, first served, or by allocation of ranked choices."""

    RUSH = "rush"
    ALLOCATION = "allocation"


class Care(StrEnum):
    """What the time of an offering counts as. Only `after_school` counts for the two hours (2023 notice)."""

    AFTER_SCHOOL = "after_school"
    EARLY_CARE = "early_care"
    LUNCH_CARE = "lunch_care"
    EVENING_STUDY = "evening_study"


Week = Annotated[int, NUMBER, Field(ge=1, le=30)]
Capacity = Annotated[int, NUMBER, Field(ge=0, le=10_000)]
Instant = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]
ALL_GRADES: Final = tuple(range(1, 10))


class Pool(BaseModel):
    """Seats for one group. Until `release_at` only children of the group get them; then everybody."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: Group
    size: Capacity
    release_at: Instant | None = None


class Period(BaseModel):
    """A weekly lesson: `weekday` 1 (Monday) to 7, `number` of the period in the school's day, China's time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekday: Annotated[int, NUMBER, Field(ge=1, le=7)]
    number: Annotated[int, NUMBER, Field(ge=1, le=12)]
    starts_at: time
    ends_at: time

    @property
    def minutes(self) -> int:
        return (self.ends_at.hour - self.starts_at.hour) * 60 + self.ends_at.minute - self.starts_at.minute


class OfferingDetails(BaseModel):
    """What a school publishes. Enrolment is open from `opens_at` until just before `closes_at`.

    `pools` reserve seats for groups; what they leave of `capacity` is for everybody. Weeks of the term are counted
    from 1; without them the course runs from the first to the last. `fee` is fen per lesson. A free seat is offered
    for `offer_hours`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    category: Category
    term: Key
    capacity: Capacity
    opens_at: Instant
    closes_at: Instant
    item: Key | None = None
    mode: Mode = Mode.RUSH
    care: Care = Care.AFTER_SCHOOL
    grades: Annotated[tuple[Grade, ...], Field(min_length=1, max_length=9)] = ALL_GRADES
    pools: Annotated[tuple[Pool, ...], Field(max_length=3)] = ()
    periods: Annotated[tuple[Period, ...], Field(max_length=20)] = ()
    first_week: Week | None = None
    last_week: Week | None = None
    room: Key | None = None
    teacher_id: UUID | None = None
    provider_id: UUID | None = None
    outside_person_id: UUID | None = None
    fee: Annotated[int, NUMBER, Field(ge=0, le=1_000_000)] = 0
    offer_hours: Annotated[int, NUMBER, Field(ge=1, le=240)] = 24

    @model_validator(mode="after")
    def window_is_not_empty(self) -> Self:
        if self.opens_at >= self.closes_at:
            raise field_error(WindowEmpty.code, en=WindowEmpty.en(), zh=WindowEmpty.zh)
        return self

    @model_validator(mode="after")
    def pools_fit(self) -> Self:
        groups = [pool.group for pool in self.pools]
        reserved = sum(pool.size for pool in self.pools)
        if Group.GENERAL in groups or len(set(groups)) < len(groups) or reserved > self.capacity:
            raise field_error(PoolsMalformed.code, en=PoolsMalformed.en(), zh=PoolsMalformed.zh)
        return self

    @model_validator(mode="after")
    def periods_are_apart(self) -> Self:
        ordered = sorted(self.periods, key=lambda one: (one.weekday, one.starts_at))
        followed = pairwise(ordered)
        overlap = any(a.weekday == b.weekday and b.starts_at < a.ends_at for a, b in followed)
        numbers = {(one.weekday, one.number) for one in ordered}
        empty = any(one.starts_at >= one.ends_at for one in ordered)
        backwards = self.last_week is not None and (self.first_week or 1) > self.last_week
        if overlap or empty or backwards or len(numbers) < len(ordered):
            raise field_error(PeriodsMalformed.code, en=PeriodsMalformed.en(), zh=PeriodsMalformed.zh)
        return self


CHANGEABLE: Final = ("name", "opens_at", "closes_at")
"""A course of another kind, term or school is another offering. The capacity changes with its pools."""
_STORED_APART: Final = {"pools", "periods", "first_week", "last_week", "term", "capacity", "grades"}


class SeatPool(Base):
    """Seats of an offering for one group. A seat is taken, offered, held back or free; `waiting` are entitled children.

    Of `general`, everybody who waits for the offering counts as waiting.
    """

    __tablename__ = "seat_pool"
    __table_args__ = (
        # The promises of enrolment, held by the database whatever the code does.
        CheckConstraint("enrolled >= 0 AND offered >= 0 AND enrolled + offered <= size", name="never_oversold"),
        CheckConstraint(
            "waiting = 0 OR (waiting > 0 AND enrolled + offered + held_back = size)",
            name="nobody_waits_for_a_free_seat",
        ),
        CheckConstraint("held_back >= 0", name="held_back_not_negative"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey("offering.id"), primary_key=True)
    group: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int]
    enrolled: Mapped[int] = mapped_column(server_default=text("0"))
    offered: Mapped[int] = mapped_column(server_default=text("0"))
    waiting: Mapped[int] = mapped_column(server_default=text("0"))
    held_back: Mapped[int] = mapped_column(server_default=text("0"))
    """Seats that are free although somebody waits: they became free after enrolment closed, or while it is frozen."""
    release_at: Mapped[datetime | None]

    @property
    def free(self) -> int:
        return self.size - self.enrolled - self.offered

    def hold_back(self) -> None:
        """Hold free seats back while children wait: nobody gets them until enrolment is open again."""
        self.held_back = self.free if self.waiting else 0


class OfferingPeriod(Base):
    """A weekly lesson of an offering."""

    __tablename__ = "offering_period"

    offering_id: Mapped[UUID] = mapped_column(ForeignKey("offering.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    starts_at: Mapped[time] = mapped_column(Time)
    ends_at: Mapped[time] = mapped_column(Time)


class Offering(Base, Aggregate):
    """A course with a number of seats. `asked` counts everybody who ever asked, and so numbers the queue.

    `halves` are the halves of the term in which it runs: two courses of one period may follow one another.
    """

    __tablename__ = "offering"
    __table_args__ = (
        CheckConstraint("opens_at < closes_at", name="window_is_not_empty"),
        CheckConstraint("(frozen_at IS NULL) = (frozen_for IS NULL)", name="frozen_for_a_reason"),
        key_check("term"),
        Index("ix_offering_school_id_term_category", "school_id", "term", "category"),
        Index("ix_offering_provider_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        {"postgresql_with": {"fillfactor": 50}},
    )

    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    name: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    item: Mapped[str | None] = mapped_column(Text)
    term: Mapped[str] = mapped_column(Text)
    term_id: Mapped[UUID] = mapped_column(ForeignKey(Term.id))
    mode: Mapped[str] = mapped_column(Text)
    care: Mapped[str] = mapped_column(Text)
    grades: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    first_week: Mapped[int]
    last_week: Mapped[int]
    halves: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    room: Mapped[str | None] = mapped_column(Text)
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey(Teacher.id))
    provider_id: Mapped[UUID | None]
    outside_person_id: Mapped[UUID | None]
    fee: Mapped[int]
    offer_hours: Mapped[int]
    asked: Mapped[int]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    frozen_for: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @classmethod
    def publish(
        cls, details: OfferingDetails, *, school: School, term: Term, at: datetime
    ) -> tuple[Self, list[SeatPool], list[OfferingPeriod], OfferingPublished]:
        """The offering, its seats and its periods. Raises `PeriodsMalformed`."""
        first, last = details.first_week or 1, details.last_week or term.weeks()
        if not first <= last <= term.weeks():
            raise PeriodsMalformed(pointer="/last_week", weeks=term.weeks())
        offering = cls(
            id=new_id(),
            version=0,
            school_id=school.id,
            term=term.name,
            term_id=term.id,
            grades=sorted(set(details.grades)),
            first_week=first,
            last_week=last,
            halves=halves(first, last, term.weeks()),
            asked=0,
            frozen_at=None,
            frozen_for=None,
            published_at=at,
            changed_at=at,
            **details.model_dump(exclude=_STORED_APART),
        )
        periods = [OfferingPeriod(offering_id=offering.id, **period.model_dump()) for period in details.periods]
        published = OfferingPublished(
            offering_id=offering.id,
            school_id=school.id,
            name=details.name,
            category=details.category,
            item=details.item,
            capacity=details.capacity,
            term=term.name,
            mode=details.mode,
            provider_id=details.provider_id,
            district=school.district,
            street=school.street,
            at=at,
        )
        return offering, _pools(offering.id, details), periods, published

    def change(self, changes: Mapping[str, Any], *, pools: Sequence[SeatPool], at: datetime) -> OfferingChanged | None:
        """Change a published course; None if nothing would change. New seats go to the general pool; the caller gives
        them to waiting children."""
        general = next(pool for pool in pools if pool.group == Group.GENERAL)
        capacity = sum(pool.size for pool in pools)
        wanted = changes.get("capacity", capacity)
        size = general.size + wanted - capacity
        if size < general.enrolled + general.offered:
            taken = capacity - general.size + general.enrolled + general.offered
            raise CapacityBelowEnrolled(pointer="/capacity", taken=taken)
        after = {name: changes.get(name, getattr(self, name)) for name in CHANGEABLE}
        if after["opens_at"] >= after["closes_at"]:
            raise WindowEmpty(pointer="/opens_at")
        changed = [name for name in CHANGEABLE if getattr(self, name) != after[name]]
        for name in changed:
            setattr(self, name, after[name])
        if size != general.size:
            general.size = size
            changed.append("capacity")
        if not changed:
            return None
        self.changed_at = at
        return OfferingChanged(
            offering_id=self.id, school_id=self.school_id, name=self.name, capacity=wanted, changed=changed, at=at
        )

    def freeze(self, reason: str, *, at: datetime) -> OfferingFrozen | None:
        """Nobody can enrol from now on; None if it is frozen already."""
        if self.frozen_at is not None:
            return None
        self.frozen_at, self.frozen_for = at, reason
        return OfferingFrozen(offering_id=self.id, school_id=self.school_id, frozen_for=reason, at=at)

    def unfreeze(self, *, at: datetime) -> OfferingUnfrozen:
        """Raises `NotFrozen`."""
        if self.frozen_at is None:
            raise NotFrozen
        self.frozen_at = self.frozen_for = None
        return OfferingUnfrozen(offering_id=self.id, school_id=self.school_id, at=at)

    def window(self, at: datetime) -> Window:
        if at < self.opens_at:
            return Window.SCHEDULED
        return Window.OPEN if at < self.closes_at else Window.CLOSED

    def gives_seats(self, at: datetime) -> bool:
        """Whether free seats go to waiting children: not after enrolment has closed, and not while frozen."""
        return self.window(at) is not Window.CLOSED and self.frozen_at is None


def halves(first_week: int, last_week: int, weeks: int) -> list[int]:
    """The halves of a term of `weeks` weeks that a course from week to week touches."""
    middle = (weeks + 1) // 2
    return [half for half, touched in ((1, first_week <= middle), (2, last_week > middle)) if touched]


def _pools(offering_id: UUID, details: OfferingDetails) -> list[SeatPool]:
    general = Pool(group=Group.GENERAL, size=details.capacity - sum(pool.size for pool in details.pools))
    return [
        SeatPool(offering_id=offering_id, enrolled=0, offered=0, waiting=0, held_back=0, **pool.model_dump())
        for pool in (*details.pools, general)
    ]
