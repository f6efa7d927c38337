"""Guardians, and school staff for their pupils, ask for a seat."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from services.afterschool.placement.enrolments.decision import Ask, Decision
from services.afterschool.programme.offerings.domain import OfferingNotFound
from services.afterschool.roster.schools.reach import school_of
from shared.http.policies import Principal

Decide = Callable[[Ask], Awaitable[Decision]]
"""Takes the decision: at the counter, or within the request's transaction."""


async def enrol_student(
    decide: Decide,
    offering_id: UUID,
    student_id: UUID,
    *,
    accepts_promotion: bool,
    caller: Principal,
    at: datetime,
) -> Decision:
    """Request a seat. Raises what the decision says instead of an enrolment."""
    guardian, school_id = _on_behalf(caller)
    return await decide(Ask(offering_id, student_id, guardian, school_id, accepts_promotion, at))


def _on_behalf(caller: Principal) -> tuple[str | None, UUID | None]:
    """The guardian who asks, or the school whose staff asks."""
    if "guardian" in caller.roles:
        return caller.subject, None
    own = school_of(caller)
    if own is None:
        raise OfferingNotFound(pointer="/offering_id")
    return None, own
