"""A guardianship, and the one-time code that proves it."""

import secrets
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Origin, Student
from services.afterschool.sealing import Sealer
from shared.data.database import Aggregate, made, new_id
from shared.domain.refusals import Conflict, NotFound
from shared.domain.wording import Day
from shared.events.afterschool.guardianships import GuardianshipChanged, GuardianshipEntered, GuardianshipProven


class GuardianshipNotFound(NotFound):
    """There is no such guardianship, or you may not see it."""

    code = "guardianship-not-found"
    zh = "没有此监护关系，或不在您的权限范围内。"


class CodeNotValid(Conflict):
    """This code is unknown, used or expired. Ask the school for a new one."""

    code = "guardianship-code-not-valid"
    zh = "验证码不存在、已使用或已过期，请向学校重新索取。"


class AlreadyGuardian(Conflict):
    """You are already entered as this child's guardian."""

    code = "already-guardian"
    zh = "您已登记为该学生的监护人。"


class GuardianEntered(Conflict):
    """A guardian of this name is already entered for this child."""

    code = "guardian-entered"
    zh = "该学生已登记同名监护人。"


class GuardianBarred(Conflict):
    """This person is barred from acting for the child."""

    code = "guardian-barred"
    zh = "该人员已被限制为该学生办理事项。"


class Relation(StrEnum):
    """The relation of a guardian to the child."""

    MOTHER = "mother"
    FATHER = "father"
    GRANDPARENT = "grandparent"
    RELATIVE = "relative"
    OTHER = "other"


CODE_DAYS: Final = 14
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH: Final = 12


class GuardianshipDetails(BaseModel):
    """What a guardian may do for a child on the days `[valid_from, valid_to)`. A barred guardian may do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relation: Relation
    may_act: bool = True
    may_see: bool = True
    barred: bool = False
    valid_from: Day
    valid_to: Day | None = None


class Guardianship(Base, Aggregate):
    """A person's right to act for a child, or to see how it does. `subject` is the guardian's account, once proven.

    Its id is that of the sealed `person`, if a name is known.
    """

    __tablename__ = "guardianship"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="days_not_empty"),
        Index("ix_guardianship_student_id_subject", "student_id", "subject"),
        Index("ix_guardianship_subject", "subject", postgresql_where=text("subject IS NOT NULL")),
        Index("uq_guardianship_student_id_name_print", "student_id", "name_print", unique=True),
        Index("uq_guardianship_student_id_reference_print", "student_id", "reference_print", unique=True),
    )

    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    subject: Mapped[str | None] = mapped_column(Text)
    relation: Mapped[str] = mapped_column(Text)
    may_act: Mapped[bool]
    may_see: Mapped[bool]
    barred: Mapped[bool]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    origin: Mapped[str] = mapped_column(Text)
    name_print: Mapped[bytes | None] = mapped_column(LargeBinary)
    reference_print: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Fingerprints by which a roster finds the guardian again."""
    proven_at: Mapped[datetime | None]

    @classmethod
    def enter(
        cls,
        student_id: UUID,
        details: GuardianshipDetails,
        *,
        school: School,
        origin: Origin,
        name_print: bytes | None = None,
        reference_print: bytes | None = None,
        at: datetime,
    ) -> tuple[Self, GuardianshipEntered]:
        entered = made(
            cls,
            id=new_id(),
            version=0,
            student_id=student_id,
            subject=None,
            origin=origin,
            name_print=name_print,
            reference_print=reference_print,
            proven_at=None,
            **details.model_dump(),
        )
        return entered, GuardianshipEntered(**entered._said(school, at))

    def change(
        self, details: GuardianshipDetails, *, school: School, origin: Origin, at: datetime
    ) -> GuardianshipChanged | None:
        """The event, or None if nothing changes. A file changes nothing that a person decided."""
        after = details.model_dump()
        if (self.origin == Origin.SCHOOL and origin is Origin.FILE) or after == self.details().model_dump():
            return None
        for name, value in after.items():
            setattr(self, name, value)
        self.origin = origin
        return GuardianshipChanged(**self._said(school, at))

    def prove(self, subject: str, *, school: School, at: datetime) -> GuardianshipProven:
        """The guardian's account is known from now on. Raises `GuardianBarred`."""
        if self.barred:
            raise GuardianBarred
        self.subject, self.proven_at = subject, at
        return GuardianshipProven(**self._said(school, at))

    def details(self) -> GuardianshipDetails:
        return GuardianshipDetails(**{name: getattr(self, name) for name in GuardianshipDetails.model_fields})

    def holds(self, on: date) -> bool:
        """Whether the guardianship counts on a day."""
        begun = self.valid_from <= on and (self.valid_to is None or on < self.valid_to)
        return begun and not self.barred and self.subject is not None

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "guardianship_id": self.id,
            "student_id": self.student_id,
            "school_id": school.id,
            "district": school.district,
            "street": school.street,
            "relation": self.relation,
            "may_act": self.may_act,
            "may_see": self.may_see,
            "barred": self.barred,
            "at": at,
        }


class GuardianshipCode(Base):
    """A one-time code; only its fingerprint is stored. A new code replaces an older one."""

    __tablename__ = "guardianship_code"

    guardianship_id: Mapped[UUID] = mapped_column(ForeignKey(Guardianship.id), primary_key=True)
    code_print: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    def use(self, at: datetime) -> None:
        """Raises `CodeNotValid`."""
        if self.used_at is not None or at >= self.expires_at:
            raise CodeNotValid
        self.used_at = at


def new_code() -> str:
    """Twelve letters and digits, in groups of four; none looks like another."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(drawn[begin : begin + 4] for begin in range(0, _CODE_LENGTH, 4))


def code_print(code: str, sealer: Sealer) -> bytes:
    """The fingerprint of a code as people type it: small letters, blanks, O for 0 and I or L for 1."""
    plain = code.upper().translate(str.maketrans("OIL", "011", "- "))
    return sealer.fingerprint("guardianship-code", plain)


def expiry(at: datetime) -> datetime:
    return at + timedelta(days=CODE_DAYS)
