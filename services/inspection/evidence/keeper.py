"""The worker's part: looks at what has arrived, and keeps or refuses it.

Each step may be repeated: bytes are put before the fact is recorded, and parts are dropped after it. A file that ends
its process (a bomb, a decoder's fault) is refused; a fault of ours is tried again later.
"""

import asyncio
import hashlib
import tempfile
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.inspection.evidence import laundry, queries, usecases
from services.inspection.evidence.domain import CleanCopy, Evidence, EvidenceNotReceived, Position
from services.inspection.evidence.seal import Seal
from services.inspection.evidence.store import EvidenceStore
from services.inspection.settings import Settings
from shared.clock import utc_now
from shared.confined import ProcessEnded, confined
from shared.leadership import leadership, pause
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0
AFTER_A_FAULT = 30.0


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
        while not stop.is_set():
            try:
                async with leadership(self._engine, "evidence"):
                    while not stop.is_set():
                        if not await keep_received(self._sessions, self._store, self._seal):
                            await pause(stop, LOOK_EVERY)
            except Exception as error:
                log.error("evidence is not being kept", error=repr(error))
                await pause(stop, AFTER_A_FAULT)


async def keep_received(sessions: async_sessionmaker[AsyncSession], store: EvidenceStore, seal: Seal) -> int:
    """Decide about all that has arrived; how many pieces. One that cannot be decided keeps no other waiting."""
    decided, after = 0, None
    while True:
        async with sessions() as session:
            evidence = await queries.next_received(session, after)
        if evidence is None:
            return decided
        after = evidence.id
        try:
            await _decide(sessions, store, seal, evidence)
            decided += 1
        except Exception as error:
            log.error("evidence cannot be decided", evidence=str(evidence.id), error=repr(error))


async def _decide(
    sessions: async_sessionmaker[AsyncSession], store: EvidenceStore, seal: Seal, evidence: Evidence
) -> None:
    with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
        original, target = Path(folder) / "original", Path(folder) / "clean"
        found = await usecases.assemble(store, evidence, original)
        answer = {"code": "hash-differs"} if found != evidence.sha256 else await _launder(evidence, original, target)
        if "code" not in answer:
            with original.open("rb") as content:
                await store.put_original(evidence.id, content)
            with target.open("rb") as content:
                await store.put_clean(evidence.id, content)
            clean = await asyncio.to_thread(_clean_copy, target, answer)
    try:
        async with sessions.begin() as session:
            if "code" in answer:
                await usecases.refuse(session, evidence.id, answer["code"], at=utc_now())
            else:
                await usecases.keep(session, evidence.id, clean, seal, at=utc_now())
    except EvidenceNotReceived:
        return  # another worker was quicker
    await store.drop_parts(evidence.id, evidence.parts)


async def _launder(evidence: Evidence, original: Path, target: Path) -> dict[str, Any]:
    limits = laundry.limits(evidence.media_type)
    try:
        async with confined(laundry.__name__, str(original), str(target), evidence.media_type, limits=limits) as said:
            answer: dict[str, Any] = await anext(said)
    except (ProcessEnded, StopAsyncIteration):
        return {"code": "not-cleanable"}
    return answer


def _clean_copy(target: Path, answer: dict[str, Any]) -> CleanCopy:
    with target.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    position = Position.model_validate(answer["position"]) if answer["position"] else None
    return CleanCopy(answer["media_type"], target.stat().st_size, found, position)
