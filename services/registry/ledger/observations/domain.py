"""Local copies of what inspection said. Nothing of it is decided here."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.orm import Base


class FileEntry(Base):
    """One fact of another service in an institution's file; `event_id` makes it unique."""

    __tablename__ = "file_entry"
    __table_args__ = (Index("ix_file_entry_institution_id_at", "institution_id", "at"),)

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    key: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class OpenViolation(Base):
    """A local copy of inspection's violations: where each stands, and nothing more than a standing needs."""

    __tablename__ = "violation_standing"
    __table_args__ = (
        Index(
            "ix_violation_standing_penal",
            "institution_id",
            postgresql_where=text("state IN ('rectification_ordered', 'rectified')"),
        ),
    )

    violation_id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID]
    severity: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    visit_id: Mapped[UUID | None]
    found_on: Mapped[date | None] = mapped_column(Date)
    sequence: Mapped[int] = mapped_column(BigInteger)


class OpenCase(Base):
    """A local copy of inspection's penalty cases: where each stands. A decision is open from its service until it is
    paid, enforced or closed; what was not served yet is nobody's to read."""

    __tablename__ = "case_standing"
    __table_args__ = (Index("ix_case_standing_open", "institution_id", postgresql_where=text("state = 'served'")),)

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Placement(Base):
    """The grid inspection found an institution's coordinates to lie in; a grid's code is its street's."""

    __tablename__ = "placement"

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    grid: Mapped[str | None] = mapped_column(Text)
    blind_spot: Mapped[str | None] = mapped_column(Text)
