"""Places become free: an offering changes, or a child gives its place back."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments import queries as enrolments
from services.afterschool.placement.enrolments.domain import Enrolment, State
from services.afterschool.placement.waitlists import queries
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.schools.domain import School
from shared.events.afterschool.enrolments import EnrolmentEvent
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.etags import check_version
from shared.http.policies import Principal


async def change_offering(
    session: AsyncSession,
    offering_id: UUID,
    changes: Mapping[str, object],
    *,
    expected: int,
    reason: str | None,
    caller: Principal,
    at: datetime,
) -> Offering:
    """Change a course that is still at version `expected`. Waiting children get new places at once, unless enrolment
    has closed."""
    offering = await offerings.offering_for_update(session, offering_id, caller)
    check_version(offering, expected)
    changed = offering.change(changes, at=at)
    if changed is not None:
        promotions = await _promote_waiting(session, offering, at=at)
        await journal.record(session, changed, subject=offering, reason=reason)
        await journal.record_many(session, promotions)
    return offering


async def withdraw_enrolment(
    session: AsyncSession, enrolment_id: UUID, *, reason: str | None, caller: Principal, at: datetime
) -> Enrolment:
    """Withdraw an enrolment. Until enrolment closes, the child that waited longest gets the place before anybody can
    ask."""
    placed = await enrolments.placed(session, enrolment_id, caller)
    # The offering first, as the decision does; only then is the enrolment's state certain.
    offering = await offerings.locked(session, placed.enrolment.offering_id)
    enrolment = await session.get_one(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
    withdrawn = enrolment.withdraw(school=placed.school, at=at)
    if withdrawn.was == State.ENROLLED:
        offering.enrolled -= 1
    else:
        offering.waiting -= 1
    given_back = _next_fact(enrolment, withdrawn, reason=reason)
    promotions = await _promote_waiting(session, offering, at=at)
    await journal.record_many(session, [given_back, *promotions])
    return enrolment


async def _promote_waiting(session: AsyncSession, offering: Offering, *, at: datetime) -> list[Fact]:
    """Fill the free places of an offering, whose row the caller has locked; returns the facts to record.

    After enrolment has closed nobody moves up: a free place stays free until the school opens enrolment again.
    """
    due = offering.due(at)
    if due == 0:
        offering.hold_back()
        return []
    # Not flushed in between: a free place beside a queue is what the database refuses to hold.
    with session.no_autoflush:
        school = await session.get_one(School, offering.school_id)
        first = await queries.first_in_line(session, offering.id, due)
    promotions = [_next_fact(enrolment, enrolment.promote(school=school, at=at)) for enrolment in first]
    offering.enrolled += len(promotions)
    offering.waiting -= len(promotions)
    offering.hold_back()
    return promotions


def _next_fact(enrolment: Enrolment, event: EnrolmentEvent, *, reason: str | None = None) -> Fact:
    enrolment.version += 1
    return Fact(enrolment.id, enrolment.version, event, reason)
