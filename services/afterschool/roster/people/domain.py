"""A person's identity, and the sealed row that keeps it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.sealing import Sealer
from shared.domain.refusals import Conflict

TABLE: Final = "person"
SEALED: Final = ("name", "number", "phone", "reference")
"""The columns that are sealed."""


class PersonNumberTaken(Conflict):
    """Another person has this number."""

    code = "person-number-taken"
    zh = "该学籍号或编号已属于另一人。"


class PersonReferenceTaken(Conflict):
    """Another person has this reference."""

    code = "person-reference-taken"
    zh = "该外部编号已属于另一人。"


class PersonKind(StrEnum):
    """Whom a row identifies."""

    STUDENT = "student"
    TEACHER = "teacher"
    GUARDIAN = "guardian"
    COLLECTOR = "collector"
    OUTSIDE = "outside"


Prints = dict[str, bytes | None]
"""Column -> fingerprint."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies a person. `number` is a student's 学籍号 or a teacher's number, `reference` the id in the system
    from which a roster came."""

    name: str
    number: str | None = None
    phone: str | None = None
    reference: str | None = None

    def completed_by(self, before: "Identity") -> "Identity":
        """This identity, with what it does not state taken from the one known before."""
        return Identity(
            self.name or before.name,
            self.number or before.number,
            self.phone or before.phone,
            self.reference or before.reference,
        )


class Person(Base):
    """A sealed identity; its id is that of the student, teacher or guardian. After erasure nothing is left of it."""

    __tablename__ = TABLE
    __table_args__ = (
        CheckConstraint("(erased_at IS NULL) = (name IS NOT NULL)", name="erased_or_named"),
        Index("uq_person_number_print", "kind", "number_print", unique=True),
        Index("uq_person_reference_print", "kind", "reference_print", unique=True),
        Index("ix_person_key_id", "key_id"),
        Index("ix_person_name_print", "kind", "name_print", postgresql_where=text("name_print IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(Text)
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    number: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    reference: Mapped[bytes | None] = mapped_column(LargeBinary)
    name_print: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_print: Mapped[bytes | None] = mapped_column(LargeBinary)
    reference_print: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None]

    def identity(self, sealer: Sealer) -> Identity | None:
        """The identity, opened; None after erasure."""
        if self.name is None:
            return None
        opened = {
            column: None
            if (sealed := getattr(self, column)) is None
            else sealer.open(sealed, table=TABLE, column=column, row=self.id, key_id=self.key_id)
            for column in SEALED
        }
        return Identity(opened["name"] or "", opened["number"], opened["phone"], opened["reference"])

    def erase(self, at: datetime) -> None:
        """Leave nothing that identifies the person."""
        for column in (*SEALED, "name_print", "number_print", "reference_print"):
            setattr(self, column, None)
        self.erased_at = at


def sealed_row(
    person_id: UUID, kind: PersonKind, identity: Identity, sealer: Sealer, marks: Prints | None = None
) -> dict[str, Any]:
    """The columns of a person's row, sealed with the active key; `marks` are the fingerprints, if they are known."""
    row: dict[str, Any] = {"id": person_id, "kind": kind.value, "key_id": sealer.active, "erased_at": None}
    for column in SEALED:
        value = getattr(identity, column)
        row[column] = None if value is None else sealer.seal(value, table=TABLE, column=column, row=person_id)
    return row | (marks or prints(kind, identity, sealer))


def prints(kind: PersonKind, identity: Identity, sealer: Sealer) -> Prints:
    """The fingerprints by which the person is found again."""
    return {
        "name_print": sealer.fingerprint("name", identity.name),
        "number_print": None if identity.number is None else number_print(kind, identity.number, sealer),
        "reference_print": None if identity.reference is None else sealer.fingerprint("reference", identity.reference),
    }


def number_print(kind: PersonKind, number: str, sealer: Sealer) -> bytes:
    """The fingerprint of a number. The letter of a 学籍号 does not count: an L that becomes a G is the same child."""
    return sealer.fingerprint("number", number[1:] if kind is PersonKind.STUDENT else number)
