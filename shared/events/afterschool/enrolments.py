"""Enrolments, waiting lists and promotions."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class EnrolmentEvent(Event):
    """Every fact of an enrolment carries its place; `student_id` is a pseudonym."""

    topic: ClassVar[str] = "afterschool.enrolments.v1"

    enrolment_id: UUID
    offering_id: UUID
    student_id: UUID
    school_id: UUID
    district: str | None
    street: str | None
    at: datetime


class StudentEnrolled(EnrolmentEvent):
    """A place was given."""

    type: ClassVar[str] = "afterschool.enrolment.enrolled.v1"


class StudentWaitlisted(EnrolmentEvent):
    """All places were taken; the child waits, in order of asking."""

    type: ClassVar[str] = "afterschool.enrolment.waitlisted.v1"


class StudentPromoted(EnrolmentEvent):
    """A place became free and went to the child who waited longest."""

    type: ClassVar[str] = "afterschool.enrolment.promoted.v1"


class EnrolmentWithdrawn(EnrolmentEvent):
    """The guardian gave the place, or the place in the queue, back."""

    type: ClassVar[str] = "afterschool.enrolment.withdrawn.v1"

    was: str
