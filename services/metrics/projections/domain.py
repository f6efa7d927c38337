"""Cells, members, receipts; and what a batch of events does to them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import BigInteger, Identity, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.orm import Base
from shared.domain.clock import china_date

CONSUMER: Final = "metrics"
"""The name under which the live numbers follow the log."""

DIMENSIONS: Final = ("state", "kind", "district", "street", "grid", "school", "campaign", "month", "marks")
"""What tells cells of one noun apart. Empty text is "none" or "not said yet"; `month` is `YYYY-MM`, in China.
`campaign` is the campaign that a thing belongs to, or the stop order. `marks` are letters, in order: what else holds
of a member, whoever said it (`Mark`)."""


class Mark(StrEnum):
    """Something that holds of a member or does not. It moves with the member, so a share of marked ones is a share."""

    DISTRICT_OFFICER = "d"
    INDUSTRY_DEPARTMENT = "i"
    STREET_OFFICER = "s"
    ACKNOWLEDGED = "a"
    SERVING = "v"


class Cell(Base):
    """How many members of one noun share these dimensions, and the sum of their amounts: the places of an offering,
    the recipients of a notice."""

    __tablename__ = "cell"
    __table_args__ = (UniqueConstraint("generation", "noun", *DIMENSIONS, name="uq_cell_dimensions"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    generation: Mapped[int] = mapped_column(SmallInteger)
    noun: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    grid: Mapped[str] = mapped_column(Text)
    school: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(Text)
    marks: Mapped[str] = mapped_column(Text)
    members: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)


class Member(Base):
    """One counted thing and the cell it stands in; `about` is the institution, course, class or school that it is
    about, by whose name people know it."""

    __tablename__ = "member"
    __table_args__ = (Index("ix_member_cell_id_id", "cell_id", "id"), {"postgresql_with": {"fillfactor": 80}})

    generation: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    noun: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    cell_id: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    about: Mapped[UUID | None]


class Receipt(Base):
    """An event that said something about a member, and where in the log it stands."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_generation_noun_member_id", "generation", "noun", "member_id", "sequence"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    generation: Mapped[int] = mapped_column(SmallInteger)
    noun: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID]
    event_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    partition: Mapped[int] = mapped_column(Integer)
    offset: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class Generation(Base):
    """The one row that says which generation of cells is live; a rebuild fills the next one and swaps."""

    __tablename__ = "generation"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    live: Mapped[int] = mapped_column(SmallInteger)


class Change(NamedTuple):
    """What an event says of one member: dimensions not named stay as they were."""

    noun: str
    id: UUID
    says: Mapping[str, str]
    amount: int | None = None
    marks: Mapping[Mark, bool] = MappingProxyType({})
    """Marks that are set or taken away; the others stay."""
    about: UUID | None = None
    """The subject of the member, where the event alone does not say it (`subject_of`)."""


def month(at: datetime) -> str:
    return f"{china_date(at):%Y-%m}"


def place(event: Any) -> dict[str, str]:
    return {name: getattr(event, name) or "" for name in _places(event.__class__)}


def subject_of(event: Any, member: UUID) -> UUID | None:
    """The institution, course, class or school that an event is about, the narrowest that is not the member itself."""
    return next((about for name in _subjects(event.__class__) if (about := getattr(event, name)) != member), None)


@cache
def _subjects(kind: type[BaseModel]) -> tuple[str, ...]:
    wanted = ("institution_id", "offering_id", "class_id", "school_id")
    return tuple(name for name in wanted if name in kind.model_fields)


@cache
def _places(kind: type[BaseModel]) -> tuple[str, ...]:
    """Cached, because asking an event for a field that it does not have is slow."""
    return tuple(name for name in ("district", "street", "grid") if name in kind.model_fields)


Projection = Callable[[Any], Iterable[Change]]
Coordinates = tuple[str, ...]
"""A member's noun followed by its dimensions, in the order of `DIMENSIONS`."""


@dataclass
class Movement:
    """What a batch of events does to the cells: a pure sum, written once per batch."""

    members: dict[Coordinates, int] = field(default_factory=dict)
    amounts: dict[Coordinates, int] = field(default_factory=dict)

    def move(self, old: Coordinates | None, new: Coordinates, *, old_amount: int = 0, new_amount: int = 0) -> None:
        if old is not None:
            self._add(old, -1, -old_amount)
        self._add(new, 1, new_amount)

    def _add(self, cell: Coordinates, members: int, amount: int) -> None:
        self.members[cell] = self.members.get(cell, 0) + members
        self.amounts[cell] = self.amounts.get(cell, 0) + amount


def moved(
    noun: str, old: Coordinates | None, says: Mapping[str, str], marks: Mapping[Mark, bool] | None = None
) -> Coordinates:
    if marks:
        known = set(old[-1] if old is not None else "")
        known = known.union(mark for mark, holds in marks.items() if holds).difference(
            mark for mark, holds in marks.items() if not holds
        )
        says = {**says, "marks": "".join(sorted(known))}
    if old is None:
        return (noun, *[says.get(name, "") for name in DIMENSIONS])
    return (noun, *[says.get(name, was) for name, was in zip(DIMENSIONS, old[1:], strict=True)])
