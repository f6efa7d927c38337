"""The bureau computes a run, another person reviews it, and it is locked or discarded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.finance.subsidies import queries
from services.afterschool.finance.subsidies.domain import COLUMNS, SubsidyLine, SubsidyRun, SubsidyRunOpen, line_of
from services.afterschool.finance.subsidies.postings import Posting, is_first_half, postings
from services.afterschool.roster.classes.domain import school_year_of
from services.afterschool.roster.terms import queries as terms
from services.afterschool.roster.terms.domain import Term, TermNotFound
from shared.data.database import copy_rows
from shared.facts import journal
from shared.http.policies import Principal


async def compute_run(session: AsyncSession, term_name: str, *, caller: Principal, at: datetime) -> SubsidyRun:
    """Compute what every class is due for a term, minus what the locked runs of the term posted.

    Only one run of a term is open at a time, so what was posted does not change until this one is locked. The database
    refuses a second one (`SubsidyRunOpen`).
    """
    if await queries.has_open_run(session, term_name):
        raise SubsidyRunOpen
    posted = await queries.posted(session, term_name)
    also = {class_id for class_id, _ in posted}
    found: list[tuple[Term, list[Posting]]] = []
    for district in await queries.districts(session):
        try:
            term = await terms.term_named(session, term_name, district=district)
        except TermNotFound:
            continue
        rules = await queries.rules_of(session, district, on=term.starts_on)
        classes = await queries.class_facts(
            session,
            district,
            first=term.starts_on,
            last=term.ends_on,
            school_year=school_year_of(term.starts_on),
            minutes=rules.least_minutes.value,
            end_minute=rules.end_minute.value,
            also=also,
        )
        first_half = is_first_half(term.starts_on)
        found.append((term, postings(classes, rules, first_half=first_half, posted=posted)))
    if not found:
        raise TermNotFound(pointer="/term")
    every = [posting for _, of_district in found for posting in of_district]
    run, computed = SubsidyRun.compute(term_name, every, by=caller.subject, at=at)
    session.add(run)
    await journal.record(session, computed, subject=run)
    await session.flush()
    rows = [
        line_of(run.id, posting, starts_on=term.starts_on, ends_on=term.ends_on)
        for term, of_district in found
        for posting in of_district
    ]
    await copy_rows(session, SubsidyLine.__tablename__, COLUMNS, rows)
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
