"""The worker's part: looks at what has arrived, and keeps or refuses it.

Each step may be repeated: bytes are put before the fact is recorded, and parts are dropped after it. Only what the file
itself proves refuses it. Whatever else ends the laundry (a signal, a full disk, too little memory or time) is tried
again, later each time; after the last try the evidence waits for a person, with all its parts.
"""

import asyncio
import hashlib
import tempfile
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.inspection.findings.evidence import laundry, queries, usecases
from services.inspection.findings.evidence.domain import CleanCopy, Evidence, EvidenceNotReceived, Position
from services.inspection.findings.evidence.seal import Seal
from services.inspection.findings.evidence.store import EvidenceStore
from services.inspection.settings import Settings
from shared.data.leadership import look_while_leading, pause
from shared.domain.clock import utc_now
from shared.process.confined import ProcessEnded, confined
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0
AFTER_A_FAULT = 30.0
CLEAN = {"media_type", "position"}
"""The laundry's answer for a clean copy."""


class Keeper:
    """Keeps what has arrived, one piece after another, in the worker that leads."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        ours = cast("Settings", settings)
        self._engine, self._sessions = engine, sessions
        self._store = EvidenceStore(ours.evidence_store)
        self._seal = Seal(ours.seal_key.get_secret_value())

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "evidence", lambda: self._look(stop), stop, Pace(LOOK_EVERY))

    async def _look(self, stop: asyncio.Event) -> int:
        try:
            return await keep_received(self._sessions, self._store, self._seal, stop)
        except Exception as error:
            log.error("evidence is not being kept", exc_info=error)
            await pause(stop, AFTER_A_FAULT)
            return 0


async def keep_received(
    sessions: async_sessionmaker[AsyncSession], store: EvidenceStore, seal: Seal, stop: asyncio.Event | None = None
) -> int:
    """Decide about all evidence that has arrived; returns how many pieces. One that fails does not hold up the
    others."""
    decided, after = 0, None
    while stop is None or not stop.is_set():
        async with sessions() as session:
            evidence = await queries.next_received(session, after, at=utc_now())
        if evidence is None:
            return decided
        after = evidence.id
        try:
            decided += await _decide(sessions, store, seal, evidence)
        except Exception as error:
            log.error("evidence cannot be decided", evidence=str(evidence.id), exc_info=error)
    return decided


async def _decide(
    sessions: async_sessionmaker[AsyncSession], store: EvidenceStore, seal: Seal, evidence: Evidence
) -> bool:
    """Keep or refuse it; returns whether that was possible. The parts are deleted only after a decision about the file
    itself."""
    with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
        original, target = Path(folder) / "original", Path(folder) / "clean"
        found = await usecases.assemble(store, evidence, original)
        if found != evidence.sha256:
            answer = {"code": "hash-differs"}
        else:
            async with sessions.begin() as session:
                await usecases.begin_try(session, evidence.id, at=utc_now())
            answer = await _launder(evidence, original, target)
        if answer.keys() == CLEAN:
            with original.open("rb") as content:
                await store.put_original(evidence.id, content)
            with target.open("rb") as content:
                await store.put_clean(evidence.id, content)
            clean = await asyncio.to_thread(_clean_copy, target, answer)
    try:
        async with sessions.begin() as session:
            if "fault" in answer:
                log.error("evidence was not cleaned", evidence=str(evidence.id), fault=answer["fault"])
                await usecases.note_fault(session, evidence.id, answer["fault"], at=utc_now())
                return False
            if "code" in answer:
                await usecases.refuse(session, evidence.id, answer["code"], at=utc_now())
            else:
                await usecases.keep(session, evidence.id, clean, seal, at=utc_now())
    except EvidenceNotReceived:
        return False  # another worker was quicker
    await store.drop_parts(evidence.id, evidence.parts)
    return True


async def _launder(evidence: Evidence, original: Path, target: Path) -> dict[str, Any]:
    """The cleaner's answer about the file; a `fault` if its process was ended before it could answer."""
    limits = laundry.limits(evidence.media_type)
    try:
        async with confined(laundry.__name__, str(original), str(target), evidence.media_type, limits=limits) as said:
            answer: dict[str, Any] = await anext(said)
    except (ProcessEnded, StopAsyncIteration):
        return {"fault": "process-ended"}
    return answer


def _clean_copy(target: Path, answer: dict[str, Any]) -> CleanCopy:
    with target.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    position = Position.model_validate(answer["position"]) if answer["position"] else None
    return CleanCopy(answer["media_type"], target.stat().st_size, found, position)
