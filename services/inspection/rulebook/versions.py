"""Rows in dated versions, by code and first day: which hold on a day, what gives way, and a page of all there were."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, Text, or_
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from shared.data.database import Aggregate
from shared.domain.dated import Withdrawable, stands

Wanted = TypeVar("Wanted", bound=Select[Any])


class LastingVersion(Aggregate, Withdrawable):
    """A version with a first and a last day. It knows which version gave way to it, and until when that one was to
    last before: should it be withdrawn, the other gets its last day back."""

    code: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    enacted_at: Mapped[datetime | None]
    predecessor_id: Mapped[UUID | None]
    predecessor_valid_to: Mapped[date | None] = mapped_column(Date)

    def reaches(self, on: date) -> bool:
        """Whether the version is in force on a day, its last day included."""
        return self.withdrawn_at is None and self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def _cut(self, successor: "LastingVersion") -> bool:
        """End the day before the successor begins, and note that in the successor; False if it ends earlier anyway."""
        if self.valid_to is not None and self.valid_to < successor.valid_from:
            return False
        successor.predecessor_id, successor.predecessor_valid_to = self.id, self.valid_to
        self.valid_to = successor.valid_from - timedelta(days=1)
        return True

    def _restore(self, successor: "LastingVersion") -> bool:
        """Restore the last day that the successor had shortened; False if it was given another last day since."""
        if self.valid_to != successor.valid_from - timedelta(days=1):
            return False
        self.valid_to = successor.predecessor_valid_to
        return True


def holds(version: type[LastingVersion], *, on: date) -> ColumnElement[bool]:
    """SQL: the version is in force on the day; without a last day it stays in force."""
    not_over = or_(version.valid_to.is_(None), version.valid_to >= on)
    return stands(version) & (version.valid_from <= on) & not_over


def in_order(
    wanted: Wanted,
    code: InstrumentedAttribute[str],
    first: InstrumentedAttribute[date],
    identity: InstrumentedAttribute[UUID],
    *,
    after: tuple[str, date, UUID] | None,
    limit: int,
) -> Wanted:
    """Order by code and first day, from the cursor on. Withdrawn versions may share a day."""
    if after is not None:
        last, day, one = after
        of_that_day = (first == day) & (identity > one)
        wanted = wanted.where(or_(code > last, (code == last) & or_(first > day, of_that_day)))
    return wanted.order_by(code, first, identity).limit(limit)


def place(position: Sequence[Any] | None) -> tuple[str, date, UUID] | None:
    """The position of the last page's end, from its cursor."""
    return (str(position[0]), date.fromisoformat(position[1]), UUID(position[2])) if position else None
