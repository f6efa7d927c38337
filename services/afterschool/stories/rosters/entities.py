"""Schools that rows name, and new entities by COPY."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.schools.domain import School
from services.afterschool.stories.rosters.words import code_of
from shared.data.database import copy_rows


async def schools_of(session: AsyncSession, named: Sequence[str]) -> dict[str, School]:
    """Schools by code and by name; a name that several schools have finds none."""
    codes = {code_of(name) for name in named}
    found = (await session.scalars(select(School).where(School.code.in_(codes) | School.name.in_(set(named))))).all()
    names = [school.name for school in found]
    return {school.name: school for school in found if names.count(school.name) == 1} | {
        school.code: school for school in found
    }


def school_named(schools: Mapping[str, School], written: str) -> School | None:
    """One of `schools_of` by the code or the name in a cell."""
    return schools.get(code_of(written)) or schools.get(written)


async def copy_entities(session: AsyncSession, table: str, rows: Sequence[Any]) -> None:
    """New entities by COPY."""
    if rows:
        columns = [column.key for column in type(rows[0]).__mapper__.column_attrs]
        await copy_rows(session, table, columns, [[vars(row).get(name) for name in columns] for row in rows])
