"""Guardians, and school staff for them, ask for a place."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments import queries
from services.afterschool.placement.enrolments.decision import Ask, Decision
from services.afterschool.placement.enrolments.domain import GuardianUnclear
from services.afterschool.programme.offerings.domain import OfferingNotFound
from services.afterschool.roster.schools.reach import school_of
from shared.domain.refusals import Conflict
from shared.http.policies import Principal

DECISIONS = 3

Decide = Callable[[Ask], Awaitable[Decision | None]]
"""Takes the decision: at the counter, or within the request's transaction."""


class EnrolmentBusy(Conflict):
    """Another request is enrolling this child at this moment. Try again."""

    code = "enrolment-busy"
    zh = "该学生正在选课中，请重试。"


async def enrol_student(
    decide: Decide,
    session: AsyncSession,
    offering_id: UUID,
    student_id: UUID,
    *,
    guardian: str | None,
    caller: Principal,
    at: datetime,
) -> Decision:
    """Request a place. `guardian` is the person for whom school staff act. The session is used only to explain a
    refusal."""
    acting_for, school_id = _on_behalf(caller, guardian)
    ask = Ask(offering_id, student_id, acting_for, at, school_id)
    for _ in range(DECISIONS):
        decision = await decide(ask)
        if decision is not None:
            return decision
        await queries.refuse_undecided(
            session,
            offering_id=offering_id,
            student_id=student_id,
            guardian=acting_for,
            school_id=school_id,
            at=at,
        )
        # The child's first two requests met: the other one's row became visible only now.
    raise EnrolmentBusy


def _on_behalf(caller: Principal, guardian: str | None) -> tuple[str, UUID | None]:
    """The guardian, and the only school whose courses may be meant (None: any)."""
    if "guardian" in caller.roles and guardian in (None, caller.subject):
        return caller.subject, None
    if guardian is None or "school_staff" not in caller.roles:
        raise GuardianUnclear(pointer="/guardian")
    own = school_of(caller)
    if own is None:
        raise OfferingNotFound(pointer="/offering_id")
    return guardian, own
