"""Applications by id, by state, and those that are late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.licensing.applications.domain import OPEN, UNDER_EXAMINATION, Application, ApplicationNotFound
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {
    "district": Application.district,
    "street": Application.street,
    "institution": Application.institution_id,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of applications is narrowed to. `overdue`: a clock has run out on the day asked about."""

    state: str | None = None
    district: str | None = None
    institution: UUID | None = None
    overdue: bool | None = None


async def application(session: AsyncSession, application_id: UUID, caller: Principal) -> Application:
    return _reachable(await session.get(Application, application_id), caller)


async def application_for_update(session: AsyncSession, application_id: UUID, caller: Principal) -> Application:
    found = await session.get(Application, application_id, with_for_update=True, populate_existing=True)
    return _reachable(found, caller)


def _reachable(found: Application | None, caller: Principal) -> Application:
    """Operators reach what they applied for themselves, also before their institution exists."""
    if found is not None and "operator" in caller.roles and found.applicant == caller.subject:
        return found
    return reachable(found, caller, ApplicationNotFound, **_REACH)


def _within_reach(caller: Principal) -> ColumnElement[bool]:
    reach = within_reach(caller, **_REACH)
    return or_(reach, Application.applicant == caller.subject) if "operator" in caller.roles else reach


def late(on: date) -> ColumnElement[bool]:
    return or_(
        Application.state.in_(OPEN) & (Application.due_on < on),
        Application.state.in_(UNDER_EXAMINATION) & (Application.overall_due_on < on),
    )


async def applications(
    session: AsyncSession, caller: Principal, filters: Filters, *, on: date, after: UUID | None, limit: int
) -> Sequence[Application]:
    wanted = select(Application).where(_within_reach(caller)).order_by(Application.id).limit(limit)
    columns: tuple[tuple[Any, object], ...] = (
        (Application.state, filters.state),
        (Application.district, filters.district),
        (Application.institution_id, filters.institution),
    )
    for column, value in columns:
        if value is not None:
            wanted = wanted.where(column == value)
    if filters.overdue is not None:
        is_late = late(on).is_(True)
        wanted = wanted.where(is_late if filters.overdue else ~is_late)
    if after is not None:
        wanted = wanted.where(Application.id > after)
    return (await session.scalars(wanted)).all()


async def running_for_update(session: AsyncSession) -> Sequence[Application]:
    """Every application with a running clock, locked in the order of their ids."""
    wanted = (
        select(Application)
        .where(Application.state.in_(OPEN), Application.procedure_id.is_not(None))
        .order_by(Application.id)
        .with_for_update()
    )
    return (await session.scalars(wanted)).all()
