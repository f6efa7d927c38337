"""Transformations of one institution, and those under way."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.licensing.transformations.domain import Transformation, TransformationNotFound
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def transformation_for_update(
    session: AsyncSession, institution_id: UUID, transformation_id: UUID
) -> Transformation:
    found = await session.get(Transformation, transformation_id, with_for_update=True, populate_existing=True)
    if found is None or found.institution_id != institution_id:
        raise TransformationNotFound
    return found


async def transformations_of(session: AsyncSession, institution_id: UUID) -> Sequence[Transformation]:
    wanted = select(Transformation).where(Transformation.institution_id == institution_id).order_by(Transformation.id)
    return (await session.scalars(wanted)).all()


async def transformations(
    session: AsyncSession,
    caller: Principal,
    *,
    state: str | None,
    target: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Transformation]:
    reach = within_reach(
        caller,
        district=Transformation.district,
        street=Transformation.street,
        institution=Transformation.institution_id,
    )
    wanted = select(Transformation).where(reach).order_by(Transformation.id).limit(limit)
    if state is not None:
        wanted = wanted.where(Transformation.state == state)
    if target is not None:
        wanted = wanted.where(Transformation.target == target)
    if after is not None:
        wanted = wanted.where(Transformation.id > after)
    return (await session.scalars(wanted)).all()
