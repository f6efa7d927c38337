"""Alerts that are open, by scope."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.alerts.domain import Alert
from services.metrics.indicators.domain import Scope
from services.metrics.names.domain import Kind, Named


async def open_alerts(session: AsyncSession) -> Sequence[Alert]:
    """All of them, locked in one order."""
    wanted = select(Alert).where(Alert.cleared_at.is_(None)).order_by(Alert.id).with_for_update()
    return (await session.scalars(wanted)).all()


async def alerts(
    session: AsyncSession, scope: Scope, *, cleared: bool, after: UUID | None, limit: int
) -> Sequence[Alert]:
    """Alerts of a scope, and of a district's schools, oldest first."""
    wanted = select(Alert).where(Alert.cleared_at.is_not(None) if cleared else Alert.cleared_at.is_(None))
    if scope.dimension is not None:
        own = Alert.scope == str(scope)
        schools = select("school:" + Named.code).where(Named.kind == Kind.SCHOOL, Named.district == scope.value)
        wanted = wanted.where(or_(own, Alert.scope.in_(schools)) if scope.dimension == "district" else own)
    if after is not None:
        wanted = wanted.where(Alert.id > after)
    return (await session.scalars(wanted.order_by(Alert.id).limit(limit))).all()
