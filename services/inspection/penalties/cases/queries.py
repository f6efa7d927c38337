"""Cases by id and by what they are about; other cases of the same party."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.findings.violations.domain import Violation
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.refusals import CaseNotFound
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {
    "district": Case.district,
    "street": Case.street,
    "team": Case.team,
    "institution": Case.told_institution_id,
}


async def case(session: AsyncSession, case_id: UUID, caller: Principal) -> Case:
    """One case within the caller's reach; raises `CaseNotFound`. A party sees its case once it was told of it."""
    return reachable(await session.get(Case, case_id), caller, CaseNotFound, **_REACH)


async def case_for_update(session: AsyncSession, case_id: UUID, caller: Principal) -> Case:
    return reachable(
        await session.get(Case, case_id, with_for_update=True, populate_existing=True), caller, CaseNotFound, **_REACH
    )


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """What a list is narrowed to; the names are those of the columns."""

    institution_id: UUID | None = None
    violation_id: UUID | None = None
    state: str | None = None
    offence: str | None = None


async def cases(
    session: AsyncSession, caller: Principal, filters: CaseFilters, *, after: str | None, limit: int
) -> Sequence[Case]:
    """Cases within the caller's reach, in the order of their filing."""
    reach = within_reach(caller, **_REACH)
    wanted = select(Case).where(reach).order_by(Case.id).limit(limit)
    for name, value in asdict(filters).items():
        if value is not None:
            wanted = wanted.where(getattr(Case, name) == value)
    if after is not None:
        wanted = wanted.where(Case.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def pursued(session: AsyncSession, violation_ids: Collection[UUID]) -> set[UUID]:
    return set(await session.scalars(select(Case.violation_id).where(Case.violation_id.in_(violation_ids))))


async def subjects_of(session: AsyncSession, of: Case) -> list[UUID]:
    visit = await session.scalar(select(Violation.visit_id).where(Violation.id == of.violation_id))
    return [of.violation_id] if visit is None else [of.violation_id, visit]
