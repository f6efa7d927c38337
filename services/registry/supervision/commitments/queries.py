"""Texts by number, commitments of an institution, and how many signed and broke what."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.supervision.commitments.domain import (
    Commitment,
    CommitmentBreach,
    CommitmentNotFound,
    CommitmentText,
    CommitmentTextNotFound,
)
from shared.domain.dated import stands
from shared.http.policies import Principal
from shared.http.reach import within_reach

Dimension = Literal["text", "district", "street"]
_COLUMN: dict[Dimension, Any] = {
    "text": cast(Commitment.text_number, Text),
    "district": Commitment.district,
    "street": Commitment.street,
}


async def text(session: AsyncSession, text_id: UUID) -> CommitmentText:
    found = await session.get(CommitmentText, text_id)
    if found is None:
        raise CommitmentTextNotFound
    return found


async def text_for_update(session: AsyncSession, text_id: UUID) -> CommitmentText:
    """The text, locked against signatures; raises `CommitmentTextNotFound`."""
    found = await session.get(CommitmentText, text_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise CommitmentTextNotFound
    return found


async def text_to_sign(session: AsyncSession, text_id: UUID) -> CommitmentText:
    """The text, locked against withdrawal; raises `CommitmentTextNotFound`."""
    found = await session.get(CommitmentText, text_id, with_for_update={"read": True}, populate_existing=True)
    if found is None:
        raise CommitmentTextNotFound
    return found


async def signed(session: AsyncSession, text_id: UUID) -> bool:
    return bool(await session.scalar(select(select(Commitment.id).where(Commitment.text_id == text_id).exists())))


async def texts(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[CommitmentText]:
    wanted = select(CommitmentText).order_by(CommitmentText.id).limit(limit)
    if after is not None:
        wanted = wanted.where(CommitmentText.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def newest_text(session: AsyncSession, *, on: date | None = None) -> CommitmentText | None:
    """The text with the highest number: of all, or of those in force on a day."""
    wanted = select(CommitmentText).where(stands(CommitmentText)).order_by(CommitmentText.number.desc()).limit(1)
    if on is not None:
        wanted = wanted.where(CommitmentText.valid_from <= on)
    return (await session.scalars(wanted)).first()


async def one_publisher_at_a_time(session: AsyncSession) -> None:
    """Wait for other publishers: numbers have no gaps."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("commitment_text"))))


async def commitments_of(session: AsyncSession, institution_id: UUID) -> Sequence[Commitment]:
    wanted = select(Commitment).where(Commitment.institution_id == institution_id).order_by(Commitment.id)
    return (await session.scalars(wanted)).all()


async def breaches_of(session: AsyncSession, commitment_ids: Sequence[UUID]) -> Sequence[CommitmentBreach]:
    wanted = (
        select(CommitmentBreach)
        .where(CommitmentBreach.commitment_id.in_(commitment_ids))
        .order_by(CommitmentBreach.recorded_at, CommitmentBreach.violation_id)
    )
    return (await session.scalars(wanted)).all()


async def commitment_for_update(session: AsyncSession, institution_id: UUID, commitment_id: UUID) -> Commitment:
    found = await session.get(Commitment, commitment_id, with_for_update=True, populate_existing=True)
    if found is None or found.institution_id != institution_id:
        raise CommitmentNotFound
    return found


async def counts(session: AsyncSession, caller: Principal, by: Dimension) -> Sequence[Any]:
    column = _COLUMN[by]
    reach = within_reach(
        caller, district=Commitment.district, street=Commitment.street, institution=Commitment.institution_id
    )
    wanted = (
        select(
            column.label("value"), func.count().label("signed"), func.count(Commitment.breached_at).label("breached")
        )
        .where(reach)
        .group_by(column)
        .order_by(column)
    )
    return (await session.execute(wanted)).all()
