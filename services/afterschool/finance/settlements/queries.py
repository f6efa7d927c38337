"""Sessions that a provider delivered, the agreed rates, and the settlements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance.queries import OUTSIDE, Delivered, sessions_delivered
from services.afterschool.delivery.sessions.queries import HELD
from services.afterschool.finance.settlements.domain import SessionRate, Settlement, SettlementLine, SettlementNotFound
from services.afterschool.finance.settlements.lines import AgreedRate, DayTaught, Unpaid
from services.afterschool.programme.providers.domain import Provider, ProviderNotFound
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_SETTLEMENT: Final = f"""
SELECT settlement.id, settlement.version, school_id, institution_id, number, to_char(until, 'YYYY-MM-DD') AS until,
       total, posted_by, {instant("posted_at")}
FROM settlement JOIN school ON school.id = school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours

_DAYS: Final = text(
    f"""
    SELECT offering_id, on_day AS "on", unpaid, count(*)::int AS sessions,
           (sum(extract(epoch FROM ends_at - starts_at)) / 60)::int AS minutes
    FROM course_session
    CROSS JOIN LATERAL (SELECT CASE
        WHEN NOT coalesce({HELD}, false) THEN 'not-held'
        WHEN substitute_id IS NOT NULL THEN 'substituted'
        WHEN NOT {OUTSIDE} THEN 'person-absent' END AS unpaid) judged
    WHERE school_id = :school AND provider_id = :provider AND on_day <= :until AND state = 'planned'
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """  # noqa: S608 -- SQL of ours
).bindparams(bindparam("school", type_=Uuid), bindparam("provider", type_=Uuid), bindparam("until", type_=Date))


async def check_known(session: AsyncSession, institution_id: UUID) -> None:
    """Raises `ProviderNotFound`."""
    if await session.get(Provider, institution_id) is None:
        raise ProviderNotFound


async def delivered_by(
    session: AsyncSession, institution_id: UUID, *, first: date, last: date, caller: Principal
) -> Sequence[Delivered]:
    """The sessions of a provider by offering and person, at the schools within reach. Raises `ProviderNotFound`."""
    await check_known(session, institution_id)
    found = await sessions_delivered(session, first=first, last=last, provider_id=institution_id)
    wanted = select(School).where(School.id.in_({one.school_id for one in found}))
    seen = {school.id for school in await session.scalars(wanted) if reaches(caller, school)}
    return [one for one in found if one.school_id in seen]


async def days_taught(
    session: AsyncSession, institution_id: UUID, school_id: UUID, *, until: date
) -> Sequence[DayTaught]:
    """The sessions of a provider at a school up to a day that were not cancelled, by offering, day and outcome."""
    rows = await session.execute(_DAYS, {"school": school_id, "provider": institution_id, "until": until})
    return [
        DayTaught(
            row.offering_id, row.on, None if row.unpaid is None else Unpaid(row.unpaid), row.sessions, row.minutes
        )
        for row in rows
    ]


async def rates(session: AsyncSession, offering_id: UUID) -> Sequence[SessionRate]:
    """All rates ever agreed for an offering, in the order of agreement."""
    wanted = select(SessionRate).where(SessionRate.offering_id == offering_id)
    return (await session.scalars(wanted.order_by(SessionRate.agreed_at, SessionRate.id))).all()


async def rates_of(session: AsyncSession, offerings: Collection[UUID]) -> Mapping[UUID, Sequence[AgreedRate]]:
    found: dict[UUID, list[AgreedRate]] = {}
    for rate in await session.scalars(select(SessionRate).where(SessionRate.offering_id.in_(offerings))):
        found.setdefault(rate.offering_id, []).append(rate.agreed)
    return found


async def posted(session: AsyncSession, institution_id: UUID, school_id: UUID) -> Mapping[UUID, int]:
    """Fen that the settlements of a school with a provider posted so far, by offering."""
    wanted = (
        select(SettlementLine.offering_id, func.sum(SettlementLine.posting))
        .join(Settlement, Settlement.id == SettlementLine.settlement_id)
        .where(Settlement.institution_id == institution_id, Settlement.school_id == school_id)
        .group_by(SettlementLine.offering_id)
    )
    return {offering_id: int(fen) for offering_id, fen in await session.execute(wanted)}


async def last_settlement(session: AsyncSession, institution_id: UUID, school_id: UUID) -> Settlement | None:
    wanted = select(Settlement).where(Settlement.institution_id == institution_id, Settlement.school_id == school_id)
    found: Settlement | None = await session.scalar(wanted.order_by(Settlement.number.desc()).limit(1))
    return found


async def settlement(session: AsyncSession, settlement_id: UUID, caller: Principal) -> Settlement:
    """Raises `SettlementNotFound`."""
    wanted = select(Settlement, School).join(School, School.id == Settlement.school_id)
    row = (await session.execute(wanted.where(Settlement.id == settlement_id))).one_or_none()
    if row is None or not reaches(caller, row[1]):
        raise SettlementNotFound
    found: Settlement = row[0]
    return found


async def lines_of(session: AsyncSession, settlement_id: UUID) -> Sequence[SettlementLine]:
    wanted = select(SettlementLine).where(SettlementLine.settlement_id == settlement_id)
    return (await session.scalars(wanted.order_by(SettlementLine.offering_id))).all()


def settlements_page(
    caller: Principal, *, institution: UUID | None, school: UUID | None, after: str | None, limit: int
) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("institution_id = {}::uuid", institution),
        ("school_id = {}::uuid", school),
        ("settlement.id > {}::uuid", after),
    )
    return page_statement(_SETTLEMENT, [*reach, *wanted], sort="id", limit=limit)
