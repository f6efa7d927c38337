"""Open a case, take its steps, decide it. What lies outside its file is gathered here; the case itself decides."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.domain import Case
from shared.events import Event
from shared.facts import journal
from shared.http.policies import Principal


async def take_step(
    session: AsyncSession,
    case_id: UUID,
    step: Callable[[Case], Event],
    *,
    caller: Principal,
    reason: str | None = None,
) -> Case:
    case = await queries.case_for_update(session, case_id, caller)
    await journal.record(session, step(case), subject=case, reason=reason)
    return case
