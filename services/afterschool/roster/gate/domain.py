"""For what a child's identity may be read, by whom, and what is kept of each read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Student
from shared.data.database import new_id
from shared.domain.refusals import Conflict, Forbidden, NotFound


class PurposeNotYours(Forbidden):
    """Your role may not read a child's identity for this purpose."""

    code = "purpose-not-yours"
    zh = "您的角色不能为此目的查看学生身份信息。"


class ApprovalMissing(Forbidden):
    """Outside the child's school, reading its identity needs an approval that is in force."""

    code = "approval-missing"
    zh = "校外人员查看学生身份信息须先获批准。"


class ConsentMissing(Conflict):
    """The child's guardian has not consented to this purpose."""

    code = "consent-missing"
    zh = "监护人尚未同意为此目的使用学生信息。"


class IdentityErased(NotFound):
    """The child's identity was erased."""

    code = "identity-erased"
    zh = "该学生的身份信息已被删除。"


class ApprovalNotFound(NotFound):
    """There is no such request for access, or you may not see it."""

    code = "access-approval-not-found"
    zh = "没有此查阅申请，或不在您的权限范围内。"


class ApprovalDecided(Conflict):
    """This request for access has been decided."""

    code = "access-approval-decided"
    zh = "该查阅申请已有决定。"


class OwnRequest(Forbidden):
    """Another person must decide on your request."""

    code = "own-access-request"
    zh = "本人的查阅申请须由他人审批。"


class Purpose(StrEnum):
    """For what a child's identity is read."""

    CLASS_LIST = "class_list"
    SESSION_SHEET = "session_sheet"
    CONTACT = "contact"
    CORRECTION = "correction"
    VERIFICATION = "verification"
    PUBLICITY = "publicity"


SCHOOL_PURPOSES: Final = frozenset(
    {Purpose.CLASS_LIST, Purpose.SESSION_SHEET, Purpose.CONTACT, Purpose.CORRECTION, Purpose.PUBLICITY}
)
"""For these, staff of the child's own school need no approval."""
CONSENTED: Final = frozenset({Purpose.PUBLICITY})
"""These are no task of the school by law, and need a guardian's consent."""
OUTSIDE_PURPOSES: Final = frozenset({Purpose.VERIFICATION, Purpose.CORRECTION})
"""For these, officers and auditors may read with an approval."""

APPROVED_FOR: Final = timedelta(days=7)


class Door(StrEnum):
    """Why a reader was let in."""

    SCHOOL = "school"
    GUARDIAN = "guardian"
    APPROVAL = "approval"


class Consent(Base):
    """A guardian's consent to a purpose, until it is withdrawn."""

    __tablename__ = "consent"

    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id), primary_key=True)
    purpose: Mapped[str] = mapped_column(Text, primary_key=True)
    given_by: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class AccessRequest(Base):
    """A request by somebody outside a school to read identities of its pupils for a purpose."""

    __tablename__ = "access_request"
    __table_args__ = (Index("ix_access_request_school_id_requester", "school_id", "requester"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    student_id: Mapped[UUID | None] = mapped_column(ForeignKey(Student.id))
    """Null: all pupils of the school."""
    requester: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    expires_at: Mapped[datetime | None]

    @classmethod
    def ask(
        cls, school_id: UUID, student_id: UUID | None, *, requester: str, purpose: Purpose, reason: str, at: datetime
    ) -> Self:
        """Raises `PurposeNotYours`."""
        if purpose not in OUTSIDE_PURPOSES:
            raise PurposeNotYours(pointer="/purpose", purposes=sorted(OUTSIDE_PURPOSES))
        return cls(
            id=new_id(),
            school_id=school_id,
            student_id=student_id,
            requester=requester,
            purpose=purpose,
            reason=reason,
            requested_at=at,
        )

    def decide(self, *, approved: bool, by: str, at: datetime) -> None:
        """Raises `ApprovalDecided` and `OwnRequest`."""
        if self.decided_at is not None:
            raise ApprovalDecided
        if by == self.requester:
            raise OwnRequest
        self.approved, self.decided_by, self.decided_at = approved, by, at
        self.expires_at = at + APPROVED_FOR if approved else None


class IdentityRead(Base):
    """One read of one child's identity."""

    __tablename__ = "identity_read"
    __table_args__ = (Index("ix_identity_read_student_id_at", "student_id", text("at DESC")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    reader: Mapped[str] = mapped_column(Text)
    roles: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    door: Mapped[str] = mapped_column(Text)
    approval_id: Mapped[UUID | None] = mapped_column(ForeignKey(AccessRequest.id))
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Passage:
    """A reader was let in, and how."""

    door: Door
    approval_id: UUID | None = None
