"""Free places go to those who wait, longest first, in the transaction that frees them, until enrolment closes."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.enrolments import queries
from services.afterschool.enrolments.domain import Enrolment
from services.afterschool.offerings.domain import Offering
from services.afterschool.schools.domain import School
from shared.events.afterschool.enrolments import EnrolmentEvent
from shared.facts.journal import Fact


async def promote_waiting(session: AsyncSession, offering: Offering, *, at: datetime) -> list[Fact]:
    """Fill the free places of an offering whose row the caller has locked; gives the facts to record.

    Once enrolment has closed nobody is moved up: a place that becomes free stays free, until the school opens it again.
    """
    due = offering.due(at)
    if due == 0:
        offering.hold_back()
        return []
    # Not flushed in between: a free place beside a queue is what the database refuses to hold.
    with session.no_autoflush:
        school = await session.get_one(School, offering.school_id)
        first = await queries.first_in_line(session, offering.id, due)
    promotions = [next_fact(enrolment, enrolment.promote(school=school, at=at)) for enrolment in first]
    offering.enrolled += len(promotions)
    offering.waiting -= len(promotions)
    offering.hold_back()
    return promotions


def next_fact(enrolment: Enrolment, event: EnrolmentEvent, *, reason: str | None = None) -> Fact:
    """The enrolment's next version and what made it so."""
    enrolment.version += 1
    return Fact(enrolment.id, enrolment.version, event, reason)
