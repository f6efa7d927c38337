"""Offerings freeze with the standing of their provider; what other courses the children could take instead."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import ACTIVE, Enrolment
from services.afterschool.placement.waitlists import usecases as waitlists
from services.afterschool.programme.engagements import queries as engagements
from services.afterschool.programme.engagements.domain import reasons_against
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.programme.plans import usecases as plans
from services.afterschool.programme.providers.domain import Provider, judge
from services.afterschool.programme.providers.queries import permits_of
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.terms.domain import Term
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def providers_engaged(session: AsyncSession, *, on: date) -> Sequence[UUID]:
    """The institutions that teach an offering which is not frozen, in a term that is not over."""
    wanted = select(Offering.provider_id).join(Term, Term.id == Offering.term_id).distinct()
    here = (Offering.provider_id.is_not(None), Offering.frozen_at.is_(None), Term.ends_on >= on)
    found = await session.scalars(wanted.where(*here).order_by(Offering.provider_id))
    return [one for one in found if one is not None]


async def freeze_offerings_of(session: AsyncSession, institutions: Collection[UUID], *, at: datetime) -> int:
    """Freeze the offerings of these institutions that may not be taught any more: the institution may not be engaged,
    is on no white list of the school's county, or the background check of its person has ended. Returns how many."""
    if not institutions:
        return 0
    wanted = (
        select(Offering.id, Offering.provider_id, Offering.outside_person_id, School.district)
        .join(School, School.id == Offering.school_id)
        .where(Offering.provider_id.in_(institutions), Offering.frozen_at.is_(None))
    )
    taught = (await session.execute(wanted)).all()
    engaged = sorted({one.provider_id for one in taught})
    permits, on = await permits_of(session, engaged), china_date(at)
    against: dict[UUID, list[str]] = {}
    for provider in await session.scalars(select(Provider).where(Provider.institution_id.in_(engaged))):
        institution_id = provider.institution_id
        judgement = judge(provider, permits[institution_id], on)
        listed = await engagements.listings(session, institution=institution_id, on=on)
        people = {one.id: one for one in await engagements.outside_persons(session, institution_id)}
        for one in taught:
            if one.provider_id == institution_id:
                here = [listing for listing in listed if listing.district == one.district]
                against[one.id] = reasons_against(judgement, here, people.get(one.outside_person_id), on=on)
    ended = [offering_id for offering_id, reasons in against.items() if reasons]
    count = 0
    for offering in (await offerings.locked_in_order(session, ended)).values():
        reason = " ".join(against[offering.id])
        frozen = offering.freeze(reason, at=at)
        if frozen is not None:
            await journal.record(session, frozen, subject=offering, reason=reason)
            count += 1
    return count


async def unfreeze_offering(session: AsyncSession, offering_id: UUID, *, caller: Principal, at: datetime) -> Offering:
    """Open an offering again; waiting children get its free seats. Raises `NotFrozen`."""
    offering = await offerings.offering_for_update(session, offering_id, caller)
    await journal.record(session, offering.unfreeze(at=at), subject=offering)
    await waitlists.fill(session, [offering_id], at=at)
    await plans.plan_again(session, offering, due_at=at)
    return offering


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


async def affected(
    session: AsyncSession, offering_id: UUID, caller: Principal
) -> tuple[Sequence[Enrolment], Sequence[UUID]]:
    """The children who have or want a seat in an offering, by pseudonymous id; and the courses of the school with free
    seats at the same time, those of the same category first."""
    await offerings.offering_within_reach(session, offering_id, caller)
    wanted = select(Enrolment).where(Enrolment.offering_id == offering_id, Enrolment.state.in_(ACTIVE))
    children = (await session.scalars(wanted.order_by(Enrolment.ticket))).all()
    return children, (await session.scalars(_SUBSTITUTES, {"offering": offering_id})).all()
