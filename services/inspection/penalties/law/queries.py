"""What a decision stands on besides the file of the case."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.teams import queries as teams
from services.inspection.findings.violations.domain import Violation, ViolationState
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Party
from services.inspection.penalties.cases.states import CaseState
from services.inspection.penalties.law.domain import HEARING, Ground, Window
from services.inspection.rulebook.calendars.domain import WorkingCalendar
from services.inspection.rulebook.calendars.queries import working_calendar
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.offences import queries as offences


async def fined_windows(session: AsyncSession, of: Case) -> Sequence[Window]:
    rows = await session.execute(
        select(Case.acts_from, Case.acts_until).where(
            _same_party(of), Case.offence == of.offence, Case.id != of.id, Case.fine_fen > 0
        )
    )
    return [Window(row.acts_from, row.acts_until) for row in rows]


async def is_first_offence(session: AsyncSession, of: Case) -> bool:
    """Whether the party has no earlier decision for this offence. Leniency counts as one; dismissed and withdrawn cases
    do not."""
    dropped = (CaseState.WITHDRAWN, CaseState.NOT_PUNISHED)
    earlier = await session.scalar(
        select(Case.id)
        .where(_same_party(of), Case.offence == of.offence, Case.id != of.id)
        .where((Case.decided_on.is_not(None) | (Case.state == CaseState.LENIENCY)) & Case.state.not_in(dropped))
        .limit(1)
    )
    return earlier is None


def _same_party(of: Case) -> ColumnElement[bool]:
    if of.institution_id is not None:
        return Case.institution_id == of.institution_id
    return Case.institution_id.is_(None) & (Case.party_name == of.party_name)


async def calendar_of(session: AsyncSession, case: Case) -> WorkingCalendar:
    return await working_calendar(session, case.filed_on)


async def ground_of(session: AsyncSession, case: Case, *, on: date, deciding: bool = False) -> Ground:
    """What a decision rests on besides the file: the offence, the violation, the party's other cases. With `deciding`,
    locks the party."""
    if deciding:
        party = f"case {case.institution_id or case.party_name}"
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(party, 0))))
    violation = await session.get(Violation, case.violation_id)
    assert violation is not None
    return Ground(
        offence=await offences.offence(session, case.offence_id),
        calendar=await calendar_of(session, case),
        certified=await teams.certified(session, case.officers, on=on),
        hearing_fen=await norms.norm(session, HEARING[Party(case.party)], on=on),
        rectification_ordered=violation.state != ViolationState.REPORTED,
        corrected=violation.state == ViolationState.CLOSED,
        first=await is_first_offence(session, case),
        fined=await fined_windows(session, case),
    )
