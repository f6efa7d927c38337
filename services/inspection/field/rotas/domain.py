"""Duties (值班) and absences (请假) of a team's members, and what they make of each day.

A team without any duty keeps no rota: all its members are there, unless they are absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.teams.domain import Inspector
from services.inspection.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Day, Line, Reason
from shared.events.inspection.teams import AbsenceCancelled, AbsenceNoted, DutyAssigned, DutyCancelled

OFFICERS: Final = 2
"""Administrative Penalty Law, article 42: two law-enforcement officers at least."""
LONGEST: Final = 366
"""Days that one entry may last, and that one look at the rota may show."""


class RotaEntryNotFound(NotFound):
    """There is no such entry on this team's rota."""

    code = "rota-entry-not-found"
    zh = "该检查组值班表中没有此记录。"


class RotaOverlap(Conflict):
    """This person already has an entry of this kind in this period; `day` is the first such day."""

    code = "rota-overlap"
    zh = "该人员在其中某日已有同类记录。"


class RotaEntryCancelled(Conflict):
    """The entry was already cancelled."""

    code = "rota-entry-cancelled"
    zh = "该记录已撤销。"


class NotAMember(Invalid):
    """This person is not a member of the team."""

    code = "not-a-member"
    zh = "该人员不是本组成员。"


class RotaNotYours(Forbidden):
    """Only officers and the team's leader may change the rota. A member may note only their own absence."""

    code = "rota-not-yours"
    zh = "值班表由区县人员和组长维护；组员只能登记本人请假。"


class RotaSpanTooLong(Invalid):
    """The first day must not be after the last, and the period may have at most 366 days."""

    code = "rota-span"
    zh = "起止日期须按先后顺序，且不超过一年。"


def _each_once(days: list[int]) -> list[int]:
    return sorted(set(days))


class _Days(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Line
    first_day: Day
    last_day: Day

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if not 0 <= (self.last_day - self.first_day).days < LONGEST:
            raise field_error(RotaSpanTooLong.code, en=RotaSpanTooLong.en(), zh=RotaSpanTooLong.zh)
        return self


Weekday = Annotated[int, NUMBER, Field(ge=1, le=7)]


class DutyDetails(_Days):
    """A duty from one day to another, on these weekdays (1 is Monday); on every day if none is named."""

    weekdays: Annotated[list[Weekday], Field(max_length=7), AfterValidator(_each_once)] = Field(default_factory=list)


class AbsenceDetails(_Days):
    """An absence from one day to another."""

    reason: Reason


class RotaEntryKind(StrEnum):
    DUTY = "duty"
    ABSENCE = "absence"


class RotaEntry(Base, Aggregate):
    """One person's duty or absence over some days. Cancelled it stays on record, and counts for nothing."""

    __tablename__ = "rota_entry"
    __table_args__ = (
        Index("ix_rota_entry_team_id_last_day", "team_id", "last_day"),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("(kind = 'absence') = (reason IS NOT NULL)", name="absent_for_a_reason"),
    )

    team_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    reason: Mapped[str | None] = mapped_column(Text)
    noted_by: Mapped[str] = mapped_column(Text)
    noted_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    @classmethod
    def assign(
        cls, team_id: UUID, details: DutyDetails, beside: Sequence[Self], *, by: str, at: datetime
    ) -> tuple[Self, DutyAssigned]:
        """Put somebody on duty; `beside` is what his team's rota says already."""
        entry = cls._of(team_id, RotaEntryKind.DUTY, details, weekdays=details.weekdays, reason=None, by=by, at=at)
        entry._check_alone(beside)
        fact = DutyAssigned(
            entry_id=entry.id,
            team_id=team_id,
            subject=entry.subject,
            first_day=entry.first_day,
            last_day=entry.last_day,
            weekdays=list(entry.weekdays),
            at=at,
        )
        return entry, fact

    @classmethod
    def note_absence(
        cls, team_id: UUID, details: AbsenceDetails, beside: Sequence[Self], *, by: str, at: datetime
    ) -> tuple[Self, AbsenceNoted]:
        """Somebody will not be there. Why stays here: it may be about his health."""
        entry = cls._of(team_id, RotaEntryKind.ABSENCE, details, weekdays=[], reason=details.reason, by=by, at=at)
        entry._check_alone(beside)
        fact = AbsenceNoted(
            entry_id=entry.id,
            team_id=team_id,
            subject=entry.subject,
            first_day=entry.first_day,
            last_day=entry.last_day,
            at=at,
        )
        return entry, fact

    @classmethod
    def _of(
        cls,
        team_id: UUID,
        kind: RotaEntryKind,
        details: _Days,
        *,
        weekdays: Sequence[int],
        reason: str | None,
        by: str,
        at: datetime,
    ) -> Self:
        return cls(
            id=new_id(),
            version=0,
            team_id=team_id,
            kind=kind,
            subject=details.subject,
            first_day=details.first_day,
            last_day=details.last_day,
            weekdays=list(weekdays),
            reason=reason,
            noted_by=by,
            noted_at=at,
            cancelled_at=None,
        )

    def _check_alone(self, others: Sequence[Self]) -> None:
        mine = set(self.days())
        for other in others:
            if (other.subject, other.kind) == (self.subject, self.kind) and other.cancelled_at is None:
                shared = mine.intersection(other.days())
                if shared:
                    raise RotaOverlap(day=min(shared))

    def cancel(self, *, at: datetime) -> DutyCancelled | AbsenceCancelled:
        if self.cancelled_at is not None:
            raise RotaEntryCancelled
        self.cancelled_at = at
        kind = DutyCancelled if self.kind == RotaEntryKind.DUTY else AbsenceCancelled
        return kind(entry_id=self.id, team_id=self.team_id, subject=self.subject, at=at)

    def days(self) -> Sequence[date]:
        return [day for day in span(self.first_day, self.last_day) if self.holds(day)]

    def holds(self, day: date) -> bool:
        return (
            self.cancelled_at is None
            and self.first_day <= day <= self.last_day
            and (not self.weekdays or day.isoweekday() in self.weekdays)
        )


def span(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Present:
    """A member who is there, and whether his certificate is in force that day."""

    subject: str
    name: str
    certified: bool


@dataclass(frozen=True, slots=True)
class DutyDay:
    """Who is there on a day. `two_certified` is what a visit that may end in a penalty needs."""

    day: date
    present: Sequence[Present]
    absent: Sequence[str]
    certified: int
    two_certified: bool


def roster(
    members: Sequence[Inspector], entries: Sequence[RotaEntry], *, keeps_rota: bool, first: date, last: date
) -> Sequence[DutyDay]:
    """Day by day, the members who are on duty and not absent. Former members are never present, whatever the rota
    says."""
    if not 0 <= (last - first).days < LONGEST:
        raise RotaSpanTooLong(pointer="/query/to")
    days = []
    for day in span(first, last):
        holding = [entry for entry in entries if entry.holds(day)]
        absent = {entry.subject for entry in holding if entry.kind == RotaEntryKind.ABSENCE}
        on_duty = {entry.subject for entry in holding if entry.kind == RotaEntryKind.DUTY}
        present = [
            Present(member.subject, member.name, member.certified(on=day))
            for member in members
            if member.subject not in absent and (member.subject in on_duty or not keeps_rota)
        ]
        certified = sum(one.certified for one in present)
        days.append(DutyDay(day, present, sorted(absent), certified, certified >= OFFICERS))
    return days
