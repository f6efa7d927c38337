"""Offerings freeze with the standing of their provider; what other courses the children could take instead."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import ACTIVE, Enrolment
from services.afterschool.placement.waitlists import usecases as waitlists
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.programme.plans import usecases as plans
from services.afterschool.programme.providers.domain import Provider, judge
from services.afterschool.programme.providers.queries import permits_of
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def freeze_offerings_of(session: AsyncSession, institutions: Collection[UUID], *, at: datetime) -> None:
    """Freeze the offerings of institutions that may not be engaged any more."""
    if not institutions:
        return
    wanted = select(Offering.id).where(Offering.provider_id.in_(institutions), Offering.frozen_at.is_(None))
    ids = (await session.scalars(wanted)).all()
    if not ids:
        return
    permits = await permits_of(session, list(institutions))
    found = await session.scalars(select(Provider).where(Provider.institution_id.in_(institutions)))
    on = china_date(at)
    refused = {
        one.institution_id: judged
        for one in found
        if not (judged := judge(one, permits[one.institution_id], on)).may_be_engaged
    }
    for offering in (await offerings.locked_in_order(session, ids)).values():
        judgement = None if offering.provider_id is None else refused.get(offering.provider_id)
        if judgement is not None:
            reason = " ".join(str(one) for one in judgement.reasons)
            frozen = offering.freeze(reason, at=at)
            if frozen is not None:
                await journal.record(session, frozen, subject=offering, reason=reason)


async def unfreeze_offering(session: AsyncSession, offering_id: UUID, *, caller: Principal, at: datetime) -> Offering:
    """Open an offering again; waiting children get its free seats. Raises `NotFrozen`."""
    offering = await offerings.offering_for_update(session, offering_id, caller)
    await journal.record(session, offering.unfreeze(at=at), subject=offering)
    await waitlists.fill(session, [offering_id], at=at)
    await plans.plan_again(session, offering, due_at=at)
    return offering


async def affected(session: AsyncSession, offering_id: UUID, caller: Principal) -> Sequence[Enrolment]:
    """The children who have or want a seat in an offering, by pseudonymous id."""
    await offerings.offering_within_reach(session, offering_id, caller)
    wanted = select(Enrolment).where(Enrolment.offering_id == offering_id, Enrolment.state.in_(ACTIVE))
    return (await session.scalars(wanted.order_by(Enrolment.ticket))).all()


_SUBSTITUTES: Final = text(
    """
    SELECT other.id FROM offering
    JOIN offering other ON other.school_id = offering.school_id AND other.term_id = offering.term_id
        AND other.id <> offering.id AND other.frozen_at IS NULL AND other.grades && offering.grades
    WHERE offering.id = :offering
      AND EXISTS (SELECT FROM seat_pool pool WHERE pool.offering_id = other.id AND pool."group" = 'general'
                  AND pool.waiting = 0 AND pool.enrolled + pool.offered < pool.size)
      AND NOT EXISTS (
          -- All its periods are among those that the children have free now.
          SELECT FROM offering_period period WHERE period.offering_id = other.id
          AND NOT EXISTS (SELECT FROM offering_period same WHERE same.offering_id = offering.id
                          AND same.weekday = period.weekday AND same.number = period.number))
      AND EXISTS (SELECT FROM offering_period period WHERE period.offering_id = other.id)
    ORDER BY other.category = offering.category DESC, other.id
    """
).bindparams(bindparam("offering", type_=Uuid))


async def substitutes(session: AsyncSession, offering_id: UUID, caller: Principal) -> Sequence[UUID]:
    """Courses of the school with free seats at the same time, those of the same category first."""
    await offerings.offering_within_reach(session, offering_id, caller)
    return (await session.scalars(_SUBSTITUTES, {"offering": offering_id})).all()
