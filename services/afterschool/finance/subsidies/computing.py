"""The computation of a run: each district is read by itself, and everything is stored in one transaction.

What was posted before does not change meanwhile, because no other run of these districts can be locked.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.afterschool.finance.subsidies import queries
from services.afterschool.finance.subsidies.domain import COLUMNS, SubsidyLine, SubsidyRunState, line_of
from services.afterschool.finance.subsidies.postings import Posting, is_first_half, postings
from services.afterschool.roster.classes.domain import school_year_of
from services.afterschool.roster.terms.domain import Term, TermNotFound
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.data.database import allowing, copy_rows
from shared.facts import journal


async def compute(sessions: async_sessionmaker[AsyncSession], run_id: UUID, *, at: datetime) -> None:
    """Compute a run, unless it was discarded meanwhile. Without its term or a norm, which were there when it was asked
    for, it is discarded."""
    async with sessions() as session:
        run = await queries.run(session, run_id)
        if run.state != SubsidyRunState.COMPUTING:
            return
        districts = await queries.districts_of(session, run.district)
    found: list[tuple[Term, list[Posting]]] = []
    refused: TermNotFound | NormUnknown | None = None
    try:
        for district in districts:
            async with sessions() as session:
                found += await _of_district(session, run.term, district)
        if not found:
            raise TermNotFound
    except (TermNotFound, NormUnknown) as error:
        refused = error
    async with sessions.begin() as session, allowing(session, queries.LONGEST):
        run = await queries.run_for_update(session, run_id)
        if run.state != SubsidyRunState.COMPUTING:
            return
        if refused is not None:
            await journal.record(session, run.discard(refused.code, at=at), subject=run, reason=refused.code)
            return
        every = [posting for _, of_district in found for posting in of_district]
        await journal.record(session, run.finish(every, at=at), subject=run)
        await session.flush()
        rows = [
            line_of(run.id, posting, starts_on=term.starts_on, ends_on=term.ends_on)
            for term, of_district in found
            for posting in of_district
        ]
        await copy_rows(session, SubsidyLine.__tablename__, COLUMNS, rows)


async def _of_district(session: AsyncSession, term_name: str, district: str) -> list[tuple[Term, list[Posting]]]:
    """The postings of one district and its term; empty if it has no such term. Raises `NormUnknown`."""
    found = await queries.terms_of(session, term_name, [district])
    if not found:
        return []
    term = found[district]
    rules = await queries.rules_of(session, district, on=term.starts_on)
    posted = await queries.posted(session, term_name)
    classes = await queries.class_facts(
        session,
        district,
        first=term.starts_on,
        last=term.ends_on,
        school_year=school_year_of(term.starts_on),
        minutes=rules.least_minutes.value,
        end_minute=rules.end_minute.value,
        also={class_id for class_id, _ in posted},
    )
    return [(term, postings(classes, rules, first_half=is_first_half(term.starts_on), posted=posted))]
