"""An address under which a calendar program reads a child's sessions."""

import secrets
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.students.domain import Student
from shared.data.database import new_id
from shared.domain.refusals import Conflict, NotFound

FEEDS: Final = 5
"""Addresses in use that one guardian may have for one child."""


class FeedNotFound(NotFound):
    """There is no such calendar address, or it was revoked."""

    code = "calendar-feed-not-found"
    zh = "没有此日历订阅地址，或已被撤销。"


class TooManyFeeds(Conflict):
    """You have five calendar addresses for this child. Revoke one first."""

    code = "too-many-calendar-feeds"
    zh = "该学生已有五个日历订阅地址，请先撤销一个。"


class CalendarFeed(Base):
    """An address with a secret key, of which only the fingerprint is stored. It opens while its guardian may see the
    child."""

    __tablename__ = "calendar_feed"
    __table_args__ = (Index("ix_calendar_feed_subject_student_id", "subject", "student_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    subject: Mapped[str] = mapped_column(Text)
    key_print: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    @classmethod
    def make(cls, student_id: UUID, subject: str, key_print: bytes, *, in_use: int, at: datetime) -> Self:
        """Raises `TooManyFeeds`."""
        if in_use >= FEEDS:
            raise TooManyFeeds
        return cls(
            id=new_id(), student_id=student_id, subject=subject, key_print=key_print, made_at=at, revoked_at=None
        )

    def revoke(self, at: datetime) -> None:
        """A second revocation changes nothing."""
        self.revoked_at = self.revoked_at or at


def new_key() -> str:
    """43 characters that fit into an address."""
    return secrets.token_urlsafe(32)
