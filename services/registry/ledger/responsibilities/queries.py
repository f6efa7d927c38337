"""Who is responsible for an institution, and which institutions lack somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import AT_WORK, Institution
from services.registry.ledger.institutions.queries import REACH
from services.registry.ledger.responsibilities.domain import Responsibility, Role
from shared.http.policies import Principal
from shared.http.reach import within_reach


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the ledger; `None` leaves a dimension open."""

    district: str | None = None
    street: str | None = None
    kind: str | None = None

    def conditions(self, caller: Principal) -> list[ColumnElement[bool]]:
        """Institutions at work in this part within the caller's reach."""
        reach = within_reach(caller, **REACH)
        narrowed = [
            getattr(Institution, name) == value
            for name in ("district", "street", "kind")
            if (value := getattr(self, name)) is not None
        ]
        return [Institution.status.in_(AT_WORK), reach, *narrowed]


async def responsibilities_of(session: AsyncSession, institution_id: UUID) -> Sequence[Responsibility]:
    wanted = select(Responsibility).where(Responsibility.institution_id == institution_id)
    return (await session.scalars(wanted)).all()


async def responsibility_for_update(session: AsyncSession, institution_id: UUID, role: Role) -> Responsibility | None:
    """The responsibility, locked until the transaction ends; None if it was never assigned."""
    wanted = (
        select(Responsibility)
        .where(Responsibility.institution_id == institution_id, Responsibility.role == role)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(wanted)).one_or_none()


async def gaps(
    session: AsyncSession, caller: Principal, part: Part, *, role: Role | None, after: str | None, limit: int
) -> Sequence[Any]:
    """Rows of `id, name, district, street, status, held` for institutions that lack this role, or any role.

    Each role is queried by itself, by id and only one page deep: PostgreSQL can stop early, where a count of roles
    would visit every institution.
    """
    lacking = [_lacking(caller, part, one, after, limit) for one in ([role] if role else Role)]
    page = union(*lacking).subquery()
    roles = (
        select(func.array_agg(Responsibility.role))
        .where(Responsibility.institution_id == Institution.id, Responsibility.officer.is_not(None))
        .scalar_subquery()
    )
    wanted = (
        select(
            Institution.id,
            Institution.name,
            Institution.district,
            Institution.street,
            Institution.status,
            roles.label("held"),
        )
        .where(Institution.id.in_(select(page.c.id)))
        .order_by(Institution.id)
        .limit(limit)
    )
    return (await session.execute(wanted)).all()


def held(role: Role) -> ColumnElement[bool]:
    return exists().where(
        Responsibility.institution_id == Institution.id,
        Responsibility.role == role,
        Responsibility.officer.is_not(None),
    )


def _lacking(caller: Principal, part: Part, role: Role, after: str | None, limit: int) -> Select[Any]:
    wanted = select(Institution.id).where(*part.conditions(caller), ~held(role)).order_by(Institution.id).limit(limit)
    if after is not None:
        wanted = wanted.where(Institution.id > UUID(after))
    return select(wanted.subquery().c.id)


async def institutions_in(
    session: AsyncSession, caller: Principal, part: Part, *, after: UUID | None, limit: int
) -> Sequence[Any]:
    wanted = select(Institution.id, Institution.district, Institution.street).where(*part.conditions(caller))
    if after is not None:
        wanted = wanted.where(Institution.id > after)
    return (await session.execute(wanted.order_by(Institution.id).limit(limit))).all()
