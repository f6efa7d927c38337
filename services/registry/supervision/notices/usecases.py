"""Publish a notice to its recipients; confirm its receipt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Institution, InstitutionNotFound
from services.registry.ledger.institutions.queries import at_work, places
from services.registry.supervision.answers.domain import RecordedAnswer
from services.registry.supervision.notices import queries
from services.registry.supervision.notices.domain import Notice, NoticeContent, Receipt, RecipientsBeyondReach
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def issue_notice(
    session: AsyncSession, content: NoticeContent, *, subjects: Sequence[UUID], caller: Principal, at: datetime
) -> Notice:
    """Publish an official's own notice. Recipients and subjects must be within the official's reach."""
    recipients = content.recipients
    in_street = caller.covers() or caller.street in (None, recipients.street)
    if not in_street or not caller.covers(district=recipients.district, street=recipients.street):
        raise RecipientsBeyondReach(pointer="/recipients")
    await _check_subjects(session, subjects, caller)
    return await publish_notice(session, content, subjects=subjects, caller=caller, at=at)


async def publish_notice(
    session: AsyncSession, content: NoticeContent, *, subjects: Sequence[UUID], caller: Principal, at: datetime
) -> Notice:
    """Publish a notice to every institution at work in its scope, and to its subjects.

    The caller's reach is not checked: a decision of the authority may be told the whole city.
    """
    sequence = await queries.next_sequence(session, china_date(at).year)
    notice = Notice.publish(content, sequence=sequence, subjects=list(subjects), by=caller.subject, at=at)
    session.add(notice)
    await session.flush()
    await journal.record(session, notice.published(recipients=await _address(session, notice)), subject=notice)
    return notice


async def confirm_notice(session: AsyncSession, notice_id: UUID, *, caller: Principal, at: datetime) -> Receipt:
    receipt = await queries.own_receipt_for_update(session, notice_id, caller)
    await journal.record(session, receipt.confirm(by=caller.subject, at=at), subject=receipt)
    return receipt


async def record_confirmation(
    session: AsyncSession,
    notice_id: UUID,
    institution_id: UUID,
    answer: RecordedAnswer,
    *,
    caller: Principal,
    at: datetime,
) -> Receipt:
    receipt = await queries.receipt_for_update(session, notice_id, institution_id, caller)
    notice = await session.get_one(Notice, notice_id)
    answer.check(china_date(notice.published_at), at)
    confirmed = receipt.confirm(by=caller.subject, at=at, answer=answer)
    await journal.record(session, confirmed, subject=receipt, reason=answer.note)
    return receipt


async def _address(session: AsyncSession, notice: Notice) -> int:
    """Freeze the list of recipients, in one statement; returns how many there are."""
    wanted = or_(
        at_work(district=notice.district, street=notice.street, kind=notice.kind), Institution.id.in_(notice.subjects)
    )
    columns = ["id", "version", "notice_id", "institution_id", "district", "street"]
    rows = places(wanted, func.gen_random_uuid(), literal(0), literal(notice.id))
    addressed = await session.execute(insert(Receipt).from_select(columns, rows))
    return cast("CursorResult[Any]", addressed).rowcount


async def _check_subjects(session: AsyncSession, subjects: Sequence[UUID], caller: Principal) -> None:
    reach = within_reach(caller, district=Institution.district, street=Institution.street)
    known = await session.scalar(
        select(func.count()).select_from(Institution).where(Institution.id.in_(subjects), reach)
    )
    if known != len(set(subjects)):
        raise InstitutionNotFound(pointer="/subjects")
