"""Dated versions of records, by code and first day: which is in force on a day, what gives way, what is withdrawn."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, Text, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from shared.data.database import Aggregate
from shared.domain.dated import LaterVersionStands, Withdrawable, stands
from shared.domain.refusals import Conflict, NotFound
from shared.events import Event
from shared.facts import journal

Wanted = TypeVar("Wanted", bound=Select[Any])


class LastingVersion(Aggregate, Withdrawable):
    """A version with a first and a last day.

    It remembers which version gave way to it, and the last day that one had before: if it is withdrawn, the other one
    gets its last day back. A kind of version adds its content, its events and its refusal `OVERLAPS`.
    """

    OVERLAPS: ClassVar[type[Conflict]]

    code: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    enacted_at: Mapped[datetime | None]
    predecessor_id: Mapped[UUID | None]
    predecessor_valid_to: Mapped[date | None] = mapped_column(Date)

    @abstractmethod
    def _ended(self, at: datetime) -> Event: ...

    @abstractmethod
    def _withdrawn(self, at: datetime) -> Event: ...

    @abstractmethod
    def _continued(self, at: datetime) -> Event: ...

    def reaches(self, on: date) -> bool:
        """Whether the version is in force on a day, its last day included."""
        return self.withdrawn_at is None and self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def give_way(self, successor: "LastingVersion", *, at: datetime) -> Event | None:
        """End the day before a newer version begins; None if the version has ended by then."""
        if self.valid_from >= successor.valid_from:
            raise self.OVERLAPS(valid_from=self.valid_from, pointer="/valid_from")
        if self.valid_to is not None and self.valid_to < successor.valid_from:
            return None
        successor.predecessor_id, successor.predecessor_valid_to = self.id, self.valid_to
        self.valid_to = successor.valid_from - timedelta(days=1)
        return self._ended(at)

    def withdraw(self, reason: str, *, by: str, at: datetime) -> Event:
        """Withdraw the version, as if it had never been enacted."""
        self._take_back(reason, first_day=self.valid_from, entered_at=self.enacted_at, by=by, at=at)
        return self._withdrawn(at)

    def continue_after(self, withdrawn: "LastingVersion", *, at: datetime) -> Event | None:
        """Get back the last day that a version took which is now withdrawn; None if it has another last day since."""
        if self.valid_to != withdrawn.valid_from - timedelta(days=1):
            return None
        self.valid_to = withdrawn.predecessor_valid_to
        return self._continued(at)


Version = TypeVar("Version", bound=LastingVersion)


@dataclass(frozen=True, slots=True)
class Withdrawal(Generic[Version]):
    """A version that was withdrawn, and its predecessor if that one continues; with the events of both."""

    version: Version
    withdrawn: Event
    predecessor: Version | None
    continued: Event | None
    standing: Sequence[Version]
    """All versions of the code that still stand."""


async def version_with_id(
    session: AsyncSession, kind: type[Version], version_id: UUID, missing: type[NotFound], *, for_update: bool = False
) -> Version:
    """One version; `for_update` locks it until the transaction ends. Raises `missing`."""
    found = await session.get(kind, version_id, with_for_update=for_update or None, populate_existing=for_update)
    if found is None:
        raise missing
    return found


async def latest_for_update(session: AsyncSession, kind: type[Version], code: str) -> Version | None:
    """The newest version, locked. Whoever enacts the next one waits until this transaction ends."""
    name = f"{cast('Any', kind).__tablename__} {code}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    wanted = select(kind).where(kind.code == code, stands(kind)).order_by(kind.valid_from.desc()).limit(1)
    found: Version | None = await session.scalar(wanted.with_for_update())
    return found


async def versions(
    session: AsyncSession,
    kind: type[Version],
    *,
    code: str | None,
    on: date | None,
    after: tuple[str, date, UUID] | None,
    limit: int,
) -> Sequence[Version]:
    """Versions by code and first day; withdrawn ones too, unless a day is given on which they must be in force."""
    wanted = in_order(select(kind), kind.code, kind.valid_from, kind.id, after=after, limit=limit)
    if code is not None:
        wanted = wanted.where(kind.code == code)
    if on is not None:
        wanted = wanted.where(holds(kind, on=on))
    return (await session.scalars(wanted)).all()


async def put_in_force(session: AsyncSession, version: Version, enacted: Event, *, at: datetime) -> None:
    """Store a version; its predecessor ends the day before."""
    before = await latest_for_update(session, type(version), version.code)
    ended = before.give_way(version, at=at) if before is not None else None
    if before is not None and ended is not None:
        await journal.record(session, ended, subject=before)
    session.add(version)
    await journal.record(session, enacted, subject=version)


async def withdraw_newest(
    session: AsyncSession, known: Version, *, reason: str, by: str, at: datetime
) -> Withdrawal[Version]:
    """Withdraw the newest version of a code; its predecessor gets its last day back.

    Locks every version of the code by id. The events are left to `record_withdrawal`, once the caller agrees. Raises
    `LaterVersionStands`.
    """
    kind = type(known)
    newest = await latest_for_update(session, kind, known.code)
    wanted = select(kind).where(kind.code == known.code).order_by(kind.id).with_for_update()
    all_of_code = (await session.scalars(wanted.execution_options(populate_existing=True))).all()
    version = next(one for one in all_of_code if one.id == known.id)
    withdrawn = version.withdraw(reason, by=by, at=at)
    if newest is not None and newest.id != version.id:
        raise LaterVersionStands(valid_from=newest.valid_from)
    predecessor = next((one for one in all_of_code if one.id == version.predecessor_id), None)
    continued = predecessor.continue_after(version, at=at) if predecessor is not None else None
    standing = [one for one in all_of_code if one.withdrawn_at is None]
    return Withdrawal(version, withdrawn, predecessor, continued, standing)


async def record_withdrawal(session: AsyncSession, withdrawal: Withdrawal[Version], *, reason: str) -> None:
    """Publish that the version was withdrawn and, if so, that its predecessor continues."""
    await journal.record(session, withdrawal.withdrawn, subject=withdrawal.version, reason=reason)
    if withdrawal.predecessor is not None and withdrawal.continued is not None:
        await journal.record(session, withdrawal.continued, subject=withdrawal.predecessor, reason=reason)


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
