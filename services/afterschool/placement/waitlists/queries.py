"""Queues in their order."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import Enrolment, State
from services.afterschool.placement.enrolments.queries import own_or_within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_QUEUE = f"""
SELECT ticket, position, enrolment.id AS enrolment_id, offering_id, student_id, {instant("asked_at")}
FROM (SELECT *, row_number() OVER (PARTITION BY offering_id ORDER BY ticket) AS position
      FROM enrolment WHERE state = 'waiting') enrolment
JOIN school ON school.id = enrolment.school_id
WHERE {{where}}
"""  # noqa: S608 -- as above


def queue_page(caller: Principal, offering: UUID, *, after: int | None, limit: int) -> Statement | None:
    """A page of an offering's queue, in order. Guardians see only their own children, with their true positions."""
    reach = own_or_within_reach(caller)
    if reach is None:
        return None
    wanted = [("offering_id = {}::uuid", offering), *given(("ticket > {}", after))]
    return page_statement(_QUEUE, [*reach, *wanted], sort="ticket", limit=limit)


async def first_in_line(session: AsyncSession, offering_id: UUID, count: int) -> Sequence[Enrolment]:
    """The children that have waited longest, locked. The caller holds the lock of the offering."""
    wanted = (
        select(Enrolment)
        .where(Enrolment.offering_id == offering_id, Enrolment.state == State.WAITING)
        .order_by(Enrolment.ticket)
        .limit(count)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(wanted)).all()
