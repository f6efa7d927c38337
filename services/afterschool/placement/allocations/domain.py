"""An allocation: one drawing of lots for all markets of a school, a district or the city in one term."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.placement.allocations.lottery import commitment, new_secret
from services.afterschool.programme.offerings.domain import Instant, Mode, Offering, OfferingPeriod, WindowEmpty
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Student
from services.afterschool.roster.terms.domain import Term
from services.afterschool.sealing import Sealer
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict, Invalid, NotFound, field_error
from shared.domain.wording import Code, Key, Line, Name
from shared.events.afterschool.allocations import AllocationClosed, AllocationDrawn, AllocationOpened


class AllocationNotFound(NotFound):
    """There is no such allocation, or you may not see it."""

    code = "allocation-not-found"
    zh = "没有此次志愿分配，或不在您的权限范围内。"


class PreferencesClosed(Conflict):
    """Choices can be entered from `opens_at` until just before `closes_at`."""

    code = "preferences-closed"
    zh = "当前不在填报志愿的时间内。"


class NotDrawnYet(Conflict):
    """This allocation has not been drawn yet."""

    code = "allocation-not-drawn"
    zh = "该次志愿分配尚未抽签。"


class AlreadyDrawn(Conflict):
    """The public value of this allocation is already entered."""

    code = "allocation-already-drawn"
    zh = "该次志愿分配已录入公开数值。"


class StillOpen(Conflict):
    """Choices can be entered until `closes_at`; the public value comes afterwards."""

    code = "preferences-still-open"
    zh = "填报志愿尚未结束，不能抽签。"


class ChoicesMalformed(Invalid):
    """The choices are one to five different offerings of one slot that the child may attend."""

    code = "choices-malformed"
    zh = "志愿须为同一时段内该学生可以参加的一至五门不同课程。"


class MarketNotFound(NotFound):
    """This allocation has no market of this name."""

    code = "market-not-found"
    zh = "该次志愿分配没有此时段。"


class AllocationState(StrEnum):
    """An allocation is open for choices, then drawing for a few seconds, then drawn."""

    OPEN = "open"
    DRAWING = "drawing"
    DRAWN = "drawn"


class AllocationDetails(BaseModel):
    """The promise made beforehand. `public_source` names a public value that is drawn after `closes_at`.

    It covers the offerings of `term` with mode `allocation`: of one school, of one district, or of the whole city.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    term: Key
    opens_at: Instant
    closes_at: Instant
    public_source: Name
    school_id: UUID | None = None
    district: Code | None = None

    @model_validator(mode="after")
    def window_is_not_empty(self) -> Self:
        if self.opens_at >= self.closes_at:
            raise field_error(WindowEmpty.code, en=WindowEmpty.en(), zh=WindowEmpty.zh)
        return self


class Allocation(Base, Aggregate):
    """One drawing of lots. The secret is sealed until the draw; its hash is published with the opening."""

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("opens_at < closes_at", name="window_is_not_empty"),
        CheckConstraint("(state = 'open') = (public_value IS NULL)", name="drawn_with_a_public_value"),
        Index("ix_allocation_term_id", "term_id"),
    )

    name: Mapped[str] = mapped_column(Text)
    term_id: Mapped[UUID] = mapped_column(ForeignKey(Term.id))
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey(School.id))
    district: Mapped[str | None] = mapped_column(Text)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    public_source: Mapped[str] = mapped_column(Text)
    commitment: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    public_value: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    drawn_at: Mapped[datetime | None]

    @classmethod
    def open(
        cls, details: AllocationDetails, *, term: Term, sealer: Sealer, at: datetime
    ) -> tuple[Self, AllocationOpened]:
        """Promise a secret by its hash."""
        allocation_id, secret = new_id(), new_secret()
        sealed = sealer.seal(secret.hex(), table="allocation", column="secret", row=allocation_id)
        opened = cls(
            id=allocation_id,
            version=0,
            term_id=term.id,
            commitment=commitment(secret),
            secret=sealed,
            key_id=sealer.active,
            state=AllocationState.OPEN,
            public_value=None,
            opened_at=at,
            drawn_at=None,
            **details.model_dump(exclude={"term"}),
        )
        event = AllocationOpened(
            allocation_id=allocation_id,
            name=details.name,
            term=term.name,
            school_id=details.school_id,
            district=details.district,
            opens_at=details.opens_at,
            closes_at=details.closes_at,
            public_source=details.public_source,
            commitment=opened.commitment,
            at=at,
        )
        return opened, event

    def check_open(self, at: datetime) -> None:
        """Raises `PreferencesClosed`."""
        if self.state != AllocationState.OPEN or not self.opens_at <= at < self.closes_at:
            raise PreferencesClosed(opens_at=self.opens_at, closes_at=self.closes_at)

    def enter_public_value(self, value: str, *, at: datetime) -> AllocationClosed:
        """The lots are drawn next. Raises `StillOpen` and `AlreadyDrawn`."""
        if self.state != AllocationState.OPEN:
            raise AlreadyDrawn
        if at < self.closes_at:
            raise StillOpen(closes_at=self.closes_at)
        self.state, self.public_value = AllocationState.DRAWING, value
        return AllocationClosed(
            allocation_id=self.id, school_id=self.school_id, district=self.district, public_value=value, at=at
        )

    def finish(self, *, markets: int, children: int, seats: int, at: datetime) -> AllocationDrawn:
        """The results are stored."""
        self.state, self.drawn_at = AllocationState.DRAWN, at
        return AllocationDrawn(
            allocation_id=self.id,
            school_id=self.school_id,
            district=self.district,
            markets=markets,
            children=children,
            seats=seats,
            at=at,
        )

    def reseal(self, sealer: Sealer) -> None:
        """Seal the secret again with the active key."""
        secret = self.opened_secret(sealer).hex()
        self.secret = sealer.seal(secret, table="allocation", column="secret", row=self.id)
        self.key_id = sealer.active

    def opened_secret(self, sealer: Sealer) -> bytes:
        """The secret. Nobody may learn it before the draw."""
        sealed = sealer.open(self.secret, table="allocation", column="secret", row=self.id, key_id=self.key_id)
        return bytes.fromhex(sealed)


