"""Evidence as exhibits of a case: the chain, and the bundle in which it leaves the house.

The bundle is an archive that depends on its content only, so `deploy/verify/bundle.py` tells a changed byte anywhere.
"""

import tempfile
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.findings.evidence import queries
from services.inspection.findings.evidence.domain import NOTHING_BEFORE, Exhibit
from services.inspection.findings.evidence.seal import Seal
from services.inspection.findings.evidence.store import EvidenceStore
from shared.domain.canonical import canonical
from shared.domain.clock import instant
from shared.facts import journal
from shared.http.policies import Principal

IN_MEMORY = 16 * 1024**2
PIECE = 1024**2
_SUFFIX = {"image/jpeg": "jpeg", "audio/ogg": "ogg", "video/mp4": "mp4"}


async def enter_exhibits(
    session: AsyncSession, case_id: UUID, evidence_ids: Sequence[UUID], *, caller: Principal, at: datetime
) -> Sequence[Exhibit]:
    """Chain this evidence to the exhibits of a case, whose row the caller has locked; returns the new links."""
    chain, entered = list(await queries.chain(session, case_id)), []
    for evidence_id in evidence_ids:
        evidence = await queries.evidence_for_update(session, evidence_id, caller)
        link, exhibited = evidence.exhibit(case_id, chain, by=caller.subject, at=at)
        session.add(link)
        await journal.record(session, exhibited, subject=evidence)
        chain.append(link)
        entered.append(link)
    return entered


async def bundle(
    case_id: UUID, chain: Sequence[Exhibit], store: EvidenceStore, seal: Seal, *, at: datetime
) -> AsyncIterator[bytes]:
    """The archive, complete before its first byte is sent: the signed manifest, then originals and clean copies."""
    exhibits = [
        {
            "entry": link.entry,
            "hash": link.hash,
            "original": f"originals/{link.number:04}",
            "clean": f"clean/{link.number:04}.{_SUFFIX[link.entry['receipt']['clean']['media_type']]}",
        }
        for link in chain
    ]
    manifest: dict[str, Any] = {
        "format": "double-wings-evidence-bundle-1",
        "case_id": str(case_id),
        "made_at": instant(at),
        "public_key": seal.public_key,
        "head": chain[-1].hash if chain else NOTHING_BEFORE,
        "exhibits": exhibits,
    }
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed when the last piece has left
    try:
        with zipfile.ZipFile(file, "w") as archive:
            await _write(archive, "manifest.json", _once(canonical(manifest)))
            await _write(archive, "manifest.sig", _once(seal.sign(manifest).encode()))
            for link, exhibit in zip(chain, exhibits, strict=True):
                await _write(archive, str(exhibit["original"]), await store.original(link.evidence_id))
                await _write(archive, str(exhibit["clean"]), await store.clean(link.evidence_id))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return _pieces(file)


async def _write(archive: zipfile.ZipFile, name: str, content: AsyncIterator[bytes]) -> None:
    # Stored, no date, no owner: nothing that would differ if a stranger wrote the same files.
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
        async for piece in content:
            target.write(piece)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
