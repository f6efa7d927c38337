"""Pupils by pseudonymous id: which class and school each belongs to."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class StudentEvent(Event):
    """Every fact of a pupil's membership says to which school and class it refers. No name, number or phone."""

    topic: ClassVar[str] = "afterschool.students.v1"

    student_id: UUID
    school_id: UUID
    class_id: UUID
    district: str | None
    street: str | None
    at: datetime


class StudentAdmitted(StudentEvent):
    """A pupil belongs to a class from `valid_from` on."""

    type: ClassVar[str] = "afterschool.student.admitted.v1"

    grade: int
    valid_from: date


class StudentMoved(StudentEvent):
    """A pupil changed class or school; `valid_from` is the first day there, and not a day of the class before."""

    type: ClassVar[str] = "afterschool.student.moved.v1"

    grade: int
    valid_from: date
    from_class: UUID
    from_school: UUID


class StudentLeft(StudentEvent):
    """A pupil belongs to the class no longer from `left_on` on."""

    type: ClassVar[str] = "afterschool.student.left.v1"

    left_on: date


class StudentIdentityCorrected(StudentEvent):
    """A pupil's identity was corrected; what it says now is told by the gate alone."""

    type: ClassVar[str] = "afterschool.student.identity-corrected.v1"


class StudentIdentityErased(StudentEvent):
    """The identity of a child who has left was erased, and those of its guardians."""

    type: ClassVar[str] = "afterschool.student.identity-erased.v1"
