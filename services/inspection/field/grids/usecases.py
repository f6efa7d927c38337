"""Import a set of grids, or withdraw it."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries
from services.inspection.field.grids.domain import (
    FAR_AHEAD,
    GridCodesReused,
    GridSet,
    GridSetFarAhead,
    GridsRefused,
    Reused,
    Survey,
    published,
    reused,
)
from services.inspection.field.grids.successions import GridSuccession, Succession, SuccessionFinding, faults_of
from shared.domain.clock import china_date
from shared.domain.dated import LaterVersionStands
from shared.facts import journal
from shared.facts.journal import Fact


@dataclass(frozen=True, slots=True)
class Imported:
    """A set, what its list of successions was blamed for, and the old codes of which nothing was said."""

    grid_set: GridSet
    findings: Sequence[SuccessionFinding]
    vanished: Sequence[str]
    changed: Sequence[Reused]


async def import_grids(
    session: AsyncSession,
    survey: Survey,
    successions: Sequence[Succession],
    *,
    accept_valid: bool,
    source: str,
    valid_from: date,
    confirmed: Collection[str] = (),
    accept_far_date: bool = False,
    at: datetime,
) -> Imported:
    """Store a set as the next version; it is not active yet (`stories.territory` activates it).

    A faulty feature or succession refuses the whole set unless `accept_valid`. A code that now means another street
    needs a succession or a confirmation; a first day far ahead needs `accept_far_date`.
    """
    before = await queries.newest_set_for_update(session)
    former = await queries.grids_of(session, before.id) if before is not None else []
    old = [grid.code for grid in former]
    codes = [candidate.code for candidate in survey.candidates]
    findings = faults_of(successions, old=old, new=codes)
    if not survey.candidates or ((survey.findings or findings) and not accept_valid):
        raise GridsRefused(total=survey.total, valid=len(survey.candidates), report=_report(survey, findings))
    changed = await asyncio.to_thread(reused, former, survey.candidates)
    explained = {*confirmed, *(one.code for one in successions)}
    # Without names: a problem repeats nothing that was sent, not even earlier. A confirmed trial tells them.
    unexplained = [
        {"feature": one.feature, "code": one.code, "share": one.share} for one in changed if one.code not in explained
    ]
    if unexplained:
        raise GridCodesReused(codes=unexplained)
    today = china_date(at)
    if valid_from > today + FAR_AHEAD and not accept_far_date:
        raise GridSetFarAhead(pointer="/valid_from", latest=today + FAR_AHEAD)
    grid_set, grids, ended = GridSet.follow(before, survey.candidates, source=source, valid_from=valid_from, at=at)
    if before is not None and ended is not None:
        await journal.record(session, ended, subject=before)
    session.add(grid_set)
    await session.flush()
    session.add_all(grids)
    session.add_all(_rows(grid_set, successions, findings))
    await session.flush()
    if grid_set.valid_from > today:
        await journal.record(session, grid_set.scheduled(codes, at=at), subject=grid_set)
    facts = await asyncio.to_thread(published, grid_set, grids, at=at)
    await journal.record_many(session, [Fact(fact.grid_id, 1, fact) for fact in facts])
    vanished = (await queries.successors(session, grid_set.id)).vanished(old)
    return Imported(grid_set, findings, vanished, changed)


async def withdraw_grids(session: AsyncSession, grid_set_id: UUID, *, reason: str, by: str, at: datetime) -> GridSet:
    newest = await queries.newest_set_for_update(session)
    grid_set = await queries.grid_set(session, grid_set_id)
    withdrawn = grid_set.withdraw(reason, by=by, at=at)
    if newest is not None and newest.id != grid_set.id:
        raise LaterVersionStands(valid_from=newest.valid_from)
    await journal.record(session, withdrawn, subject=grid_set, reason=reason)
    before = await queries.newest_set_for_update(session)
    if before is not None:
        await journal.record(session, before.end(None, at=at), subject=before, reason=reason)
    return grid_set


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
    """The findings without the codes that were sent: a problem repeats no input, and its number finds the feature or
    entry."""
    features: list[dict[str, object]] = []
    for finding in survey.findings:
        told: dict[str, object] = {"feature": finding.feature, "fault": finding.fault}
        if finding.partner is not None:
            told |= {"partner": finding.partner, "share": finding.share}
        elif finding.detail:
            told["reason"] = finding.detail
        features.append(told)
    return features + [{"succession": finding.succession, "fault": finding.fault} for finding in findings]
