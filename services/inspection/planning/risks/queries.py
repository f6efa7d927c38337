"""The risk of targets."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets.domain import Target
from services.inspection.findings.violations.domain import ENDED, Violation
from services.inspection.planning.risks.domain import NAMES, Risk, Weights
from services.inspection.rulebook.norms import queries as norms


async def risks(session: AsyncSession, institution_ids: Sequence[UUID], *, on: date) -> dict[UUID, Risk]:
    weights = Weights.of(await norms.in_force(session, NAMES, on=on))
    ids = bindparam("ids", list(institution_ids), type_=ARRAY(Uuid))
    counted = await session.execute(
        select(Violation.institution_id, Violation.severity, func.count().label("number"))
        .where(Violation.institution_id == any_(ids), Violation.state.not_in(ENDED))
        .group_by(Violation.institution_id, Violation.severity)
    )
    violations: dict[UUID, dict[str, int]] = {}
    for row in counted:
        violations.setdefault(row.institution_id, {})[row.severity] = row.number
    visited = await session.execute(
        select(Target.institution_id, Target.last_visited_on).where(Target.institution_id == any_(ids))
    )
    return {
        row.institution_id: weights.risk(violations.get(row.institution_id, {}), row.last_visited_on, on=on)
        for row in visited
    }
