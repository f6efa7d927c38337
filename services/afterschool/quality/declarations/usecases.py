"""A school declares, a second person signs; the bureau verifies what was drawn."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.declarations import queries
from services.afterschool.quality.declarations.domain import Declaration, DeclarationDetails
from services.afterschool.quality.declarations.queries import Declared
from services.afterschool.quality.shortfalls.domain import FoundBy
from services.afterschool.quality.shortfalls.usecases import find_shortfall
from services.afterschool.roster.schools import queries as schools
from services.afterschool.rulebook.managements import queries as managements
from services.afterschool.rulebook.managements.domain import shortfalls
from services.afterschool.rulebook.norms import queries as norms
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def declare_management(
    session: AsyncSession, school_id: UUID, details: DeclarationDetails, *, caller: Principal, at: datetime
) -> Declaration:
    """Declare. Figures are judged by the rule and the norms in force today. The database refuses a second
    declaration."""
    school, today = await schools.school(session, school_id, caller), china_date(at)
    rule = await managements.rule_in_force(session, details.management, on=today)
    asked = rule.asked_of(school.stage)
    names = [name for question in asked for name in question.norms]
    found = await norms.norms_in_force(session, names, on=today, district=school.district)
    limits = {name: norm.value for name, norm in found.items()}
    falls_short = shortfalls(asked, {one.question: one.value for one in details.figures}, limits)
    declaration, declared = Declaration.declare(
        details, school=school, rule=rule, falls_short=falls_short, by=caller.subject, at=at
    )
    session.add(declaration)
    await journal.record(session, declared, subject=declaration)
    return declaration


async def sign_declaration(
    session: AsyncSession, declaration_id: UUID, *, caller: Principal, at: datetime
) -> Declaration:
    """Sign a declaration. What falls short by the school's own figures becomes a shortfall."""
    found = await queries.declaration_for_update(session, declaration_id, caller)
    signed = found.declaration.sign(school=found.school, by=caller.subject, at=at)
    await journal.record(session, signed, subject=found.declaration)
    await _record_shortfall(session, found, signed.falls_short, FoundBy.DECLARATION, at=at)
    return found.declaration


async def withdraw_declaration(
    session: AsyncSession, declaration_id: UUID, *, reason: str, caller: Principal, at: datetime
) -> Declaration:
    found = await queries.declaration_for_update(session, declaration_id, caller)
    withdrawn = found.declaration.withdraw(school=found.school, at=at)
    await journal.record(session, withdrawn, subject=found.declaration, reason=reason)
    return found.declaration


async def verify_declaration(
    session: AsyncSession,
    declaration_id: UUID,
    *,
    confirmed: bool,
    falls_short: Sequence[str],
    note: str,
    caller: Principal,
    at: datetime,
) -> Declaration:
    """Record what the verification of a drawn declaration found."""
    found = await queries.declaration_for_update(session, declaration_id, caller)
    verified = found.declaration.verify(
        confirmed=confirmed,
        falls_short=falls_short,
        rule=await managements.management_rule(session, found.declaration.rule_id),
        note=note,
        school=found.school,
        by=caller.subject,
        at=at,
    )
    await journal.record(session, verified, subject=found.declaration)
    await _record_shortfall(session, found, verified.falls_short, FoundBy.VERIFICATION, at=at)
    return found.declaration


async def _record_shortfall(
    session: AsyncSession, found: Declared, questions: list[str], found_by: FoundBy, *, at: datetime
) -> None:
    if questions:
        await find_shortfall(
            session,
            found.declaration.id,
            school=found.school,
            term=found.declaration.term,
            management=found.declaration.management,
            questions=questions,
            found_by=found_by,
            at=at,
        )
