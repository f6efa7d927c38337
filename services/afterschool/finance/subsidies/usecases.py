"""The bureau asks for a run, another person reviews it, and it is locked or discarded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.finance.subsidies import queries
from services.afterschool.finance.subsidies.domain import SubsidyRun, SubsidyRunOpen
from services.afterschool.roster.terms.domain import TermNotFound
from shared.facts import journal
from shared.http.policies import Principal


async def ask_for_run(
    session: AsyncSession, term_name: str, district: str | None, *, caller: Principal, at: datetime
) -> SubsidyRun:
    """Let the worker compute what every class of the city, or of a district, is due for a term, minus what the locked
    runs of the term posted. Raises `TermNotFound` and `NormUnknown` at once.

    Only one run of a term is open for a class at a time, so what was posted does not change until this one is locked.
    """
    await queries.one_at_a_time(session, term_name)
    if await queries.has_open_run(session, term_name, district):
        raise SubsidyRunOpen
    found = await queries.terms_of(session, term_name, await queries.districts_of(session, district))
    if not found:
        raise TermNotFound(pointer="/term")
    for name, term in found.items():
        await queries.rules_of(session, name, on=term.starts_on)
    run = SubsidyRun.ask(term_name, district, by=caller.subject, at=at)
    session.add(run)
    await session.flush()
    return run


async def review_run(session: AsyncSession, run_id: UUID, *, caller: Principal, at: datetime) -> SubsidyRun:
    run = await queries.run_for_update(session, run_id)
    await journal.record(session, run.review(by=caller.subject, at=at), subject=run)
    return run


async def lock_run(session: AsyncSession, run_id: UUID, *, caller: Principal, at: datetime) -> SubsidyRun:
    """Lock a reviewed run as it was computed; what became known since is for the next run."""
    run = await queries.run_for_update(session, run_id)
    await journal.record(session, run.lock(by=caller.subject, at=at), subject=run)
    return run


async def discard_run(session: AsyncSession, run_id: UUID, *, reason: str, at: datetime) -> SubsidyRun:
    run = await queries.run_for_update(session, run_id)
    await journal.record(session, run.discard(reason, at=at), subject=run, reason=reason)
    return run
