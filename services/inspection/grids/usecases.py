"""Import a set of grids; when its day has come, move every institution and every team over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.grids import queries
from services.inspection.grids.domain import GridSet, GridsRefused, Survey
from services.inspection.grids.successions import GridSuccession, Succession, SuccessionFinding, faults_of
from services.inspection.targets.usecases import place_all
from services.inspection.teams.usecases import take_over_grids
from services.inspection.visits.assignments import assign_waiting
from shared import journal
from shared.clock import china_date


@dataclass(frozen=True, slots=True)
class Imported:
    """A set, what its list of successions was blamed for, and the old codes of which nothing was said."""

    grid_set: GridSet
    findings: Sequence[SuccessionFinding]
    vanished: Sequence[str]


async def import_grids(
    session: AsyncSession,
    survey: Survey,
    successions: Sequence[Succession],
    *,
    accept_valid: bool,
    source: str,
    valid_from: date | None,
    at: datetime,
) -> Imported:
    """Take a set as the next version; refused as a whole where anything is at fault, unless what is valid shall do."""
    before = await queries.newest_set_for_update(session)
    old = await queries.codes_of(session, before.id) if before is not None else []
    codes = [candidate.code for candidate in survey.candidates]
    findings = faults_of(successions, old=old, new=codes)
    if not survey.candidates or ((survey.findings or findings) and not accept_valid):
        raise GridsRefused(total=survey.total, valid=len(survey.candidates), report=_report(survey, findings))
    today = china_date(at)
    grid_set, grids = GridSet.follow(before, survey.candidates, source=source, valid_from=valid_from or today, at=at)
    session.add(grid_set)
    await session.flush()
    session.add_all(grids)
    session.add_all(_rows(grid_set, successions, findings))
    await session.flush()
    if grid_set.valid_from > today:
        await journal.record(session, grid_set.scheduled(codes, at=at), subject=grid_set)
    else:
        await activate_due(session, at=at)
    vanished = (await queries.heirs(session, grid_set.id)).vanished(old)
    return Imported(grid_set, findings, vanished)


async def activate_due(session: AsyncSession, *, at: datetime) -> int:
    """Move over to every set whose day has come, one after the other, as if nobody had been late; how many."""
    today = china_date(at)
    if not await queries.due_sets(session, today):
        return 0  # without the lock, which everybody who places an institution would wait for
    await queries.lock_sets(session)
    due = await queries.due_sets(session, today)
    for grid_set in due:
        codes = await queries.codes_of(session, grid_set.id)
        await journal.record(session, grid_set.activate(codes, at=at), subject=grid_set)
        heirs = await queries.heirs(session, grid_set.id)
        await take_over_grids(session, heirs, at=at)
        await place_all(session, await queries.index_of(session, grid_set.id), heirs, at=at)
        await assign_waiting(session, at=at)
    return len(due)


def _rows(
    grid_set: GridSet, successions: Sequence[Succession], findings: Sequence[SuccessionFinding]
) -> list[GridSuccession]:
    bad = {finding.succession for finding in findings}
    return [
        GridSuccession(grid_set_id=grid_set.id, code=one.code, successor=successor)
        for number, one in enumerate(successions)
        if number not in bad
        for successor in one.successors
    ]


def _report(survey: Survey, findings: Sequence[SuccessionFinding]) -> list[dict[str, object]]:
    """Without the codes: a problem repeats nothing of what was sent, and the number finds the feature or the entry."""
    features: list[dict[str, object]] = [
        {"feature": finding.feature, "fault": finding.fault} for finding in survey.findings
    ]
    return features + [{"succession": finding.succession, "fault": finding.fault} for finding in findings]
