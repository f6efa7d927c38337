"""Enrolments, waiting lists, offers and promotions."""

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
    """A child got a seat."""

    type: ClassVar[str] = "afterschool.enrolment.enrolled.v1"


class StudentWaitlisted(EnrolmentEvent):
    """All seats were taken, and the child joined the waiting list."""

    type: ClassVar[str] = "afterschool.enrolment.waitlisted.v1"


class SeatOffered(EnrolmentEvent):
    """A seat became free and is held for a waiting child until `expires_at`."""

    type: ClassVar[str] = "afterschool.enrolment.offered.v1"

    expires_at: datetime


class EnrolmentPassedOver(EnrolmentEvent):
    """A seat became free, but the child could not take it; it stays in the queue."""

    type: ClassVar[str] = "afterschool.enrolment.passed-over.v1"

    passed_for: str


class EnrolmentReturned(EnrolmentEvent):
    """A child that was passed over waits again, with its old ticket."""

    type: ClassVar[str] = "afterschool.enrolment.returned.v1"


class StudentPromoted(EnrolmentEvent):
    """A waiting child got a seat: at once if its family had agreed beforehand, else by accepting an offer."""

    type: ClassVar[str] = "afterschool.enrolment.promoted.v1"


class PromotionChosen(EnrolmentEvent):
    """A family said beforehand whether a seat that becomes free is taken at once."""

    type: ClassVar[str] = "afterschool.enrolment.promotion-chosen.v1"

    accepts_promotion: bool


class EnrolmentWithdrawn(EnrolmentEvent):
    """An enrolment ended: a seat, an offer or a position on the waiting list was given back. `ending` says why."""

    type: ClassVar[str] = "afterschool.enrolment.withdrawn.v1"

    was: str
    ending: str | None = None
