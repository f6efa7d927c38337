"""What other services said about an institution, kept beside the registry's own journal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
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
