"""Homework: what schools declare of their classes, and reports that training institutions set some."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class HomeworkDeclared(Event):
    """A school declared, or replaced, the homework of a class for one day. Only written minutes count."""

    type: ClassVar[str] = "afterschool.homework.declared.v1"
    topic: ClassVar[str] = "afterschool.homework.v1"

    homework_id: UUID
    class_id: UUID
    school_id: UUID
    district: str
    street: str | None
    grade: int
    on: date
    written_minutes: int
    other_minutes: int
    at: datetime


class HomeworkReported(Event):
    """A guardian or a school reported that a training institution set homework on a day. `source` says who."""

    type: ClassVar[str] = "afterschool.homework_report.filed.v1"
    topic: ClassVar[str] = "afterschool.homework-reports.v1"

    report_id: UUID
    institution_id: UUID
    on: date
    source: str
    district: str | None
    street: str | None
    at: datetime
