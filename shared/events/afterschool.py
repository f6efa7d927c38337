"""What after-school publishes: schools, offerings and enrolments. Children appear by pseudonymous id only."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class SchoolRegistered(Event):
    """A school of compulsory education takes part."""

    type: ClassVar[str] = "afterschool.school.registered.v1"
    topic: ClassVar[str] = "afterschool.schools.v1"

    school_id: UUID
    code: str
    name: str
    district: str | None
    street: str | None
    at: datetime


class OfferingPublished(Event):
    """A school offers a course with a number of places."""

    type: ClassVar[str] = "afterschool.offering.published.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    name: str
    category: str
    capacity: int
    district: str | None = None
    street: str | None = None
    at: datetime


class OfferingChanged(Event):
    """What was published of an offering changed; `changed` names the fields, `capacity` is the number of places now."""

    type: ClassVar[str] = "afterschool.offering.changed.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    name: str | None = None
    capacity: int
    changed: list[str] = Field(default_factory=list)
    at: datetime


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
