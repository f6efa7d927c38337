"""Schools agree rates with the providers of their offerings, and settle what was delivered."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.finance.settlements import queries
from services.afterschool.finance.settlements.domain import SessionRate, SessionRateDetails, Settlement, SettlementLine
from services.afterschool.finance.settlements.lines import settle
from services.afterschool.programme.engagements import queries as engagements
from services.afterschool.programme.engagements.domain import Listing
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.roster.schools import queries as schools
from services.afterschool.roster.schools.domain import School
from shared.facts import journal
from shared.http.policies import Principal


async def agree_rate(
    session: AsyncSession, offering_id: UUID, details: SessionRateDetails, *, caller: Principal, at: datetime
) -> SessionRate:
    """Agree the rate of an offering from a day on. It also holds for sessions that were settled: the next settlement
    posts the difference."""
    offering = await offerings.offering_within_reach(session, offering_id, caller)
    school = await session.get_one(School, offering.school_id)
    listed: list[Listing] = []
    if offering.provider_id is not None:
        found = await engagements.listings(
            session, district=school.district, institution=offering.provider_id, on=details.valid_from
        )
        listed = list(found)
    rate, agreed = SessionRate.agree(offering, details, listed, school=school, by=caller.subject, at=at)
    session.add(rate)
    await journal.record(session, agreed, subject=rate)
    return rate


async def settle_provider(
    session: AsyncSession, institution_id: UUID, school_id: UUID, until: date, *, caller: Principal, at: datetime
) -> Settlement:
    """Settle all sessions of a provider at a school up to a day, minus what was posted before.

    The database refuses the second of two settlements at the same time (`SettledMeanwhile`).
    """
    school = await schools.school_to_keep(session, school_id, caller)
    await queries.check_known(session, institution_id)
    last = await queries.last_settlement(session, institution_id, school_id)
    days = await queries.days_taught(session, institution_id, school_id, until=until)
    rates = await queries.rates_of(session, {one.offering_id for one in days})
    lines = settle(days, rates, await queries.posted(session, institution_id, school_id))
    settlement, settled = Settlement.post(
        institution_id, until, lines, last=last, school=school, by=caller.subject, at=at
    )
    session.add(settlement)
    await journal.record(session, settled, subject=settlement)
    await session.flush()
    session.add_all([SettlementLine.of(settlement, line) for line in lines])
    await session.flush()
    return settlement
