"""Declarations by id, those a caller may see, and those a draw is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.declarations.domain import Declaration, DeclarationNotFound, DeclarationState
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_ITEM = f"""
SELECT management_declaration.id, management_declaration.version, school_id, term, management, rule_id, figures,
       evidence, falls_short, state, declared_by, {instant("declared_at")}, signed_by, {instant("signed_at")}, draw_id,
       {instant("verified_at")}, verification_note
FROM management_declaration JOIN school ON school.id = management_declaration.school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration with its school, which reach and events need."""

    declaration: Declaration
    school: School


def declarations_page(
    caller: Principal,
    *,
    school: UUID | None,
    term: str | None,
    management: str | None,
    state: str | None,
    draw: UUID | None,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("school_id = {}::uuid", school),
        ("term = {}", term),
        ("management = {}", management),
        ("state = {}", state),
        ("draw_id = {}::uuid", draw),
        ("management_declaration.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def declaration(session: AsyncSession, declaration_id: UUID, caller: Principal) -> Declared:
    wanted = select(Declaration, School).join(School, School.id == Declaration.school_id)
    row = (await session.execute(wanted.where(Declaration.id == declaration_id))).one_or_none()
    if row is None or not reaches(caller, row[1]):
        raise DeclarationNotFound
    return Declared(row[0], row[1])


async def declaration_for_update(session: AsyncSession, declaration_id: UUID, caller: Principal) -> Declared:
    found = await declaration(session, declaration_id, caller)
    locked = await session.get_one(Declaration, declaration_id, with_for_update=True, populate_existing=True)
    return Declared(locked, found.school)


async def drawable(
    session: AsyncSession, *, term: str, managements: Sequence[str], limit: int
) -> Sequence[tuple[UUID, str, str]]:
    """Signed declarations of a term: id, district of the school, management."""
    wanted = (
        select(Declaration.id, School.district, Declaration.management)
        .join(School, School.id == Declaration.school_id)
        .where(
            Declaration.term == term,
            Declaration.management.in_(managements),
            Declaration.state == DeclarationState.SIGNED,
        )
        .order_by(Declaration.id)
        .limit(limit)
    )
    return [(row.id, row.district, row.management) for row in await session.execute(wanted)]


async def declarations_for_update(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Declared]:
    """These declarations, locked in the order of their ids."""
    wanted = (
        select(Declaration, School)
        .join(School, School.id == Declaration.school_id)
        .where(Declaration.id.in_(ids))
        .order_by(Declaration.id)
        .with_for_update(of=Declaration)
        .execution_options(populate_existing=True)
    )
    return [Declared(row[0], row[1]) for row in await session.execute(wanted)]
