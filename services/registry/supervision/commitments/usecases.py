"""Publish a text, withdraw it, sign it, record that a violation broke what was signed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.observations import queries as observations
from services.registry.supervision.commitments import queries
from services.registry.supervision.commitments.domain import (
    Commitment,
    CommitmentBreach,
    CommitmentText,
    Signature,
    SignatureFormWrong,
    TextContent,
    ViolationUnknown,
)
from shared.domain.clock import china_date
from shared.domain.dated import LaterVersionStands
from shared.facts import journal
from shared.http.policies import Principal


async def publish_text(session: AsyncSession, content: TextContent, *, at: datetime) -> CommitmentText:
    await queries.one_publisher_at_a_time(session)
    text, published = CommitmentText.publish(content, newest=await queries.newest_text(session), at=at)
    session.add(text)
    await journal.record(session, published, subject=text)
    return text


async def withdraw_text(session: AsyncSession, text_id: UUID, *, reason: str, by: str, at: datetime) -> CommitmentText:
    await queries.one_publisher_at_a_time(session)
    text = await queries.text_for_update(session, text_id)
    newest = await queries.newest_text(session)
    withdrawn = text.withdraw(reason, signed=await queries.signed(session, text_id), by=by, at=at)
    if newest is not None and newest.id != text.id:
        raise LaterVersionStands(valid_from=newest.valid_from)
    await journal.record(session, withdrawn, subject=text, reason=reason)
    return text


async def sign_commitment(
    session: AsyncSession, institution_id: UUID, signature: Signature, *, caller: Principal, at: datetime
) -> Commitment:
    """Sign the text in force. The database refuses a second signature under the same text."""
    if signature.on_paper == ("operator" in caller.roles):
        raise SignatureFormWrong(pointer="/on_paper")
    institution = await institutions.institution_for_update(session, institution_id, caller)
    text = await queries.text_to_sign(session, signature.text_id)
    newest = await queries.newest_text(session, on=china_date(at))
    commitment, signed = Commitment.sign(institution, text, signature, newest=newest, by=caller.subject, at=at)
    session.add(commitment)
    await journal.record(session, signed, subject=commitment)
    return commitment


async def record_breach(
    session: AsyncSession,
    institution_id: UUID,
    commitment_id: UUID,
    violation_id: UUID,
    *,
    note: str | None,
    caller: Principal,
    at: datetime,
) -> tuple[Commitment, CommitmentBreach]:
    """Record that a violation in the institution's file broke its commitment; once per violation."""
    await institutions.institution(session, institution_id, caller)
    commitment = await queries.commitment_for_update(session, institution_id, commitment_id)
    if not await observations.knows_violation(session, institution_id, violation_id):
        raise ViolationUnknown(pointer="/violation_id")
    breach, breached = commitment.breach(violation_id, note=note, by=caller.subject, at=at)
    session.add(breach)
    await journal.record(session, breached, subject=commitment)
    return commitment, breach
