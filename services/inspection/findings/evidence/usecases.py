"""Announce evidence, receive its parts, keep or refuse it."""

import hashlib
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.devices import queries as devices
from services.inspection.findings.evidence import queries
from services.inspection.findings.evidence.domain import Capture, CleanCopy, Evidence, EvidenceIdTaken, SignatureInvalid
from services.inspection.findings.evidence.seal import Seal
from services.inspection.findings.evidence.store import EvidenceStore
from shared.domain.canonical import canonical
from shared.facts import journal
from shared.http.policies import Principal


async def announce(
    session: AsyncSession, capture: Capture, *, caller: Principal, at: datetime
) -> tuple[Evidence, bool]:
    """Announce evidence. The flag says whether it is new: a phone may ask again."""
    place = await queries.place_of(session, capture.subject_kind, capture.subject_id, caller)
    known = await queries.evidence_with_id(session, capture.id)
    if known is not None:
        if not (queries.reaches(caller, known) and known.says(capture)):
            raise EvidenceIdTaken
        return known, False
    await _check_signature(session, capture, caller)
    evidence, announced = Evidence.announce(capture, place, by=caller.subject, at=at)
    session.add(evidence)
    await journal.record(session, announced, subject=evidence)
    return evidence, True


async def _check_signature(session: AsyncSession, capture: Capture, caller: Principal) -> None:
    if capture.device_id is None or capture.signature is None:
        return
    device = await devices.enrolled(session, capture.device_id, caller.subject)
    if not device.signed(canonical(capture.claim), bytes.fromhex(capture.signature)):
        raise SignatureInvalid(pointer="/signature")


async def receive_part(
    session: AsyncSession,
    store: EvidenceStore,
    evidence_id: UUID,
    *,
    offset: int,
    content: bytes,
    caller: Principal,
    at: datetime,
) -> Evidence:
    """Store a part, then record it. After a crash in between, the phone sends the part again and replaces it."""
    evidence = await queries.evidence_for_update(session, evidence_id, caller)
    evidence.check_sender(caller.subject)
    evidence.check_part(offset, len(content))
    await store.put_part(evidence.id, offset, content)
    received = evidence.receive(offset, len(content), at=at)
    if received is not None:
        await journal.record(session, received, subject=evidence)
    return evidence


async def assemble(store: EvidenceStore, evidence: Evidence, target: Path) -> str:
    """Write the parts into one file; returns its SHA-256. Raises `OSError` if the store returns fewer bytes than it
    took."""
    sum_of_all = hashlib.sha256()
    with target.open("wb") as file:
        async for part in store.read_parts(evidence.id, evidence.parts):
            sum_of_all.update(part)
            file.write(part)
        if file.tell() != evidence.size:
            raise OSError(f"the store gave {file.tell()} of {evidence.size} bytes")
    return sum_of_all.hexdigest()


async def begin_try(session: AsyncSession, evidence_id: UUID, *, at: datetime) -> None:
    (await queries.evidence_for_update(session, evidence_id)).begin_try(at=at)


async def note_fault(session: AsyncSession, evidence_id: UUID, fault: str, *, at: datetime) -> None:
    evidence = await queries.evidence_for_update(session, evidence_id)
    stalled = evidence.note_fault(fault, at=at)
    if stalled is not None:
        await journal.record(session, stalled, subject=evidence, reason=fault)


async def resume(session: AsyncSession, evidence_id: UUID, *, reason: str, caller: Principal, at: datetime) -> Evidence:
    evidence = await queries.evidence_for_update(session, evidence_id, caller)
    await journal.record(session, evidence.resume(at=at), subject=evidence, reason=reason)
    return evidence


async def give_up(
    session: AsyncSession, evidence_id: UUID, *, reason: str, caller: Principal, at: datetime
) -> Evidence:
    """Refuse evidence that could not be cleaned. Its parts stay in the store: a person's decision proves nothing about
    the bytes."""
    evidence = await queries.evidence_for_update(session, evidence_id, caller)
    await journal.record(session, evidence.give_up(at=at), subject=evidence, reason=reason)
    return evidence


async def keep(session: AsyncSession, evidence_id: UUID, clean: CleanCopy, seal: Seal, *, at: datetime) -> None:
    evidence = await queries.evidence_for_update(session, evidence_id)
    evidence.check_received()
    receipt = evidence.receipt_for(clean)
    await journal.record(session, evidence.keep(clean, receipt, seal.sign(receipt), at=at), subject=evidence)


async def refuse(session: AsyncSession, evidence_id: UUID, code: str, *, at: datetime) -> None:
    evidence = await queries.evidence_for_update(session, evidence_id)
    await journal.record(session, evidence.refuse(code, at=at), subject=evidence)