class Preference(Base):
    """The ranked choices of one child in one slot, or in one block of slots; the newest replaces the older ones."""

    __tablename__ = "preference"
    __table_args__ = (Index("ix_preference_student_id", "student_id"),)

    allocation_id: Mapped[UUID] = mapped_column(ForeignKey(Allocation.id), primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id), primary_key=True)
    slots: Mapped[str] = mapped_column(Text, primary_key=True)
    choices: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    entered_by: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime]


class DrawnMarket(Base):
    """A market of a drawn allocation, and the hash of its frozen input."""

    __tablename__ = "drawn_market"

    allocation_id: Mapped[UUID] = mapped_column(ForeignKey(Allocation.id), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    slots: Mapped[list[str]] = mapped_column(ARRAY(Text))
    input_hash: Mapped[str] = mapped_column(Text)


class DrawnOffering(Base):
    """The frozen free seats of one pool of an offering, and the last admitted key; `place` is the published order."""

    __tablename__ = "drawn_offering"

    allocation_id: Mapped[UUID] = mapped_column(ForeignKey(Allocation.id), primary_key=True)
    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id), primary_key=True)
    group: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[int]
    market: Mapped[str] = mapped_column(Text)
    listed: Mapped[bool]
    """False: the offering has no such pool; what its reserves left is counted here."""
    size: Mapped[int]
    seats: Mapped[int]
    admitted: Mapped[int]
    last_credit: Mapped[int | None]
    last_number: Mapped[bytes | None] = mapped_column(LargeBinary)


class DrawnList(Base):
    """The frozen choices of one child in one market, and what came of them. `child` is a pseudonym of this draw."""

    __tablename__ = "drawn_list"
    __table_args__ = (Index("ix_drawn_list_student_id", "student_id"),)

    allocation_id: Mapped[UUID] = mapped_column(ForeignKey(Allocation.id), primary_key=True)
    market: Mapped[str] = mapped_column(Text, primary_key=True)
    child: Mapped[str] = mapped_column(Text, primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    choices: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    credit: Mapped[int]
    offering_id: Mapped[UUID | None] = mapped_column(ForeignKey(Offering.id))
    pool: Mapped[str | None] = mapped_column(Text)
    left_for: Mapped[str | None] = mapped_column(Text)
    """The market in which the child has a seat that takes this time."""


SLOT_JOINED: Final = "+"


def slots_of(offering: Offering, periods: Sequence[OfferingPeriod]) -> tuple[str, ...]:
    """The slots that an offering takes: weekday, period and half of the term. Empty without periods."""
    return tuple(sorted(f"{period.weekday}-{period.number}-{half}" for period in periods for half in offering.halves))


def check_choices(
    choices: Sequence[UUID],
    offerings: Sequence[Offering],
    slots: Sequence[tuple[str, ...]],
    *,
    allocation: Allocation,
    school_id: UUID,
    grade: int,
) -> str:
    """The slots of the choices, which are all alike; raises `ChoicesMalformed` with the reason."""
    if len(set(choices)) < len(choices) or len(offerings) < len(choices):
        raise ChoicesMalformed(pointer="/choices", reason="unknown-or-repeated")
    if any(one.school_id != school_id or one.term_id != allocation.term_id for one in offerings):
        raise ChoicesMalformed(pointer="/choices", reason="other-school-or-term")
    if any(one.mode != Mode.ALLOCATION or one.frozen_at is not None for one in offerings):
        raise ChoicesMalformed(pointer="/choices", reason="not-allocated")
    if any(grade not in one.grades for one in offerings):
        raise ChoicesMalformed(pointer="/choices", reason="grade-not-admitted")
    if len(set(slots)) != 1 or not slots[0]:
        raise ChoicesMalformed(pointer="/choices", reason="different-slots")
    return SLOT_JOINED.join(slots[0])


def shown_seed(allocation: Allocation, sealer: Sealer) -> dict[str, Any]:
    """Everything needed to draw again; empty before the draw."""
    if allocation.state != AllocationState.DRAWN:
        return {}
    return {"secret": allocation.opened_secret(sealer).hex(), "public_value": allocation.public_value}
