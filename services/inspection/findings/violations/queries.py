"""Violations by id and by what they are about; the deadlines in force."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.findings.violations.domain import DeadlineUnknown, Violation, ViolationNotFound, ViolationState
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.norms.domain import NormName
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {
    "district": Violation.district,
    "street": Violation.street,
    "team": Violation.team,
    "institution": Violation.institution_id,
}


async def violation(session: AsyncSession, violation_id: UUID, caller: Principal) -> Violation:
    return reachable(await session.get(Violation, violation_id), caller, ViolationNotFound, **_REACH)


async def violation_for_update(session: AsyncSession, violation_id: UUID, caller: Principal) -> Violation:
    return reachable(
        await session.get(Violation, violation_id, with_for_update=True, populate_existing=True),
        caller,
        ViolationNotFound,
        **_REACH,
    )


async def violation_to_conclude(session: AsyncSession, violation_id: UUID) -> Violation | None:
    """The violation a re-visit is about, locked. There is no check of reach: whoever may submit the visit may
    conclude."""
    return await session.get(Violation, violation_id, with_for_update=True, populate_existing=True)


@dataclass(frozen=True, slots=True)
class ViolationFilters:
    """What a list is narrowed to; the names are those of the columns."""

    institution_id: UUID | None = None
    visit_id: UUID | None = None
    state: str | None = None
    severity: str | None = None
    grid: str | None = None
    offence: str | None = None


async def violations(
    session: AsyncSession,
    caller: Principal,
    filters: ViolationFilters,
    *,
    overdue_on: date | None = None,
    after: str | None,
    limit: int,
) -> Sequence[Violation]:
    """Violations within the caller's reach, in the order of their reports."""
    reach = within_reach(caller, **_REACH)
    wanted = select(Violation).where(reach).order_by(Violation.id).limit(limit)
    for name, value in asdict(filters).items():
        if value is not None:
            wanted = wanted.where(getattr(Violation, name) == value)
    if overdue_on is not None:
        wanted = wanted.where(Violation.state == ViolationState.RECTIFICATION_ORDERED, Violation.due_on < overdue_on)
    if after is not None:
        wanted = wanted.where(Violation.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def violations_of_visit(session: AsyncSession, visit_id: UUID) -> Sequence[Violation]:
    """Violations found at a visit and not withdrawn, locked in the order of their ids."""
    wanted = select(Violation).where(Violation.visit_id == visit_id, Violation.state != ViolationState.WITHDRAWN)
    return (await session.scalars(wanted.order_by(Violation.id).with_for_update())).all()


async def violations_by_ref(session: AsyncSession, refs: Sequence[str]) -> Sequence[Violation]:
    """Violations by their external references, locked in the order of their ids."""
    wanted = select(Violation).where(Violation.external_ref.in_(refs)).order_by(Violation.id).with_for_update()
    return (await session.scalars(wanted)).all()


async def days_to_rectify(session: AsyncSession, severity: str, *, on: date) -> int:
    name = NormName(f"rectification.{severity}")
    days = (await norms.in_force(session, [name], on=on)).get(name)
    if days is None:
        raise DeadlineUnknown(severity=severity)
    return days
