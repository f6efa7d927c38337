"""Allocations of seats by ranked choices."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class AllocationOpened(Event):
    """Families can rank courses. `commitment` is the SHA-256 of the secret part of the seed."""

    type: ClassVar[str] = "afterschool.allocation.opened.v1"
    topic: ClassVar[str] = "afterschool.allocations.v1"

    allocation_id: UUID
    name: str
    term: str
    school_id: UUID | None
    district: str | None
    opens_at: datetime
    closes_at: datetime
    public_source: str
    commitment: str
    at: datetime


class AllocationClosed(Event):
    """The public value was entered after the closing: nothing in the seed can be chosen any more."""

    type: ClassVar[str] = "afterschool.allocation.closed.v1"
    topic: ClassVar[str] = "afterschool.allocations.v1"

    allocation_id: UUID
    school_id: UUID | None
    district: str | None
    public_value: str
    at: datetime


class AllocationDrawn(Event):
    """The lots were drawn, and the seats given. Each seat is a fact of its enrolment."""

    type: ClassVar[str] = "afterschool.allocation.drawn.v1"
    topic: ClassVar[str] = "afterschool.allocations.v1"

    allocation_id: UUID
    school_id: UUID | None
    district: str | None
    markets: int
    children: int
    seats: int
    at: datetime
