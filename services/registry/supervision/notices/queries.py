"""Notices within reach, their receipts, and how many are confirmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Institution
from services.registry.supervision.notices.domain import Notice, NoticeNotFound, Receipt
from shared.http.policies import Principal
from shared.http.reach import own_institution, within_reach


@dataclass(frozen=True, slots=True)
class ReceiptCounts:
    """Within the caller's reach: to whom it went, who confirmed, who is late."""

    recipients: int
    confirmed: int
    overdue: int


async def next_sequence(session: AsyncSession, year: int) -> int:
    """The next number of a year. Others who want one wait until the transaction ends, so that there are no gaps."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"notice {year}"))))
    last: int | None = await session.scalar(select(func.max(Notice.sequence)).where(Notice.year == year))
    return (last or 0) + 1


async def notice(session: AsyncSession, notice_id: UUID, caller: Principal) -> Notice:
    found = await session.scalar(select(Notice).where(Notice.id == notice_id, _visible(caller)))
    if found is None:
        raise NoticeNotFound
    return found


async def notices(
    session: AsyncSession, caller: Principal, *, institution: UUID | None = None, after: str | None, limit: int
) -> Sequence[Notice]:
    wanted = select(Notice).where(_visible(caller)).order_by(Notice.id).limit(limit)
    if institution is not None:
        wanted = wanted.where(
            exists().where(Receipt.notice_id == Notice.id, Receipt.institution_id == institution, _receipts_of(caller))
        )
    if after is not None:
        wanted = wanted.where(Notice.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def receipt_counts(session: AsyncSession, notice: Notice, caller: Principal, *, on: date) -> ReceiptCounts:
    confirmed = func.count(Receipt.confirmed_at)
    recipients, done = (
        await session.execute(
            select(func.count(), confirmed)
            .select_from(Receipt)
            .where(Receipt.notice_id == notice.id, _receipts_of(caller))
        )
    ).one()
    return ReceiptCounts(recipients, done, recipients - done if notice.confirm_by < on else 0)


async def receipts(
    session: AsyncSession,
    notice: Notice,
    caller: Principal,
    *,
    confirmed: bool | None,
    overdue: bool | None,
    on: date,
    after: str | None,
    limit: int,
) -> Sequence[Any]:
    late = Receipt.confirmed_at.is_(None) if notice.confirm_by < on else false()
    wanted = (
        select(
            Receipt.id,
            Receipt.version,
            Receipt.institution_id,
            Institution.name.label("institution"),
            Receipt.district,
            Receipt.street,
            Receipt.confirmed_at,
            Receipt.means,
            Receipt.confirmed_on,
            Receipt.note,
            late.label("overdue"),
        )
        .join(Institution, Institution.id == Receipt.institution_id)
        .where(Receipt.notice_id == notice.id, _receipts_of(caller))
        .order_by(Receipt.institution_id)
        .limit(limit)
    )
    if confirmed is not None:
        wanted = wanted.where(Receipt.confirmed_at.is_not(None) == confirmed)
    if overdue is not None:
        wanted = wanted.where(late if overdue else not_(late))
    if after is not None:
        wanted = wanted.where(Receipt.institution_id > UUID(after))
    return (await session.execute(wanted)).all()


async def own_receipt_for_update(session: AsyncSession, notice_id: UUID, caller: Principal) -> Receipt:
    """The receipt of the operator's institution, locked; raises `NoticeNotFound` if it is no recipient."""
    found = await session.scalar(
        select(Receipt)
        .where(Receipt.notice_id == notice_id, Receipt.institution_id == own_institution(caller))
        .with_for_update()
    )
    if found is None:
        raise NoticeNotFound
    return found


async def receipt_for_update(
    session: AsyncSession, notice_id: UUID, institution_id: UUID, caller: Principal
) -> Receipt:
    """A receipt within an official's reach, locked; raises `NoticeNotFound` if there is none."""
    wanted = select(Receipt).where(
        Receipt.notice_id == notice_id, Receipt.institution_id == institution_id, _receipts_of(caller)
    )
    found = await session.scalar(wanted.with_for_update())
    if found is None:
        raise NoticeNotFound
    return found


def _receipts_of(caller: Principal) -> ColumnElement[bool]:
    return within_reach(caller, district=Receipt.district, street=Receipt.street, institution=Receipt.institution_id)


def _visible(caller: Principal) -> ColumnElement[bool]:
    """Notices of the caller's own place, and those with a recipient within reach."""
    return or_(
        within_reach(caller, district=Notice.district, street=Notice.street),
        exists().where(Receipt.notice_id == Notice.id, _receipts_of(caller)),
    )
