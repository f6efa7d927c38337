"""A duty (an open step with its day and its owner), and the escalation of one that is late."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from sqlalchemy import BigInteger, Date, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.accountability.duties.steps import Level, Role
from services.inspection.orm import Base
from shared.data.database import Aggregate, new_id
from shared.events.inspection.escalations import EscalationRaised


class Responsible(Base):
    """A local copy of the registry's responsibilities: who answers for an institution, by account."""

    __tablename__ = "responsible"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)
    officer: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Duty:
    """An open step: derived at the moment of asking, never stored. `days_late` is 0 until its day has passed; `number`
    counts the targets of a campaign that are owed together, and `part` says of which team, so that each is a duty."""

    step: str
    subject_id: UUID
    part: str
    institution_id: UUID | None
    district: str | None
    street: str | None
    team: str | None
    due_on: date
    number: int
    days_late: int
    role: str
    owner: str | None


class Escalation(Base, Aggregate):
    """That somebody was told of a duty that is late: once for each duty, day, level and role."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("step", "subject_id", "part", "due_on", "level", "role", name="uq_escalation_once"),
        Index("ix_escalation_institution_id_id", "institution_id", "id"),
        Index("ix_escalation_district_id", "district", "id"),
    )

    step: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]
    part: Mapped[str] = mapped_column(
        Text, server_default=text("''"), comment="team whose part of the duty is late; empty for a duty without parts"
    )
    level: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    officer: Mapped[str | None] = mapped_column(Text)
    institution_id: Mapped[UUID | None]
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Date)
    days_late: Mapped[int]
    raised_at: Mapped[datetime]

    @classmethod
    def raise_for(cls, duty: Duty, level: Level, role: Role, officer: str | None, *, at: datetime) -> Self:
        """Record that the officer of a role, or the bureau, was told. A vacant role has no officer."""
        return cls(
            id=new_id(),
            version=1,
            step=duty.step,
            subject_id=duty.subject_id,
            part=duty.part,
            level=level,
            role=role,
            officer=officer,
            institution_id=duty.institution_id,
            district=duty.district,
            street=duty.street,
            team=duty.team,
            due_on=duty.due_on,
            days_late=duty.days_late,
            raised_at=at,
        )

    def raised(self) -> EscalationRaised:
        return EscalationRaised(
            escalation_id=self.id,
            step=self.step,
            subject_id=self.subject_id,
            level=str(self.level),
            role=str(self.role),
            officer=self.officer,
            institution_id=self.institution_id,
            district=self.district,
            street=self.street,
            team=self.team,
            due_on=self.due_on,
            days_late=self.days_late,
            at=self.raised_at,
        )
