"""Enter an institution in the ledger; move the files of entries that were merged."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Details, Institution, OutsideYourDistrict
from shared.facts import journal
from shared.http.policies import Principal


async def register_institution(
    session: AsyncSession, details: Details, *, caller: Principal, at: datetime
) -> Institution:
    """Enter an institution. The database refuses a second entry for one credit code or reference."""
    check_place(caller, details.district, details.street)
    institution, registered = Institution.register(details, at=at)
    session.add(institution)
    await journal.record(session, registered, subject=institution)
    return institution


def check_place(caller: Principal, district: Any, street: Any) -> None:
    """Refuse a place outside the caller's district or street: the caller could not see the entry again."""
    if not caller.covers(district=district, street=street):
        raise OutsideYourDistrict(pointer="/district")


async def move_file(session: AsyncSession, duplicate: UUID, survivor: UUID) -> None:
    """Entries merged into the duplicate now belong to the survivor's file."""
    moved = update(Institution).where(Institution.merged_into == duplicate).values(merged_into=survivor)
    await session.execute(moved, execution_options={"synchronize_session": False})
