"""Schools, their classes and their teachers."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class SchoolRegistered(Event):
    """A school of compulsory education was registered for after-school service."""

    type: ClassVar[str] = "afterschool.school.registered.v1"
    topic: ClassVar[str] = "afterschool.schools.v1"

    school_id: UUID
    code: str
    name: str
    district: str | None
    street: str | None
    at: datetime


class ClassFormed(Event):
    """A class was formed for one school year; `school_year` is the calendar year in which that begins."""

    type: ClassVar[str] = "afterschool.class.formed.v1"
    topic: ClassVar[str] = "afterschool.classes.v1"

    class_id: UUID
    school_id: UUID
    code: str
    name: str
    grade: int
    school_year: int
    district: str | None
    street: str | None
    at: datetime


class TeacherRegistered(Event):
    """A teacher of a school was registered, by pseudonymous id."""

    type: ClassVar[str] = "afterschool.teacher.registered.v1"
    topic: ClassVar[str] = "afterschool.teachers.v1"

    teacher_id: UUID
    school_id: UUID
    district: str | None
    street: str | None
    at: datetime


class TeacherLeft(Event):
    """A teacher left a school; `left_on` is the first day without them."""

    type: ClassVar[str] = "afterschool.teacher.left.v1"
    topic: ClassVar[str] = "afterschool.teachers.v1"

    teacher_id: UUID
    school_id: UUID
    district: str | None
    street: str | None
    left_on: date
    at: datetime
