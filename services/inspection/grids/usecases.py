"""Import a set of grids, and move every target to where it now belongs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.grids import queries
from services.inspection.grids.domain import GridSet, GridsRefused, Survey
from services.inspection.targets.usecases import place_all
from shared import journal
from shared.clock import china_date


async def activate_grids(
    session: AsyncSession, survey: Survey, *, accept_valid: bool, source: str, at: datetime
) -> GridSet:
    """Put the set in force; refused as a whole where a feature is at fault, unless the valid ones shall do."""
    if not survey.candidates or (survey.findings and not accept_valid):
        # Without the codes: a problem repeats nothing of what was sent, and the number finds the feature.
        faults = [{"feature": finding.feature, "fault": finding.fault} for finding in survey.findings]
        raise GridsRefused(total=survey.total, valid=len(survey.candidates), report=faults)
    before = await queries.current_set_for_update(session)
    on = china_date(at)
    if before is not None:
        before.end(on=on)
    grid_set, grids, activated = GridSet.activate(
        survey.candidates, number=before.number + 1 if before else 1, source=source, on=on, at=at
    )
    session.add(grid_set)
    await session.flush()
    session.add_all(grids)
    await journal.record(session, activated, subject=grid_set)
    await place_all(session, await queries.index(session), at=at)
    return grid_set


def report(survey: Survey) -> Sequence[dict[str, Any]]:
    """Findings as the API shows them."""
    return [
        {"feature": finding.feature, "code": finding.code, "fault": finding.fault, "detail": finding.detail}
        for finding in survey.findings
    ]
