"""Enrolments, waiting lists and promotions."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class EnrolmentEvent(Event):
    """Every fact of an enrolment carries its offering, school and district; `student_id` is a pseudonym."""

    topic: ClassVar[str] = "afterschool.enrolments.v1"

    enrolment_id: UUID
    offering_id: UUID
    student_id: UUID
    school_id: UUID
    district: str | None
    street: str | None
    at: datetime


class StudentEnrolled(EnrolmentEvent):
    """A child got a place."""

    type: ClassVar[str] = "afterschool.enrolment.enrolled.v1"


class StudentWaitlisted(EnrolmentEvent):
    """All places were taken, and the child joined the waiting list."""

    type: ClassVar[str] = "afterschool.enrolment.waitlisted.v1"


class StudentPromoted(EnrolmentEvent):
    """A place became free and went to the child that had waited longest."""

    type: ClassVar[str] = "afterschool.enrolment.promoted.v1"


class EnrolmentWithdrawn(EnrolmentEvent):
    """An enrolment was withdrawn: a place, or a place on the waiting list, was given back."""

    type: ClassVar[str] = "afterschool.enrolment.withdrawn.v1"

    was: str
