"""Start a transformation, do its steps, complete or abandon it."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.licensing.permits.usecases import cancel_all, update_entry
from services.registry.licensing.transformations import queries
from services.registry.licensing.transformations.domain import MATTERS, Target, Transformation
from services.registry.rulebook.calendars import queries as calendars
from services.registry.rulebook.procedures import queries as procedures
from services.registry.rulebook.procedures.domain import PermitFate
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal

HORIZON = timedelta(days=500)
"""How far ahead a step may lie: 250 working days with their holidays."""


async def start_transformation(
    session: AsyncSession, institution_id: UUID, target: Target, *, reason: str | None, caller: Principal, at: datetime
) -> Transformation:
    today = china_date(at)
    institution = await institutions.institution_for_update(session, institution_id, caller)
    procedure = await procedures.procedure_for(
        session, MATTERS[target], kind=institution.kind, district=institution.district, on=today
    )
    calendar = await calendars.calendar(session, today, today + HORIZON)
    transformation, started = Transformation.start(institution, target, procedure, calendar, at=at)
    session.add(transformation)
    await journal.record(session, started, subject=transformation, reason=reason)
    return transformation


async def finish_step(
    session: AsyncSession,
    institution_id: UUID,
    transformation_id: UUID,
    step: str,
    *,
    done_on: date,
    note: str | None,
    caller: Principal,
    at: datetime,
) -> Transformation:
    await institutions.institution(session, institution_id, caller)
    transformation = await queries.transformation_for_update(session, institution_id, transformation_id)
    done = transformation.finish_step(step, done_on=done_on, note=note, at=at)
    await journal.record(session, done, subject=transformation, reason=note)
    return transformation


async def complete_transformation(
    session: AsyncSession, institution_id: UUID, transformation_id: UUID, *, caller: Principal, at: datetime
) -> Transformation:
    """Complete it: the institution changes, and its permits are kept or cancelled as the procedure says.

    An open institution without a permit becomes `unlicensed`.
    """
    institution = await institutions.institution_for_update(session, institution_id, caller)
    institution.check_open()
    transformation = await queries.transformation_for_update(session, institution_id, transformation_id)
    completed = transformation.complete(at=at)
    cause = f"transformation:{transformation.target}"
    if transformation.permit == PermitFate.CANCELLED:
        kind = institution.kind if transformation.target == Target.NON_SUBJECT else None
        await cancel_all(session, institution, kind=kind, cause=cause, at=at)
    await update_entry(session, institution, transformation.change, reason=cause, at=at)
    await journal.record(session, completed, subject=transformation)
    return transformation


async def abandon_transformation(
    session: AsyncSession,
    institution_id: UUID,
    transformation_id: UUID,
    *,
    reason: str,
    caller: Principal,
    at: datetime,
) -> Transformation:
    await institutions.institution(session, institution_id, caller)
    transformation = await queries.transformation_for_update(session, institution_id, transformation_id)
    await journal.record(session, transformation.abandon(at=at), subject=transformation, reason=reason)
    return transformation
